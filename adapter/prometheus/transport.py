"""HTTP underneath the Prometheus client: one deadline for everything, a bounded body, nothing retried or redirected.

`requests` has a time-out per socket operation only, so a server that sends a byte now and then holds a thread for ever.
Here a timer cuts the connection when the whole exchange, body included, has taken too long. This module must not know
PromQL; what its errors mean to users is said in `failures`.
"""

import socket
import threading
from collections.abc import Callable
from contextvars import ContextVar
from time import monotonic
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import HTTPResponse
from urllib3.util.retry import Retry

_CHUNK_BYTES = 65_536


class DeadlinePassed(requests.RequestException):
    """The exchange took longer than allowed in all."""


class BodyTooLarge(requests.RequestException):
    """The body is longer than allowed; the rest was not read."""


class Deadline:
    """Cuts the connection that it guards once its time is over; a context manager."""

    def __init__(self, seconds: float) -> None:
        """Start to count on entry."""
        self._seconds = seconds
        self._connection: HTTPConnection | None = None
        self._timer = threading.Timer(seconds, self.cut)
        self._timer.daemon = True
        self.passed = False

    def guard(self, connection: HTTPConnection) -> None:
        """Make this the connection to cut; raises DeadlinePassed if it is too late to use it."""
        self._connection = connection
        if self.passed:
            raise DeadlinePassed("cut off")

    def cut(self) -> None:
        """Cut the connection now."""
        self.passed = True
        open_socket = None if self._connection is None else self._connection.sock
        if open_socket is not None:
            try:
                # Not the TLS close, which would wait for the peer: the plain one wakes the reader at once.
                socket.socket.shutdown(open_socket, socket.SHUT_RDWR)
            except OSError:
                return  # closed in the meantime, which is all that is wanted

    def __enter__(self) -> "Deadline":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


# The connection classes are made by urllib3, deep inside; the deadline of the request in this thread reaches them so.
_DEADLINE: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


class _Connection(HTTPConnection):
    def connect(self) -> None:
        _guard(self)
        super().connect()

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as in urllib3 itself
        _guard(self)  # a connection that is used again does not connect
        return super().getresponse()


class _TlsConnection(HTTPSConnection):
    def connect(self) -> None:
        _guard(self)
        super().connect()

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as in urllib3 itself
        _guard(self)
        return super().getresponse()


def _guard(connection: HTTPConnection) -> None:
    deadline = _DEADLINE.get()
    if deadline is not None:
        deadline.guard(connection)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class BoundedAdapter(HTTPAdapter):
    """Connections that a deadline can cut, never retried."""

    def __init__(self, *, connections: int) -> None:
        """Keep at most `connections` open."""
        super().__init__(pool_maxsize=connections, max_retries=Retry(total=0, read=False, redirect=False))
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


class BoundedSession(requests.Session):
    """A session whose every request ends within its time-out and with a body that fits.

    Args:
        max_body_bytes: largest body, after decompression.
        inspect: called with every complete response; raises what must not go on to the caller.
    """

    def __init__(self, *, max_body_bytes: int, inspect: Callable[[requests.Response], None]) -> None:
        super().__init__()
        self._max_body_bytes = max_body_bytes
        self._inspect = inspect
        self._running: set[Deadline] = set()
        self._closed = False

    def close(self) -> None:
        """Close idle connections and cut those in use, so that no thread waits for an answer any more."""
        self._closed = True
        for deadline in tuple(self._running):
            deadline.cut()
        super().close()

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401 - passed through
        """Send a request, read the whole body, and inspect the response.

        Parameters of a POST go into its body: queries for many namespaces are longer than URLs may be.

        Raises:
            DeadlinePassed: `timeout` seconds were over before the body was complete.
            BodyTooLarge: the body is too long.
            requests.RequestException: anything else that requests raises.
        """
        timeout = float(kwargs.pop("timeout"))
        if method == "POST":
            kwargs["data"] = kwargs.pop("params", None)
        kwargs |= {"stream": True, "allow_redirects": False, "timeout": timeout}
        with Deadline(timeout) as deadline:
            token = _DEADLINE.set(deadline)
            self._running.add(deadline)
            if self._closed:
                deadline.cut()
            started = monotonic()
            try:
                response = super().request(method, url, *args, **kwargs)
                self._read(response, deadline)
            except (requests.RequestException, OSError, ValueError, AttributeError) as error:
                # A connection that is cut fails in many ways, down to attributes of sockets that are gone.
                if deadline.passed or monotonic() - started >= timeout:
                    raise DeadlinePassed(f"no complete answer within {timeout:g} s") from error
                raise
            finally:
                self._running.discard(deadline)
                _DEADLINE.reset(token)
        self._inspect(response)
        return response

    def _read(self, response: requests.Response, deadline: Deadline) -> None:
        chunks: list[bytes] = []
        size = 0
        for chunk in response.iter_content(_CHUNK_BYTES):
            chunks.append(chunk)
            size += len(chunk)
            if size > self._max_body_bytes:
                response.close()
                raise BodyTooLarge(f"the body is larger than {self._max_body_bytes} bytes")
        if deadline.passed:
            raise DeadlinePassed("cut off")
        response._content = b"".join(chunks)
