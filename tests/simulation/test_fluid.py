"""The fluid engine and the engine of single requests must agree, driven by the same loop and the same policies."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from adapter.simulation.buckets import TTFT_BOUNDS_S
from adapter.simulation.closed_loop import Engine, Policy, Run, close_loop, observe
from adapter.simulation.cold_start import constant
from adapter.simulation.fleet import Fleet
from adapter.simulation.fluid import FluidFleet
from adapter.simulation.fluid_state import load_of
from adapter.simulation.policies import Fixed, ReactiveHpa, ReactiveKeda
from adapter.simulation.profiles import LLAMA_8B_H100, LLAMA_70B_4XH100, EngineProfile, RequestShape
from adapter.simulation.score import Objective
from adapter.simulation.traces import Requests
from tests.simulation.workloads import TOY, requests

pytestmark = pytest.mark.timeout(60)  # whole days of decisions or simulated fleets: slow where the machine is shared


SHAPE = RequestShape(prompt_tokens=1000, output_tokens=200)
SECONDS = 3600
TIME = np.arange(SECONDS)

LOADS = {
    "steady": np.full(SECONDS, 4.0),
    "wave": 4 + 3 * np.sin(TIME / 900),
    "bursty": 3 * np.repeat(np.random.default_rng(5).gamma(1, 1, SECONDS // 30), 30),
    "flash": np.where((TIME > 1500) & (TIME < 2100), 9.0, 2.0),
    "sparse": np.where(TIME // 600 % 4 == 0, 0.5, 0.0),
}
"""Arrivals, in replicas that they keep busy."""


def _trace(load: str, profile: EngineProfile) -> Requests:
    rng = np.random.default_rng(3)
    counts = rng.poisson(LOADS[load] * profile.sustainable_requests_per_s(SHAPE))
    count = int(counts.sum())
    lengths = [
        np.clip(np.rint(mean * rng.lognormal(-(spread**2) / 2, spread, count)), 1, 32_768).astype(np.int64)
        for mean, spread in ((SHAPE.prompt_tokens, 1.0), (SHAPE.output_tokens, 0.8))
    ]
    arrival_s = np.sort(np.repeat(TIME, counts) + rng.random(count))
    return Requests(arrival_s=arrival_s, prompt_tokens=lengths[0], output_tokens=lengths[1])


def _both(profile: EngineProfile, trace: Requests, policy: Callable[[], Policy], *, replicas: int) -> tuple[Run, Run]:
    load = load_of(trace, end_s=SECONDS + 1200.0, judged_from=8)
    cold_start = constant(120.0)
    engines: tuple[Engine, ...] = (
        Fleet(profile=profile, requests=trace, cold_start=cold_start, replicas=replicas),
        FluidFleet(profile=profile, load=load, cold_start=cold_start, replicas=replicas),
    )
    first, second = (close_loop(engine, policy(), end_s=SECONDS) for engine in engines)
    return first, second


def _agree(one: Run, other: Run, *, points: float = 0.01) -> None:
    assert other.score.gpu_hours == pytest.approx(one.score.gpu_hours, rel=0.05)
    assert other.score.attainment == pytest.approx(one.score.attainment, abs=points)
    assert other.score.requests == one.score.requests


@pytest.mark.parametrize("profile", [LLAMA_8B_H100, LLAMA_70B_4XH100], ids=lambda profile: profile.name[:3])
@pytest.mark.parametrize(
    ("load", "share"), [("steady", 0.4), ("wave", 0.4), ("flash", 0.4), ("flash", 0.6), ("sparse", 0.4)]
)
def test_both_engines_agree_on_cost_and_attainment(profile: EngineProfile, share: float, load: str) -> None:
    """GPU-hours within 5 % and attainment within a point, for two targets of reactive scaling."""
    target = profile.in_flight_at(share, SHAPE)

    def policy() -> Policy:
        if load == "sparse":
            return ReactiveKeda(target=target, max_replicas=30)
        return ReactiveHpa(target=target, max_replicas=30)

    _agree(*_both(profile, _trace(load, profile), policy, replicas=0 if load == "sparse" else 6))


@pytest.mark.parametrize("profile", [LLAMA_8B_H100, LLAMA_70B_4XH100], ids=lambda profile: profile.name[:3])
def test_bursts_of_half_a_minute_are_told_within_two_and_a_half_points(profile: EngineProfile) -> None:
    """Each burst overloads the fleet anew, so that attainment is less sure; GPU-hours stay within 5 %."""
    target = profile.in_flight_at(0.6, SHAPE)
    _agree(
        *_both(profile, _trace("bursty", profile), lambda: ReactiveHpa(target=target, max_replicas=30), replicas=6),
        points=0.025,
    )


@pytest.mark.parametrize("profile", [LLAMA_8B_H100, LLAMA_70B_4XH100], ids=lambda profile: profile.name[:3])
@pytest.mark.parametrize("size", [3, 5, 8])
def test_both_engines_agree_on_fleets_of_one_size(profile: EngineProfile, size: int) -> None:
    """Overloaded, at 80 % and at half of what the fleet sustains, attainment is within a point."""
    _agree(*_both(profile, _trace("steady", profile), lambda: Fixed(size=size), replicas=size))


def _fluid(trace: Requests, *, replicas: int = 1, cold_start_s: float = 30.0) -> FluidFleet:
    load = load_of(trace, end_s=3600.0, judged_from=8)
    return FluidFleet(profile=TOY, load=load, cold_start=constant(cold_start_s), replicas=replicas)


def test_the_gateway_holds_what_finds_no_pod_and_fails_it_in_time() -> None:
    """Five requests wait for a first pod; three of them came 300 s before it and are gone."""
    fleet = _fluid(requests([0.0, 0.5, 0.9, 100.0, 150.0]), replicas=0, cold_start_s=310.0)
    fleet.scale_to(1)
    fleet.advance(200.0)
    assert (fleet.gateway.held, observe(fleet).engines) == (5, 0)
    fleet.advance(400.0)
    assert (fleet.gateway.held, fleet.gateway.expired, fleet.gateway.dispatched) == (0, 3, 2)


def test_pods_are_billed_from_creation_to_the_end_of_draining() -> None:
    """Two idle pods, one removed after half an hour, one that starts removed at once: 1.5 pod-hours of two GPUs."""
    fleet = _fluid(requests([]), replicas=2)
    fleet.advance(1800.0)
    fleet.scale_to(3)
    fleet.scale_to(1)
    fleet.advance(3600.0)
    assert len(fleet.pods) == 1
    assert fleet.gpu_hours() == pytest.approx(3.0)


def test_advancing_in_parts_gives_the_same_as_advancing_once() -> None:
    """Seconds that have begun are still to come, so where a caller stops makes no difference."""
    one, other = (_fluid(requests(list(np.arange(0.0, 100.0, 0.05)), output_tokens=50)) for _ in range(2))
    one.advance(100.0)
    for until_s in (0.5, 7.25, 60.0, 99.9, 100.0):
        other.advance(until_s)
    assert one.engine_rows(one.pods).tobytes() == other.engine_rows(other.pods).tobytes()


def test_engines_show_which_share_of_requests_was_in_time() -> None:
    """An overloaded replica's histogram of first tokens says what the score says, to the request."""
    fleet = _fluid(requests(list(np.arange(0.0, 60.0, 0.005)), prompt_tokens=300, output_tokens=40))
    run = close_loop(fleet, Fixed(size=1), end_s=120.0)
    (row,) = fleet.engine_rows(fleet.pods)
    in_time = row["ttft"][: np.searchsorted(TTFT_BOUNDS_S, fleet.objective.ttft_s)].sum()
    assert 0 < in_time < row["ttft"].sum()
    assert in_time == pytest.approx(run.score.ttft_attainment * run.score.requests, abs=1)


def test_percentiles_are_not_made_up() -> None:
    """The fluid knows shares within the objective only."""
    assert math.isnan(close_loop(_fluid(requests([1.0])), Fixed(size=1), end_s=60.0).score.ttft_p95_s)


def test_another_objective_is_refused() -> None:
    """Arrivals are judged when they come, so the objective cannot change afterwards."""
    with pytest.raises(ValueError, match="this fleet judges by"):
        close_loop(_fluid(requests([])), Fixed(size=1), end_s=15.0, objective=Objective(ttft_s=1.0))


def test_time_does_not_go_back_and_sizes_are_not_negative() -> None:
    """Both messages name the value."""
    fleet = _fluid(requests([]))
    fleet.advance(10.0)
    with pytest.raises(ValueError, match=r"until_s must be >= 10\.0 \(now\), got 9\.0"):
        fleet.advance(9.0)
    with pytest.raises(ValueError, match="replicas must be >= 0, got -1"):
        fleet.scale_to(-1)
