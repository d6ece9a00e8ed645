"""Demand is looked up with one query per preset that knows any, and what goes wrong is no zero."""

import json

from adapter.core.tuning import PrometheusTuning
from adapter.ports import Glimpse
from adapter.prometheus.signals import PrometheusSignalSource
from tests.fakes import tuned
from tests.ports import free_port
from tests.scripted_server import Received, Reply, ScriptedServer

NOW = 1_700_000_000.0
WORKLOADS = (tuned("a", namespace="llm"), tuned("b", namespace="llm"), tuned("c", namespace="llm"))


def _vector(**values: str) -> Reply:
    result = [
        {"metric": {"namespace": "llm", "inference_pool": f"{name}-pool"}, "value": [NOW, value]}
        for name, value in values.items()
    ]
    return Reply(body=json.dumps({"status": "success", "data": {"result": result}}).encode())


async def _look(url: str) -> Glimpse:
    with PrometheusSignalSource(PrometheusTuning.model_validate({"url": url, "timeout": 5.0})) as source:
        return await source.look(WORKLOADS, now=NOW)


async def test_one_query_shows_who_has_demand() -> None:
    """A true 0 and a missing series are not told apart here: both wake nobody."""
    with ScriptedServer(lambda _: _vector(a="3", b="0")) as server:
        glimpse = await _look(server.url)
    assert glimpse.waiting == {WORKLOADS[0].workload.id: 3.0}
    [received] = server.received
    assert "flow_control_queue_size" in received.form["query"][0]


async def test_newest_samples_count_where_clocks_differ() -> None:
    """The query looks a few seconds past our clock; Prometheus answers with the newest sample there is."""

    def answer(received: Received) -> Reply:
        return _vector(a="1") if float(received.form["time"][0]) >= NOW + 3.0 else _vector()

    with ScriptedServer(answer) as server:
        assert (await _look(server.url)).waiting


async def test_values_that_count_nothing_wake_nobody() -> None:
    """They are named."""
    with ScriptedServer(lambda _: _vector(a="NaN", b="-2", c="7")) as server:
        glimpse = await _look(server.url)
    assert glimpse.waiting == {WORKLOADS[2].workload.id: 7.0}
    [problem] = glimpse.problems
    assert "malformed" in problem.message


async def test_a_prometheus_that_is_down_is_a_problem() -> None:
    """Nobody wakes, nothing is taken for zero."""
    glimpse = await _look(f"http://127.0.0.1:{free_port()}")
    assert glimpse.waiting == {}
    assert "connection refused" in glimpse.problems[0].message
