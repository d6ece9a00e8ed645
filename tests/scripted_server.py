"""A real HTTP server on a loopback port that answers as a test says: errors, garbage, drips, floods."""

import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self, cast
from urllib.parse import parse_qs


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request, as the server saw it."""

    path: str
    headers: Mapping[str, str]
    form: Mapping[str, list[str]]


@dataclass(slots=True, kw_only=True)
class Reply:
    """One answer; `write` replaces the body by whatever it sends on the raw connection."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    write: Callable[[BaseHTTPRequestHandler], None] | None = None


class ScriptedServer:
    """Answers every GET and POST with what `answer` returns for it, and keeps what it received."""

    def __init__(self, answer: Callable[[Received], Reply], *, tls: ssl.SSLContext | None = None) -> None:
        """Listen once entered; over TLS if a context is given."""
        self.answer = answer
        self.received: list[Received] = []
        self.stopping = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.script = self
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    script: ScriptedServer

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer as scripted."""
        self.do_POST()

    def do_POST(self) -> None:
        """Answer as scripted."""
        script = cast(_Server, self.server).script
        form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())
        received = Received(path=self.path, headers=dict(self.headers), form=form)
        script.received.append(received)
        reply = script.answer(received)
        if reply.write is not None:
            reply.write(self)
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in ({"Content-Type": "application/json"} | dict(reply.headers)).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep requests out of the test output."""
