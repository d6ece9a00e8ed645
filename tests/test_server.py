"""Serving over real sockets."""

import asyncio
import logging
import signal
import socket
import ssl
import time
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Response

from adapter.certificate_files import CertificateFiles
from adapter.server import HttpServer, Listener, ListenError
from tests.certificates import make_certificate
from tests.serving import served


def _app() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def hello() -> Response:
        return Response("hello")

    @app.get("/slow")
    async def slow() -> Response:
        await asyncio.sleep(0.5)
        return Response("done")

    return app


def _server(**listener: object) -> HttpServer:
    return HttpServer(_app(), Listener(**{"name": "test", "port": 0, **listener}))  # type: ignore[arg-type]  # test shorthand


def test_plain_http_is_served_on_loopback_by_default() -> None:
    """No server banner; the connection stays open for the next request."""
    with served(_server()) as url, httpx.Client() as client:
        answer = client.get(url)
    assert (answer.text, url.startswith("http://127.0.0.1:")) == ("hello", True)
    assert "server" not in answer.headers


def test_https_is_served_with_the_given_certificate(tmp_path: Path) -> None:
    """A client that trusts the certificate connects, one that does not refuses."""
    files = make_certificate(tmp_path)
    tls = CertificateFiles(certificate=str(files.certificate), key=str(files.key)).tls()
    with served(_server(tls=tls)) as url:
        trusting = ssl.create_default_context(cafile=str(files.certificate))
        assert httpx.get(url, verify=trusting).text == "hello"
        with pytest.raises(httpx.ConnectError, match="certificate"):
            httpx.get(url)


def test_taken_port_is_named_before_anything_runs() -> None:
    """The error says who wanted which address."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ListenError, match=f"test: cannot listen on 127.0.0.1:{port}"):
            _server(port=port)


def test_cancelled_server_finishes_what_it_has_begun() -> None:
    """An answer under way at shutdown still arrives; afterwards the port is closed."""

    async def scenario() -> str:
        server = _server()
        task = asyncio.create_task(server.run())
        async with httpx.AsyncClient() as client:
            answer = asyncio.create_task(client.get(f"{server.url}/slow"))
            await asyncio.sleep(0.2)
            task.cancel()
            text = (await answer).text
            with pytest.raises(asyncio.CancelledError):
                await task
            with pytest.raises(httpx.ConnectError):
                await client.get(server.url)
        return text

    assert asyncio.run(scenario()) == "done"


def test_server_leaves_signals_to_their_owner() -> None:
    """While it runs, the handlers are those of before."""

    async def scenario() -> object:
        task = asyncio.create_task(_server().run())
        await asyncio.sleep(0.2)
        handler = signal.getsignal(signal.SIGTERM)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return handler

    before = signal.getsignal(signal.SIGTERM)
    assert asyncio.run(scenario()) is before


def _send_headers(client: socket.socket, *, count: int, size: int = 8000) -> None:
    for _ in range(count):
        client.sendall(b"X-Filler: " + b"a" * size + b"\r\n")
        time.sleep(0.01)


def test_headers_without_end_are_cut_off() -> None:
    """A client cannot make the server hoard its headers."""
    server = _server()
    with served(server), socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        with pytest.raises(OSError, match=r"reset|pipe"):
            _send_headers(client, count=500)


def test_headers_that_trickle_are_cut_off() -> None:
    """The time counts from the first byte, so one byte now and then does not keep the connection."""
    server = _server(head_timeout_s=0.3)
    with (
        served(server),
        socket.create_connection(("127.0.0.1", server.port), timeout=5) as client,
        pytest.raises(OSError, match=r"reset|pipe"),
    ):
        _send_headers(client, count=500, size=1)


def test_open_connection_is_not_cut_between_requests() -> None:
    """The limit is for a head that has begun, not for the pause before the next one or for a slow answer."""
    with served(_server(head_timeout_s=0.2)) as url, httpx.Client() as client:
        connections = set()
        for path in ("/", "/slow", "/"):
            answer = client.get(url + path)
            connections.add(answer.extensions["network_stream"].get_extra_info("client_addr"))
            time.sleep(0.4)
    assert len(connections) == 1


def test_large_requests_one_after_another_are_no_endless_header() -> None:
    """The limit counts one request's head, not a connection's total."""
    with served(_server()) as url, httpx.Client() as client:
        for _ in range(20):
            assert client.get(url, headers={"X-Filler": "a" * 8000}).status_code == 200
            assert client.post(url, content=b"a" * 100_000).status_code == 405


_UNCHECKED, _PLAIN = "does not check who asks", "is plain text"


@pytest.mark.parametrize(
    ("listener", "told"),
    [
        ({"host": "127.0.0.1"}, ""),
        ({"host": "127.0.0.1", "authenticated": True}, ""),
        ({"host": "0.0.0.0"}, _UNCHECKED),
        ({"host": "0.0.0.0", "authenticated": True}, _PLAIN),
    ],
)
def test_a_listener_says_what_is_open_about_it(
    caplog: pytest.LogCaptureFixture, listener: dict[str, object], told: str
) -> None:
    """Nobody is checked, or what they show can be read on the way; on loopback there is nothing to warn of."""
    with caplog.at_level(logging.INFO, logger="adapter.server"), served(_server(**listener)):
        time.sleep(0.1)
    warned = [each.message for each in caplog.records if each.levelno == logging.WARNING]
    assert [each for each in (_UNCHECKED, _PLAIN) if any(each in message for message in warned)] == [told][: bool(told)]
    assert any(record.message.startswith("serving test on http://") for record in caplog.records)
