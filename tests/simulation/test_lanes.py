"""Lanes agree with the engine of single requests, and with what is known in closed form."""

import numpy as np
import pytest

from adapter.simulation.closed_loop import close_loop
from adapter.simulation.cold_start import constant
from adapter.simulation.fleet import Fleet
from adapter.simulation.lanes import TICK_S, Arrivals, Lanes, advance, new_lanes, resize
from adapter.simulation.policies import Fixed
from adapter.simulation.profiles import LLAMA_8B_H100, LLAMA_70B_4XH100, EngineProfile, RequestShape
from adapter.simulation.score import DEFAULT_OBJECTIVE
from adapter.simulation.traces import Requests

pytestmark = pytest.mark.timeout(60)  # an hour of single requests: slow where the machine is shared

SHAPE = RequestShape(prompt_tokens=1000, output_tokens=200)
SECONDS = 3600
TIME = np.arange(SECONDS)
LOADS = {
    "steady": np.full(SECONDS, 0.75),
    "high": np.full(SECONDS, 0.9),
    "wave": 0.7 + 0.5 * np.sin(TIME / 600),
    "overload": np.where((TIME > 600) & (TIME < 1200), 1.4, 0.5),
}
"""Arrivals as a share of what the fleet sustains."""


def arrivals(requests: float, *, recent: float = 1e9) -> Arrivals:
    """Return arrivals of one tick, in one lane."""
    return Arrivals(
        requests=np.array([requests]),
        prompt_tokens=np.array([SHAPE.prompt_tokens]),
        output_tokens=np.array([SHAPE.output_tokens]),
        recent=np.array([recent]),
    )


def lane(replicas: float, *, profile: EngineProfile = LLAMA_8B_H100, cold_start_s: float = 60.0) -> Lanes:
    """Return one lane."""
    return new_lanes(np.array([replicas]), cold_start_s=cold_start_s, profile=profile)


def passed(lanes: Lanes, requests: float, *, ticks: int, profile: EngineProfile = LLAMA_8B_H100) -> float:
    """Let ticks pass; return the share missed in the last one."""
    for _ in range(ticks):
        judged = advance(lanes, arrivals(requests), profile=profile, objective=DEFAULT_OBJECTIVE)
    return float(judged.missed.item())


@pytest.mark.parametrize("profile", [LLAMA_8B_H100, LLAMA_70B_4XH100], ids=lambda profile: profile.name[:3])
@pytest.mark.parametrize("load", list(LOADS))
def test_as_many_are_served_in_time_as_by_the_engine_of_single_requests(load: str, profile: EngineProfile) -> None:
    """Within two points, in calm and in distress, with three replicas of a fixed number."""
    rng = np.random.default_rng(3)
    counts = rng.poisson(LOADS[load] * 3 * profile.sustainable_requests_per_s(SHAPE))
    count = int(counts.sum())
    lengths = [
        np.clip(np.rint(mean * rng.lognormal(-(spread**2) / 2, spread, count)), 1, 32_768).astype(np.int64)
        for mean, spread in ((SHAPE.prompt_tokens, 1.0), (SHAPE.output_tokens, 0.8))
    ]
    arrival_s = np.sort(np.repeat(TIME, counts) + rng.random(count))
    trace = Requests(arrival_s=arrival_s, prompt_tokens=lengths[0], output_tokens=lengths[1])
    fleet = Fleet(profile=profile, requests=trace, cold_start=constant(60.0), replicas=3)
    exact = close_loop(fleet, Fixed(size=3), end_s=SECONDS).score
    lanes, missed, ticks = lane(3.0, profile=profile), 0.0, counts.reshape(-1, int(TICK_S)).sum(axis=1)
    recent = np.convolve(ticks, np.ones(20))
    for tick, requests in enumerate(ticks.tolist()):
        judged = advance(lanes, arrivals(requests, recent=recent[tick]), profile=profile, objective=DEFAULT_OBJECTIVE)
        missed += float(judged.missed.item()) * requests
    assert 1 - missed / count == pytest.approx(exact.attainment, abs=0.02)
    assert lanes.replica_s.item() * profile.gpus / 3600 == pytest.approx(exact.gpu_hours, rel=0.01)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_steady_batch_is_what_the_closed_form_says(share: float) -> None:
    """Little's law, with iterations of the length that the load makes them; see `profiles`."""
    lanes, rate = lane(2.0), share * LLAMA_8B_H100.sustainable_requests_per_s(SHAPE)
    passed(lanes, 2 * rate * TICK_S, ticks=80)
    work = LLAMA_8B_H100.work_s(RequestShape(prompt_tokens=1000, output_tokens=200 * np.exp(0.64)))
    work -= 200 * (np.exp(0.64) - 1) * LLAMA_8B_H100.token_cost_s(RequestShape(prompt_tokens=0.01, output_tokens=0.01))
    assert lanes.decoding.item() / 2 == pytest.approx(LLAMA_8B_H100.in_flight_at(share, SHAPE), rel=0.25)
    assert lanes.waiting.item() < 1.0


