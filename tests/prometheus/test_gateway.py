"""Gateways over real HTTP: what they show wakes, and whatever else they do is a problem with a name, never a zero."""

import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from adapter.core.tuning import TunedWorkload
from adapter.ports import Glimpse
from adapter.prometheus.gateway import GatewaySource
from tests.exporter import Exporter
from tests.expositions import load_exposition
from tests.fakes import tuned
from tests.ports import free_port
from tests.scripted_server import Received, Reply, ScriptedServer

PAGE = load_exposition("llm-d-epp", "llm-d-epp-zero").text
EMPTY = "\n".join(each for each in PAGE.splitlines() if "queue_size" not in each)


def at(url: str, name: str = "mistral-24b", **gateway: Any) -> TunedWorkload:
    """Return a workload whose gateway has a metrics page there."""
    return tuned(name, namespace="llm", replicas={"min": 0}, gateway={"url": url, **gateway})


async def look(*workloads: TunedWorkload) -> Glimpse:
    """Look once."""
    source = GatewaySource()
    try:
        return await source.look(workloads, now=0.0)
    finally:
        source.close()


async def test_a_gateway_shows_what_it_holds() -> None:
    """Its page is read once for all of its workloads; a workload without a gateway is left alone."""
    served = []

    def answer(received: Received) -> Reply:
        served.append(received.path)
        return Reply(body=PAGE.encode())

    with ScriptedServer(answer) as server:
        url = f"{server.url}/metrics"
        mistral, llama = at(url), at(url, "llama-70b")
        glimpse = await look(mistral, llama, tuned("qwen", namespace="llm"))
    assert glimpse.waiting == {mistral.workload.id: 4.0, llama.workload.id: 3.0}
    assert glimpse.where == f"the gateway at {url}"
    assert (glimpse.problems, served) == ((), ["/metrics"])


async def test_a_page_is_read_anew_each_time() -> None:
    """What has come and gone since the last look is seen so."""
    with Exporter(f"{EMPTY}\n") as exporter:
        source, mistral = GatewaySource(), at(f"http://{exporter.address}/metrics")
        looks = [dict((await source.look([mistral], now=0.0)).waiting)]
        exporter.set_text(PAGE)
        looks.append(dict((await source.look([mistral], now=0.0)).waiting))
        source.close()
    assert looks == [{}, {mistral.workload.id: 4.0}]


def _drip(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    for _ in range(100):
        handler.wfile.write(b"#")
        handler.wfile.flush()
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(status=404), "there is no metrics page below this address; see gateway.url (HTTP 404"),
        (Reply(status=401), "it refused our credentials; see gateway.auth (HTTP 401"),
        (Reply(status=302, headers={"Location": "http://169.254.169.254/"}), "it failed (HTTP 302"),
        (Reply(body=b"\xff\xfe"), "no UTF-8 text"),
        (Reply(body=b'llm_d_epp_flow_control_queue_size{a="'), "not in Prometheus' exposition format"),
        (Reply(body=b"<html>log in</html>"), "none of llm_d_epp_flow_control_queue_size"),
        (Reply(body=b"#" * 20_000), "larger than 10000 bytes; raise gateway.maxBodyBytes"),
        (Reply(write=_drip), "no complete answer within 0.3 s"),
    ],
)
async def test_what_goes_wrong_is_named_and_is_no_zero(reply: Reply, words: str) -> None:
    """Nobody is reported, the problem says where, what, and what happens meanwhile."""
    with ScriptedServer(lambda _: reply) as server:
        glimpse = await look(at(f"{server.url}/metrics", timeout=0.3, maxBodyBytes=10_000))
    assert glimpse.waiting == {}
    [problem] = glimpse.problems
    assert words in problem.message
    assert problem.query == f"{server.url}/metrics"


async def test_a_gateway_that_is_down_does_not_hide_another() -> None:
    """Each page stands for itself."""
    with Exporter(PAGE) as exporter:
        up, down = at(f"http://{exporter.address}/metrics"), at(f"http://127.0.0.1:{free_port()}/metrics", "llama-70b")
        glimpse = await look(down, up)
    assert list(glimpse.waiting) == [up.workload.id]
    [problem] = glimpse.problems
    assert "connection refused" in problem.message
    assert "nothing is taken for zero" in problem.message


async def test_a_token_is_sent_and_never_told(tmp_path: Path) -> None:
    """Read at each look, as it rotates; a problem does not quote it."""
    token = tmp_path / "token"
    token.write_text("s3cret\n")
    with ScriptedServer(lambda _: Reply(status=403)) as server:
        glimpse = await look(at(f"{server.url}/metrics", auth={"bearerTokenFile": str(token)}))
        sent = server.received[0].headers["Authorization"]
    assert sent == "Bearer s3cret"
    assert "s3cret" not in repr(glimpse)
