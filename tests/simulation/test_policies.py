"""Reactive scaling through the HPA and KEDA models."""

import numpy as np
import pytest

from adapter.simulation.closed_loop import Run, close_loop
from adapter.simulation.policies import Fixed, ReactiveHpa, ReactiveKeda, best_run, reactive_targets
from adapter.simulation.profiles import LLAMA_8B_H100, RequestShape
from adapter.simulation.score import Score
from tests.simulation.workloads import fleet, random_requests, requests


def test_the_hpa_grows_with_requests_in_flight_and_shrinks_after_its_window() -> None:
    """Load for 300 s, then none: several replicas, kept for 300 s more, then one."""
    trace = random_requests(1, rate=60, seconds=300)
    run = close_loop(fleet(trace), ReactiveHpa(target=10, max_replicas=8), end_s=1200.0)
    sizes = {moment.at_s: moment.spec for moment in run.moments}
    assert max(sizes.values()) > 2
    assert sizes[585.0] > 1
    assert sizes[1200.0] == 1


def test_the_hpa_never_exceeds_its_maximum() -> None:
    """A hopeless overload ends at three replicas."""
    run = close_loop(
        fleet(random_requests(2, rate=200, seconds=120)), ReactiveHpa(target=1, max_replicas=3), end_s=300.0
    )
    assert max(moment.spec for moment in run.moments) == 3


def test_keda_sleeps_after_its_cooldown_and_wakes_on_held_requests() -> None:
    """Asleep before the first request, awake within a poll of it, asleep again 300 s after the last."""
    served = fleet(requests([100.0, 1000.0]), replicas=0)
    run = close_loop(served, ReactiveKeda(target=5, max_replicas=4), end_s=1800.0)
    sizes = {moment.at_s: moment.spec for moment in run.moments}
    assert (sizes[90.0], sizes[150.0], sizes[900.0], sizes[1050.0], sizes[1800.0]) == (0, 1, 0, 1, 0)
    assert (run.score.wakeups, run.score.cold_hits) == (2, 2)
    assert run.score.failed == 0


def test_the_five_targets_rise_from_careful_to_bold() -> None:
    """For 1000 prompt and 200 output tokens on an 8B engine."""
    targets = reactive_targets(LLAMA_8B_H100, RequestShape(prompt_tokens=1000, output_tokens=200))
    assert len(targets) == 5
    assert list(targets) == sorted(targets)
    assert 1 < targets[0] < targets[-1] < LLAMA_8B_H100.max_num_seqs


def _run(attainment: float, gpu_hours: float) -> Run:
    blank = dict.fromkeys(("ttft_attainment", "itl_attainment", "ttft_p50_s", "ttft_p95_s", "ttft_p99_s"), np.nan)
    counts = dict.fromkeys(("requests", "failed", "cold_hits", "wakeups", "flaps"), 0)
    return Run(score=Score(attainment=attainment, gpu_hours=gpu_hours, **blank, **counts), events=(), moments=())


@pytest.mark.parametrize(
    ("outcomes", "best"),
    [
        ({1.0: (0.99, 9.0), 2.0: (0.98, 7.0), 3.0: (0.97, 5.0)}, 2.0),
        ({1.0: (0.90, 9.0), 2.0: (0.95, 12.0), 3.0: (0.70, 5.0)}, 2.0),
    ],
)
def test_the_best_target_is_the_cheapest_that_attains(outcomes: dict[float, tuple[float, float]], best: float) -> None:
    """Or, if none does, the one that attains most."""
    target, _ = best_run(outcomes, lambda target: _run(*outcomes[target]))
    assert target == best


def test_fixed_ignores_what_it_sees() -> None:
    """A fleet started at one is taken to four at the first sync and stays there."""
    run = close_loop(fleet(random_requests(3, rate=50, seconds=60)), Fixed(size=4), end_s=60.0)
    assert [moment.spec for moment in run.moments] == [4] * 4
