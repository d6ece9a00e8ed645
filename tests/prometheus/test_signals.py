"""The source as the loop sees it: failures stay where they happen, and queries do not grow with the fleet."""

import asyncio
import json
import threading
from collections.abc import Callable, Sequence
from time import monotonic

import numpy as np

from adapter.core.signal import FleetReadings, Grid, Signal, State
from adapter.core.tuning import PrometheusTuning
from adapter.core.workload import Workload
from adapter.prometheus.signals import PrometheusSignalSource
from tests.fleets import SIGNALS_OF_VLLM, make_workload
from tests.ports import free_port
from tests.scripted_server import Received, Reply, ScriptedServer

_GRID = Grid(start=1_700_000_000.0, step_s=15.0)
_DCGM_ALONE = "dcgm"


def _pod(workload: str) -> dict[str, str]:
    return {"namespace": "llm", "pod": f"{workload}-7c9f8d6b5-x2x7k"}


def _vector(value: str, *workloads: str, **more: object) -> Reply:
    result = [{"metric": _pod(name), "value": [_GRID.start, value]} for name in workloads]
    return Reply(body=json.dumps({"status": "success", "data": {"result": result}, **more}).encode())


def _everywhere(value: str, *workloads: str) -> Callable[[Received], Reply]:
    return lambda _: _vector(value, *workloads)


async def _read(server: ScriptedServer, workloads: Sequence[Workload]) -> FleetReadings:
    with PrometheusSignalSource(PrometheusTuning.model_validate({"url": server.url, "timeout": 5.0})) as source:
        return await source.read(workloads, grid=_GRID, window_s=60.0)


async def test_failing_query_takes_down_its_signal_only() -> None:
    """Preemptions cannot be read; everything else is as fresh as ever, and the problem names the query."""

    def answer(received: Received) -> Reply:
        failing = "vllm:num_preemptions_total" in received.form["query"][0]
        return Reply(status=500) if failing else _vector("1", "a")

    with ScriptedServer(answer) as server:
        fleet = await _read(server, [make_workload("a")])

    assert fleet.failed == {Signal.PREEMPTIONS}
    assert fleet.readings[Signal.PREEMPTIONS].cell(0, 0).state is State.UNAVAILABLE
    assert fleet.readings[Signal.QUEUE_DEPTH].cell(0, 0).state is State.FRESH
    assert [problem.signal for problem in fleet.problems] == ["preemptions"]
    assert "vllm:num_preemptions_total" in fleet.problems[0].query


async def test_failing_freshness_takes_down_all_signals_of_its_preset() -> None:
    """A value of unknown freshness is not passed on; other presets go on."""

    def answer(received: Received) -> Reply:
        query = received.form["query"][0]
        return Reply(status=500) if "timestamp(vllm:" in query else _vector("1", "a")

    with ScriptedServer(answer) as server:
        fleet = await _read(server, [make_workload("a")])

    assert Signal.QUEUE_DEPTH in fleet.failed
    assert Signal.GPU_UTILIZATION not in fleet.failed
    assert fleet.readings[Signal.GPU_UTILIZATION].cell(0, 0).state is State.FRESH


async def test_source_that_is_down_makes_everything_unavailable_and_nothing_zero() -> None:
    """No exception, no number, and one problem that says why."""
    tuning = PrometheusTuning.model_validate({"url": f"http://127.0.0.1:{free_port()}"})
    with PrometheusSignalSource(tuning) as source:
        fleet = await source.read([make_workload("a")], grid=_GRID, window_s=600.0)

    assert {readings.cell(0, 0).state for readings in fleet.readings.values()} == {State.UNAVAILABLE}
    assert all(np.isnan(readings.value).all() for readings in fleet.readings.values())
    assert fleet.failed == SIGNALS_OF_VLLM
    [problem] = fleet.problems
    assert "connection refused" in problem.message
    assert problem.signal == f"freshness of kube-state-metrics and {len(SIGNALS_OF_VLLM) + 4} more"  # five presets


async def test_number_of_queries_does_not_depend_on_the_number_of_workloads() -> None:
    """One workload or fifty: the same number of requests."""
    counts = []
    for size in (1, 50):
        names = [f"w{number}" for number in range(size)]
        with ScriptedServer(_everywhere("1", *names)) as server:
            fleet = await _read(server, [make_workload(name) for name in names])
        counts.append(len(server.received))
        assert np.all(fleet.readings[Signal.QUEUE_DEPTH].state == State.FRESH)

    assert counts[0] == counts[1]


async def test_warning_makes_values_partial_and_is_reported() -> None:
    """Thanos answers with what is left when a store is gone."""
    with ScriptedServer(lambda _: _vector("1", "a", warnings=["store is gone"])) as server:
        fleet = await _read(server, [make_workload("a", preset=_DCGM_ALONE)])

    assert fleet.readings[Signal.GPU_UTILIZATION].cell(0, 0).state is State.PARTIAL
    assert all("store is gone" in problem.message for problem in fleet.problems)


async def test_unusable_sample_is_malformed_and_named() -> None:
    """The problem shows the series and its value."""

    def answer(received: Received) -> Reply:
        return _vector("-3" if "num_requests_waiting" in received.form["query"][0] else "1", "a")

    with ScriptedServer(answer) as server:
        fleet = await _read(server, [make_workload("a")])

    assert fleet.readings[Signal.QUEUE_DEPTH].cell(0, 0).state is State.MALFORMED
    [problem] = [each for each in fleet.problems if each.signal == "queue_depth"]
    assert '{namespace="llm", pod="a-7c9f8d6b5-x2x7k"} = -3' in problem.message


async def test_unknown_preset_is_a_problem_of_its_workloads_only() -> None:
    """Their cells are absent; the rest of the fleet is read."""
    with ScriptedServer(_everywhere("1", "a", "b")) as server:
        fleet = await _read(server, [make_workload("a", preset="vlm"), make_workload("b")])

    assert [fleet.readings[Signal.QUEUE_DEPTH].cell(row, 0).state for row in (0, 1)] == [State.ABSENT, State.FRESH]
    assert "did you mean 'vllm'?" in fleet.problems[0].message


async def test_empty_fleet_asks_nothing() -> None:
    """Nothing to read is nothing to ask."""
    with ScriptedServer(_everywhere("1")) as server:
        fleet = await _read(server, [])

    assert (server.received, fleet.ids, dict(fleet.readings)) == ([], (), {})


async def test_closing_ends_queries_under_way() -> None:
    """A process that is told to stop must not wait for a Prometheus that hangs."""
    with ScriptedServer(lambda _: Reply(write=lambda _handler: server.stopping.wait())) as server:
        source = PrometheusSignalSource(PrometheusTuning.model_validate({"url": server.url, "timeout": 60.0}))
        await _start_reading(source, server)
        begin = monotonic()
        source.close()
        while any(thread.name.startswith("prometheus") for thread in threading.enumerate()):
            assert monotonic() - begin < 10
            await asyncio.sleep(0.01)


async def _start_reading(source: PrometheusSignalSource, server: ScriptedServer) -> None:
    reading = asyncio.create_task(source.read([make_workload("a")], grid=_GRID, window_s=60.0))
    while not server.received:  # noqa: ASYNC110 - the server runs in a thread
        await asyncio.sleep(0.01)
    reading.cancel()
