"""Closed loops side by side: each must go as it goes alone."""

from dataclasses import replace

import numpy as np
import pytest

from adapter.core.history import History
from adapter.core.outlook import is_due
from adapter.core.tuning import TunedWorkload, resolve_workload
from adapter.core.workload import WorkloadId
from adapter.simulation.closed_loop import close_loop
from adapter.simulation.cold_start import constant
from adapter.simulation.fluid import FluidFleet
from adapter.simulation.fluid_state import load_of
from adapter.simulation.lockstep import Loop, close_loops
from adapter.simulation.own import EPOCH, Scaleahead
from adapter.simulation.score import DEFAULT_OBJECTIVE, Score
from adapter.simulation.traces import Requests
from tests.simulation.test_own import SHAPE, tuned
from tests.simulation.workloads import TOY, random_requests, requests

pytestmark = pytest.mark.timeout(60)  # whole fleets, twice: slow where the machine is shared

END_S = 900.0


def _named(each: TunedWorkload, name: str) -> TunedWorkload:
    return resolve_workload(WorkloadId("llm", name), each.tuning)


def _fluid(trace: Requests, *, replicas: int) -> FluidFleet:
    load = load_of(trace, end_s=END_S + 600.0, judged_from=8)
    return FluidFleet(profile=TOY, load=load, cold_start=constant(30.0), replicas=replicas)


def _same_second(count: int) -> list[str]:
    """Return names of workloads whose forecasts are renewed at the same tick of the minute."""
    names = (f"chat-{index}" for index in range(100))
    return [name for name in names if is_due(WorkloadId("llm", name), at=EPOCH, step_s=15.0)][:count]


def test_loops_side_by_side_go_as_they_go_alone() -> None:
    """A steady, a rising and a sleeping workload: the same changes of size, the same score."""
    rate = TOY.sustainable_requests_per_s(SHAPE)
    rising = np.sort(END_S * np.sqrt(np.random.default_rng(1).random(int(3 * rate * END_S / 2))))
    traces = {
        "steady": (random_requests(1, rate=2.5 * rate, seconds=END_S), tuned(), 3),
        "rising": (requests([float(each) for each in rising], prompt_tokens=300, output_tokens=40), tuned(), 1),
        "sleeping": (requests([*np.linspace(0.0, 60.0, 50), 800.0]), tuned(least=0), 1),
    }
    names = _same_second(3)
    cases = [
        (trace, _named(each, name), replicas)
        for name, (trace, each, replicas) in zip(names, traces.values(), strict=True)
    ]
    together = close_loops(
        [
            Loop(
                fleet=_fluid(trace, replicas=replicas),
                tuned=each,
                history=History.empty((each.workload.id,)),
                objective=DEFAULT_OBJECTIVE,
            )
            for trace, each, replicas in cases
        ],
        end_s=END_S,
    )
    alone = [
        close_loop(_fluid(trace, replicas=replicas), Scaleahead(each), end_s=END_S) for trace, each, replicas in cases
    ]
    assert [run.events for run in together] == [run.events for run in alone]
    assert [_known(run.score) for run in together] == [_known(run.score) for run in alone]
    assert all(run.events for run in together)


def _known(score: Score) -> Score:
    return replace(score, ttft_p50_s=0.0, ttft_p95_s=0.0, ttft_p99_s=0.0)  # NaN in a fluid, and NaN equals nothing