def test_what_cannot_be_served_waits_until_it_gives_up() -> None:
    """Twice what one replica sustains for an hour: as much waits as came within the patience of a request."""
    lanes, requests = lane(1.0), 2 * LLAMA_8B_H100.sustainable_requests_per_s(SHAPE) * TICK_S
    for _ in range(240):
        judged = advance(
            lanes, arrivals(requests, recent=20 * requests), profile=LLAMA_8B_H100, objective=DEFAULT_OBJECTIVE
        )
    assert lanes.waiting.item() == pytest.approx(20 * requests)
    assert judged.missed.item() == 1.0


def test_replicas_start_cold_and_are_billed_from_their_creation() -> None:
    """Four ticks of cold start: ready at the fifth; the one that is taken back meanwhile is billed as long."""
    lanes = lane(1.0)
    resize(lanes, np.array([3.0]), arrivals=arrivals(0.0))
    ready = []
    for tick in range(6):
        passed(lanes, 0.0, ticks=1)
        ready.append(lanes.ready.item())
        if tick == 1:
            resize(lanes, np.array([2.0]), arrivals=arrivals(0.0))
    assert ready == [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]
    assert lanes.replica_s.item() == 6 * TICK_S * 2 + 2 * TICK_S
    assert lanes.requested.item() == 2.0


def test_a_fleet_of_none_holds_what_arrives_and_misses_it() -> None:
    """Nothing is lost: it is served when a replica is ready."""
    lanes = lane(0.0)
    assert passed(lanes, 3.0, ticks=2) == 1.0
    assert lanes.waiting.item() == 6.0
    resize(lanes, np.array([1.0]), arrivals=arrivals(0.0))
    assert passed(lanes, 0.0, ticks=20) >= 0.0
    assert lanes.in_flight.item() == 0.0


def test_what_drains_is_billed_until_it_is_empty() -> None:
    """Removing a busy replica costs some seconds more, never more than two minutes."""
    lanes = lane(2.0)
    passed(lanes, LLAMA_8B_H100.sustainable_requests_per_s(SHAPE) * TICK_S, ticks=20)
    before = lanes.replica_s.item()
    resize(lanes, np.array([1.0]), arrivals=arrivals(0.0))
    assert 5.0 < lanes.replica_s.item() - before < 120.0


def test_lanes_do_not_touch_each_other() -> None:
    """A lane among others gives the bits of a lane alone."""
    rate = LLAMA_8B_H100.sustainable_requests_per_s(SHAPE) * TICK_S
    many = new_lanes(np.array([1.0, 2.0, 5.0]), cold_start_s=60.0, profile=LLAMA_8B_H100)
    alone = lane(2.0)
    for _ in range(40):
        together = advance(many, arrivals(1.7 * rate), profile=LLAMA_8B_H100, objective=DEFAULT_OBJECTIVE)
        single = advance(alone, arrivals(1.7 * rate), profile=LLAMA_8B_H100, objective=DEFAULT_OBJECTIVE)
        assert together.missed[1] == single.missed.item()
