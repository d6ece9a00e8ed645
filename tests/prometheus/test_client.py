"""Whatever a server does, the client ends in time and says what was wrong, over real HTTP on loopback."""

import gzip
import json
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from adapter.core.errors import SignalError, SignalMalformed, SignalUnavailable
from adapter.core.signal import Grid
from adapter.core.tuning import PrometheusTuning
from adapter.prometheus.client import Answer, PrometheusClient
from tests.ports import free_port
from tests.scripted_server import Reply, ScriptedServer

_NOW = Grid(start=1_700_000_000.25, step_s=15.0)
_SERIES = [{"metric": {"pod": "a"}, "value": [1_700_000_000.25, "1"]}]


def _success(result: object = _SERIES, **more: object) -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}, **more}).encode()


def _ask(url: str, *, grid: Grid = _NOW, **tuning: Any) -> Answer:
    client = PrometheusClient(PrometheusTuning.model_validate({"url": url, "timeout": 1.0} | tuning))
    try:
        return client.query('up{pod="a"}', grid)
    finally:
        client.close()


def _failure(reply: Reply, **tuning: Any) -> SignalError:
    with ScriptedServer(lambda _: reply) as server, pytest.raises(SignalError) as caught:
        _ask(server.url, **tuning)
    return caught.value


def test_query_and_exact_time_travel_in_the_body() -> None:
    """Long queries fit, and times are not rounded to seconds."""
    with ScriptedServer(lambda _: Reply(body=_success())) as server:
        answer = _ask(server.url + "/tenant/")

    assert answer.result == _SERIES
    [received] = server.received
    assert received.path == "/tenant/api/v1/query"
    assert received.form == {"query": ['up{pod="a"}'], "time": ["1700000000.250"], "timeout": ["1s"]}


def test_range_is_asked_for_exactly() -> None:
    """Start, end and step are those of the grid, fractions included."""
    with ScriptedServer(lambda _: Reply(body=_success([]))) as server:
        _ask(server.url, grid=Grid(start=1_700_000_000.5, step_s=2.5, count=3))

    [received] = server.received
    assert received.path == "/api/v1/query_range"
    assert [received.form[key] for key in ("start", "end", "step")] == [
        ["1700000000.500"],
        ["1700000005.500"],
        ["2.500"],
    ]


def test_warnings_reach_the_caller_and_infos_do_not_count() -> None:
    """A partial result is marked; remarks on style are not."""
    with ScriptedServer(lambda _: Reply(body=_success(warnings=["store gone"], infos=["not a counter"]))) as server:
        assert _ask(server.url).warnings == ("store gone",)


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        (Reply(status=401, body=b"No"), SignalUnavailable, "refused our credentials; see prometheus.auth (HTTP 401"),
        (Reply(status=403), SignalUnavailable, "do not permit this query"),
        (Reply(status=404), SignalUnavailable, "no Prometheus API below this address"),
        (Reply(status=429), SignalUnavailable, "too many requests"),
        (Reply(status=500, body=b"oops"), SignalUnavailable, "it failed (HTTP 500"),
        (Reply(status=302, headers={"Location": "http://elsewhere/"}), SignalUnavailable, "it failed (HTTP 302"),
        (
            Reply(status=503, body=b'{"status":"error","errorType":"timeout","error":"query timed out"}'),
            SignalUnavailable,
            "not ready, or the query was cut off there (HTTP 503: timeout: query timed out)",
        ),
        (
            Reply(status=400, body=b'{"status":"error","errorType":"bad_data","error":"parse error"}'),
            SignalMalformed,
            "rejected the query (HTTP 400: bad_data: parse error)",
        ),
        (
            Reply(status=422, body=b'{"status":"error","errorType":"execution","error":"many-to-many matching"}'),
            SignalMalformed,
            "rejected the query (HTTP 422: execution: many-to-many matching)",
        ),
        (Reply(body=b'{"status":"error","error":"x"}'), SignalUnavailable, "it failed (HTTP 200: x)"),
        (Reply(body=b'{"status":"succ'), SignalMalformed, "the answer is no valid JSON"),
        (Reply(body=b"[1]"), SignalMalformed, "JSON, but no object"),
        (Reply(body=b'{"status":"success"}'), SignalMalformed, "the answer has no data.result"),
        (Reply(body=b'{"status":"success","data":{"result":3}}'), SignalMalformed, "is a single number"),
        (
            Reply(body=b"<html>Log in</html>", headers={"Content-Type": "text/html"}),
            SignalMalformed,
            "an HTML page, perhaps a login",
        ),
        (
            Reply(body=b"no gzip", headers={"Content-Encoding": "gzip"}),
            SignalMalformed,
            "cannot be decompressed",
        ),
    ],
)  # fmt: skip
def test_bad_answer_is_named(reply: Reply, kind: type[SignalError], said: str) -> None:
    """The text says what was wrong, which query, and what happens meanwhile."""
    error = _failure(reply)

    assert type(error) is kind
    assert said in str(error)
    assert error.__notes__ == ['Query: up{pod="a"}']
    assert "nothing is taken for zero" in str(error)


def test_refused_connection_is_named() -> None:
    """Nothing listens there."""
    with pytest.raises(SignalUnavailable, match="connection refused: nothing listens there"):
        _ask(f"http://127.0.0.1:{free_port()}")


def test_unknown_host_is_named() -> None:
    """Names below .invalid never resolve."""
    with pytest.raises(SignalUnavailable, match="the host name cannot be resolved"):
        _ask("http://prometheus.invalid:9090")


