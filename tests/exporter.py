"""A real HTTP target for Prometheus to scrape, whose text a test can change, break or take away."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self, cast

from tests.ports import free_port

_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Exporter:
    r"""One scrape target on a loopback port that stays the same over stop() and start().

    Example:
        with Exporter("vllm:num_requests_waiting 3\n") as exporter:
            exporter.set_text("vllm:num_requests_waiting 7\n")
    """

    def __init__(self, text: str) -> None:
        """Serve `text`, in Prometheus' exposition format, once started."""
        self.port = free_port()
        self.text = text
        self.status = 200
        self._server: ThreadingHTTPServer | None = None

    @property
    def address(self) -> str:
        """Host and port, as a scrape configuration wants them."""
        return f"127.0.0.1:{self.port}"

    def set_text(self, text: str, *, status: int = 200) -> None:
        """Answer the next scrapes with `text` and the HTTP `status`."""
        self.text, self.status = text, status

    def start(self) -> None:
        """Listen; raises RuntimeError when already listening."""
        if self._server is not None:
            raise RuntimeError(f"the exporter on {self.address} is already running")
        self._server = _Server(("127.0.0.1", self.port), _Handler)
        self._server.exporter = self
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections from now on, as a pod that died; doing it twice is allowed."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    """Hands its exporter to the request handlers; a handler never outlives it."""

    daemon_threads = True
    exporter: Exporter


class _Handler(BaseHTTPRequestHandler):
    """Answers every path with the exporter's text of this moment."""

    def do_GET(self) -> None:
        """Serve one scrape."""
        exporter = cast(_Server, self.server).exporter
        body = exporter.text.encode()
        self.send_response(exporter.status)
        self.send_header("Content-Type", _CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep scrapes out of the test output."""
