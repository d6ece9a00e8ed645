"""Our own decisions in a closed loop without servers."""

import numpy as np
import pytest

from adapter.core.signal import Signal
from adapter.core.tuning import TunedWorkload, WorkloadTuning, resolve_workload
from adapter.core.workload import WorkloadId
from adapter.simulation.closed_loop import Run, close_loop, observe, scale_of
from adapter.simulation.own import Scaleahead
from adapter.simulation.profiles import RequestShape
from adapter.simulation.traces import Requests
from tests.simulation.workloads import TOY, fleet, random_requests, requests

SHAPE = RequestShape(prompt_tokens=300, output_tokens=40)


def tuned(*, least: int = 1, most: int = 8) -> TunedWorkload:
    """Return the toy engine's workload, with a cold start of 30 s."""
    rate = TOY.sustainable_requests_per_s(SHAPE)
    capacity = {
        "prompt_tokens_per_second": rate * SHAPE.prompt_tokens,
        "generation_tokens_per_second": 1e9,
    }
    tuning = {"replicas": {"min": least, "max": most}, "lead_time": 30.0, "capacity": capacity}
    return resolve_workload(WorkloadId("llm", "chat"), WorkloadTuning.model_validate(tuning))


def run(trace: Requests, policy: Scaleahead, *, replicas: int = 1, end_s: float = 900.0) -> Run:
    """Return a run on the toy engine."""
    return close_loop(fleet(trace, replicas=replicas), policy, end_s=end_s)


def test_it_sizes_for_the_work_that_arrives() -> None:
    """Three replicas' worth of work with a margin of 1.15 is four, give or take the noise of a minute."""
    rate = 3.0 * TOY.sustainable_requests_per_s(SHAPE)
    outcome = run(random_requests(1, rate=rate, seconds=900), Scaleahead(tuned()), replicas=4)
    sizes = [moment.spec for moment in outcome.moments[20:]]
    assert 4 <= np.median(sizes) <= 5
    assert outcome.score.attainment > 0.98


def test_it_sleeps_and_is_woken_by_what_the_gateway_holds() -> None:
    """Idle from 60 s: asleep after hold and cooldown; a request at 1200 s wakes it within two ticks."""
    trace = requests([*np.linspace(0.0, 60.0, 50), 1200.0])
    outcome = run(trace, Scaleahead(tuned(least=0)), end_s=1500.0)
    sizes = {moment.at_s: moment.spec for moment in outcome.moments}
    assert (sizes[300.0], sizes[1185.0], sizes[1230.0]) == (1, 0, 1)
    assert outcome.score.failed == 0


def test_the_same_load_gives_the_same_run() -> None:
    """Two runs agree to the last event."""
    first, second = (run(random_requests(7, rate=40, seconds=600), Scaleahead(tuned()), end_s=600.0) for _ in range(2))
    assert first.events == second.events
    assert first.score == second.score


def test_it_decides_on_what_was_measured() -> None:
    """After ten minutes of two replicas' worth, demand is the work that arrives, within a tenth."""
    policy, rate = Scaleahead(tuned()), 2.0 * TOY.sustainable_requests_per_s(SHAPE)
    served = fleet(random_requests(3, rate=rate, seconds=600), replicas=3)
    for step in range(1, 40):
        served.advance(15.0 * step - 7.5)
        seen = observe(served)
        served.advance(15.0 * step)
        policy.replicas(seen, scale_of(served), now_s=15.0 * step)
    assert policy.last is not None
    assert policy.last.demand is not None
    assert policy.last.demand.arriving == pytest.approx(2.0, rel=0.1)
    assert policy.last.signals[Signal.REPLICAS_READY].value == 3