def test_plain_server_behind_a_tls_address_is_named() -> None:
    """The text points to the setting that usually is wrong."""
    with ScriptedServer(lambda _: Reply()) as server, pytest.raises(SignalUnavailable, match="TLS failed"):
        _ask(server.url.replace("http:", "https:"))


def _drip(piece: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def write(handler: BaseHTTPRequestHandler) -> None:
        for _ in range(200):
            handler.wfile.write(piece)
            handler.wfile.flush()
            time.sleep(0.05)

    return write


def _headers_then(drip: Callable[[BaseHTTPRequestHandler], None]) -> Callable[[BaseHTTPRequestHandler], None]:
    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n")
        drip(handler)

    return write


@pytest.mark.parametrize(
    "write",
    [lambda _: time.sleep(10), _drip(b"H"), _headers_then(_drip(b" "))],
    ids=["silent", "dripping headers", "dripping body"],
)
def test_slow_server_is_left_at_the_deadline(write: Callable[[BaseHTTPRequestHandler], None]) -> None:
    """The time-out covers the whole exchange, not each read."""
    started = time.monotonic()
    error = _failure(Reply(write=write), timeout=0.4)

    assert time.monotonic() - started < 3.0
    assert type(error) is SignalUnavailable
    assert "no complete answer within 0.4 s" in str(error)


def test_answer_that_breaks_off_is_named() -> None:
    """Half a body is no body."""

    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{")

    assert "cut off in the middle" in str(_failure(Reply(write=write)))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\x01\x02 garbage\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}",
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
)
def test_what_is_no_http_is_an_error_like_any_other(raw: bytes) -> None:
    """Whatever listens on that port, nothing but our errors comes out."""
    error = _failure(Reply(write=lambda handler: handler.wfile.write(raw) and None))

    assert str(error).startswith("Prometheus at http://127.0.0.1:")


def test_endless_body_is_not_read_to_its_end() -> None:
    """Reading stops at the limit, whatever the server still has to say."""
    sent = []

    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(10_000):
            handler.wfile.write(b" " * 100_000)
            sent.append(100_000)

    error = _failure(Reply(write=write), maxBodyBytes=1_000_000, timeout=10.0)

    assert isinstance(error, SignalMalformed)
    assert "larger than 1000000 bytes; raise prometheus.maxBodyBytes" in str(error)
    assert sum(sent) < 100_000_000


def test_compressed_body_is_measured_after_decompression() -> None:
    """A small bomb does not get past the limit, an honest compressed answer is read."""
    bomb = gzip.compress(b" " * 5_000_000 + _success())
    packed = {"Content-Encoding": "gzip"}

    assert "larger than" in str(_failure(Reply(body=bomb, headers=packed), maxBodyBytes=1_000_000))
    with ScriptedServer(lambda _: Reply(body=gzip.compress(_success()), headers=packed)) as server:
        assert _ask(server.url).result == _SERIES


def test_failing_server_is_asked_once() -> None:
    """The next tick is the retry."""
    with ScriptedServer(lambda _: Reply(status=503)) as server, pytest.raises(SignalUnavailable):
        _ask(server.url)

    assert len(server.received) == 1


def test_bearer_token_is_read_anew_for_each_query(tmp_path: Path) -> None:
    """Tokens rotate under a running process."""
    token = tmp_path / "token"
    with ScriptedServer(lambda _: Reply(body=_success())) as server:
        tuning = {"url": server.url, "auth": {"bearerTokenFile": str(token)}, "headers": {"X-Scope-OrgID": "team"}}
        client = PrometheusClient(PrometheusTuning.model_validate(tuning))
        for text in ("first\n", "second"):
            token.write_text(text)
            client.query("up", _NOW)
        client.close()

    assert [each.headers["Authorization"] for each in server.received] == ["Bearer first", "Bearer second"]
    assert {each.headers["X-Scope-OrgID"] for each in server.received} == {"team"}


@pytest.mark.parametrize("given", ["password", "passwordFile"])
def test_basic_authentication_is_sent(given: str, tmp_path: Path) -> None:
    """From the document or from a file."""
    file = tmp_path / "password"
    file.write_text("pass word\n")
    value = {"password": "pass word", "passwordFile": str(file)}[given]
    with ScriptedServer(lambda _: Reply(body=_success())) as server:
        _ask(server.url, auth={"basic": {"username": "me", given: value}})

    assert server.received[0].headers["Authorization"] == "Basic bWU6cGFzcyB3b3Jk"


def test_missing_credentials_file_is_named(tmp_path: Path) -> None:
    """Nothing is sent without the credentials that were asked for."""
    said = pytest.raises(SignalUnavailable, match="token cannot be read \\(No such file or directory\\)")
    with ScriptedServer(lambda _: Reply(body=_success())) as server, said:
        _ask(server.url, auth={"bearerTokenFile": str(tmp_path / "token")})

    assert server.received == []


def test_netrc_is_not_consulted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials of the person who starts the process do not leak to Prometheus."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with ScriptedServer(lambda _: Reply(body=_success())) as server:
        _ask(server.url)

    assert "Authorization" not in server.received[0].headers


def test_secrets_never_appear_in_texts(tmp_path: Path) -> None:
    """Neither tokens nor what is in headers."""
    token = tmp_path / "token"
    token.write_text("hush-token")
    with ScriptedServer(lambda _: Reply(status=401, body=b"{}")) as server, pytest.raises(SignalError) as caught:
        _ask(server.url, auth={"bearerTokenFile": str(token)}, headers={"X-Key": "hush-header"})

    assert "hush" not in str(caught.value)
    assert server.url in str(caught.value)
