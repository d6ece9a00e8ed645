"""Serving an application over HTTP or HTTPS inside somebody else's task group.

uvicorn brings its own signal handlers, which would make two owners of shutdown, so they are left out: a server runs
until its task is cancelled, then finishes what it has begun. Must not know: what it serves.
"""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Generator
from dataclasses import dataclass
from typing import ClassVar, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from adapter.core.errors import ScaleaheadError
from adapter.loopback import is_loopback
from adapter.serving_tls import ServingTls

_log = logging.getLogger(__name__)

_KEEP_ALIVE_S: Final = 120  # kube-apiserver pauses up to 60 s between requests; closing earlier races with the next one
_GRACE_S: Final = 5
_MAX_HEAD_BYTES: Final = 64 * 1024
_BACKLOG: Final = 512


class ListenError(ScaleaheadError):
    """The address cannot be listened on; nothing is served there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Where and how one application is served."""

    name: str
    """For logs and errors, such as `external metrics`."""
    port: int
    """0 lets the system choose."""
    host: str = "127.0.0.1"
    tls: ServingTls | None = None
    """None serves plain text."""
    head_timeout_s: float = 30.0
    """Longest time that a request's line and headers may take to arrive; after it the connection is cut."""
    authenticated: bool = False
    """Whether the application checks who asks; only decides what is logged."""


class _BoundedHead(HttpToolsProtocol):
    """HTTP/1.1 that hangs up on clients whose request line and headers do not end; the parser has no limit itself.

    It also hands on which certificate the client has shown, as the `tls` extension of ASGI, which uvicorn does not.
    """

    head_timeout_s: ClassVar[float] = 0.0
    _head_bytes = 0
    _overdue: asyncio.TimerHandle | None = None
    _tls: dict[object, object] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn declares it
        super().connection_made(transport)
        self._tls = _tls_extension(transport.get_extra_info("ssl_object"))
        self._overdue = self.loop.call_later(_KEEP_ALIVE_S, transport.abort)

    def data_received(self, data: bytes) -> None:
        if self._head_bytes == 0:
            self._forget_deadline()
            self._overdue = self.loop.call_later(self.head_timeout_s, self.transport.abort)
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > _MAX_HEAD_BYTES:
            self.transport.abort()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._tls is not None:
            self.scope["extensions"] = {"tls": self._tls}

    def on_headers_complete(self) -> None:
        self._end_head()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._end_head()
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._end_head()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_deadline()
        super().connection_lost(exc)

    def _end_head(self) -> None:
        self._head_bytes = 0
        self._forget_deadline()

    def _forget_deadline(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None


def _tls_extension(connection: ssl.SSLObject | None) -> dict[object, object] | None:
    """Return what ASGI's `tls` extension says of the client: its certificates in PEM, its own first."""
    if connection is None:
        return None
    own = connection.getpeercert(binary_form=True)
    # Certificates between its own and the CA can be had from Python 3.13 on.
    shown = getattr(connection, "get_unverified_chain", lambda: [own])() if own else []
    return {"client_cert_chain": [ssl.DER_cert_to_PEM_cert(each) for each in shown]}


def _protocol(listener: Listener) -> type[_BoundedHead]:
    return type("Protocol", (_BoundedHead,), {"head_timeout_s": listener.head_timeout_s})


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class HttpServer:
    """One application on one bound socket.

    The port is bound on construction, so that a taken port is an error before anything runs; `port` is the one that the
    system chose when the listener asked for 0.

    Raises:
        ListenError: the address is taken or foreign.
    """

    def __init__(self, app: ASGIApp, listener: Listener) -> None:
        self._listener = listener
        self._socket = _bind(listener)
        self.port = int(self._socket.getsockname()[1])
        self._server = _Server(_config(app, listener))

    @property
    def url(self) -> str:
        """Where clients on this machine reach it."""
        host = f"[{self._listener.host}]" if ":" in self._listener.host else self._listener.host
        return f"{'https' if self._listener.tls else 'http'}://{host}:{self.port}"

    async def run(self) -> None:
        """Serve until cancelled; then finish open requests within a few seconds."""
        self._announce()
        serving = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            self._server.should_exit = True
            await serving
            raise

    def _announce(self) -> None:
        loopback, asked = is_loopback(self._listener.host), (self._listener.name, self.url)
        _log.info("serving %s on %s%s", self._listener.name, self.url, ", from this machine only" if loopback else "")
        if not loopback and not self._listener.authenticated:
            _log.warning("%s on %s does not check who asks: everyone who reaches this port can read it", *asked)
        elif not loopback and self._listener.tls is None:
            _log.warning("%s on %s is plain text: whoever listens on the way can use what callers show", *asked)


def _bind(listener: Listener) -> socket.socket:
    family = socket.AF_INET6 if ":" in listener.host else socket.AF_INET
    # With the protocol left at 0, asyncio would not set TCP_NODELAY, and each answer would wait 40 ms for an ACK.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((listener.host, listener.port))
        sock.listen(_BACKLOG)  # two sockets may be bound to one port, but only one may listen: the conflict shows here
    except (OSError, OverflowError) as error:
        sock.close()
        raise ListenError(f"{listener.name}: cannot listen on {listener.host}:{listener.port}: {error}") from error
    return sock


def _config(app: ASGIApp, listener: Listener) -> uvicorn.Config:
    tls = listener.tls
    return uvicorn.Config(
        app,
        http=_protocol(listener),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,  # one line for every read would drown the log, and the query can hold an API key
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S,
        ssl_context_factory=None if tls is None else lambda *_: tls.context,
    )
