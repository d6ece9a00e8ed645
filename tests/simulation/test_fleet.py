"""Pods, gateway and billing of the simulated fleet."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.simulation.arrays import EXPECTED, FAILED, FINISHED, HELD
from adapter.simulation.fleet import Fleet, Phase
from tests.simulation.workloads import TOY, fleet, random_requests, requests


def test_a_new_pod_serves_after_its_cold_start() -> None:
    """Cold start 30 s: ready at 40 s when asked for at 10 s."""
    served = fleet(requests([]))
    served.advance(10.0)
    served.scale_to(2)
    served.advance(39.9)
    assert served.ready_replicas == 1
    served.advance(40.0)
    assert served.ready_replicas == 2


def test_the_gateway_holds_requests_until_a_pod_is_ready() -> None:
    """Two requests arrive at zero replicas and are served when the pod is ready at 35 s."""
    served = fleet(requests([1.0, 2.0]), replicas=0)
    served.advance(5.0)
    assert served.gateway.held == 2
    served.scale_to(1)
    served.advance(60.0)
    assert served.gateway.held == 0
    assert served.gateway.dispatched == 2
    assert np.all(served.requests["first_token_s"] >= 35.0)


def test_a_held_request_fails_after_300_seconds() -> None:
    """Nobody wakes the fleet: the request fails at arrival + 300 s and is counted."""
    served = fleet(requests([1.0]), replicas=0)
    served.advance(400.0)
    assert served.requests["state"][0] == FAILED
    assert served.requests["finish_s"][0] == 301.0
    assert (served.gateway.held, served.gateway.expired) == (0, 1)


def test_a_burst_that_wakes_the_fleet_is_shared_by_its_pods() -> None:
    """100 requests held for two pods that open 5 s apart: the first takes a batch of 32, the rest are not its alone."""
    served = fleet(requests([1.0] * 100, prompt_tokens=1, output_tokens=1000), replicas=0)
    served.advance(2.0)
    served.scale_to(1)
    served.advance(7.0)
    served.scale_to(2)
    served.advance(33.0)
    assert (served.engines.pods["decoding"][0], served.gateway.held) == (32, 68)
    served.advance(38.0)
    assert (served.engines.pods["decoding"][1], served.gateway.held) == (32, 36)
    served.advance(43.5)
    assert served.gateway.held == 4


def test_starting_pods_are_removed_before_ready_ones_and_newest_first() -> None:
    """Of ready 1, 2 and starting 3, 4, scaling to two leaves 1 and 2; then to one leaves 1."""
    served = fleet(requests([]), replicas=2)
    served.scale_to(4)
    served.scale_to(3)
    assert [pod.serial for pod in served.pods] == [1, 2, 3]
    served.scale_to(2)
    served.scale_to(1)
    assert [pod.serial for pod in served.pods] == [1]


def test_a_draining_pod_finishes_what_it_has_and_is_billed_until_then() -> None:
    """One request of 110 ms keeps the pod for that long; 2 GPUs are billed."""
    served = fleet(requests([0.0]))
    served.advance(0.05)
    served.scale_to(0)
    assert served.pods[0].phase is Phase.DRAINING
    served.advance(10.0)
    assert served.requests["state"][0] == FINISHED
    assert served.gpu_hours() == pytest.approx(0.110 * 2 / 3600)


def test_a_drain_that_takes_too_long_fails_the_rest() -> None:
    """A request that needs 1000 s on a pod with 120 s to drain."""
    served = fleet(requests([0.0], prompt_tokens=1, output_tokens=45_000))
    served.advance(1.0)
    served.scale_to(0)
    served.advance(500.0)
    assert served.requests["state"][0] == FAILED
    assert served.requests["finish_s"][0] == 121.0
    assert served.gpu_hours() == pytest.approx(121.0 * 2 / 3600)


def test_starting_pods_are_billed_from_creation() -> None:
    """A pod asked for at 10 s and dropped at 20 s while it starts costs 10 s."""
    served = fleet(requests([]), replicas=0)
    served.advance(10.0)
    served.scale_to(1)
    served.advance(20.0)
    served.scale_to(0)
    served.advance(100.0)
    assert served.gpu_hours() == pytest.approx(10.0 * 2 / 3600)


def test_requests_go_to_the_pod_with_the_fewest_outstanding() -> None:
    """Four at once over two pods: two each."""
    served = fleet(requests([0.0] * 4), replicas=2)
    served.advance(0.001)
    assert [served.engines.pods["waiting"][row] + served.engines.pods["decoding"][row] for row in (0, 1)] == [2, 2]


def test_a_reused_row_starts_from_zero() -> None:
    """The second pod takes the row of the first and none of its counters."""
    served = fleet(requests([0.0]), cold_start_s=1.0)
    served.advance(5.0)
    served.scale_to(0)
    served.advance(10.0)
    served.scale_to(1)
    assert served.pods[0].row == 0
    assert served.engines.pods["generation_tokens"][0] == 0


def test_more_rows_are_made_when_the_fleet_grows() -> None:
    """Forty pods share the load evenly."""
    served = fleet(random_requests(1, rate=200, seconds=20), replicas=40)
    served.advance(100.0)
    assert np.all(served.engines.pods["succeeded"][:40] > 0)


def _script(seed: int, *, halves: bool) -> Fleet:
    """Run a fleet through random scalings, in one advance between them or in two."""
    rng = np.random.default_rng(seed)
    served = fleet(random_requests(seed, rate=8, seconds=300), cold_start_s=float(rng.integers(1, 60)))
    for _ in range(12):
        served.scale_to(int(rng.integers(0, 5)))
        step_s, share = float(rng.exponential(40.0)), rng.random()
        start_s = served.now_s
        if halves:
            served.advance(start_s + share * step_s)
        served.advance(start_s + step_s)
    return served


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_advancing_in_two_halves_gives_the_same_bytes(seed: int) -> None:
    """Every request and every engine counter is equal to the last bit, billing too."""
    one, two = _script(seed, halves=False), _script(seed, halves=True)
    assert one.requests.tobytes() == two.requests.tobytes()
    assert one.engines.pods.tobytes() == two.engines.pods.tobytes()
    assert one.gpu_hours() == two.gpu_hours()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_every_request_ends_or_is_in_flight(seed: int) -> None:
    """Arrived = finished + failed + held + in the engines, after any scalings."""
    served = _script(seed, halves=True)
    states = served.requests["state"]
    arrived = np.count_nonzero(served.requests["arrival_s"] < served.now_s)
    assert np.count_nonzero(states != EXPECTED) == arrived
    assert served.in_flight == np.count_nonzero((states != EXPECTED) & (states != FINISHED) & (states != FAILED))
    assert served.gateway.held == np.count_nonzero(states == HELD)
    assert np.all(np.isnan(served.requests["finish_s"]) == ((states != FINISHED) & (states != FAILED)))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_more_replicas_never_serve_fewer_in_time(seed: int) -> None:
    """Attainment of a first token within 0.5 s rises with the size of a fixed fleet."""
    trace = random_requests(seed, rate=60, seconds=200)
    shares = []
    for replicas in (1, 2, 3, 4, 6):
        served = fleet(trace, replicas=replicas)
        served.advance(1000.0)
        shares.append(np.mean(served.requests["first_token_s"] - served.requests["arrival_s"] <= 0.5))
    assert shares == sorted(shares)
    assert shares[0] < 0.5 < shares[-1]


def test_time_does_not_go_back() -> None:
    """Advancing into the past names both times."""
    served = fleet(requests([]))
    served.advance(10.0)
    with pytest.raises(ValueError, match=r"until_s must be >= 10\.0 \(now\), got 9\.0"):
        served.advance(9.0)


def test_negative_replicas_are_refused() -> None:
    """The message has the value."""
    with pytest.raises(ValueError, match="replicas must be >= 0, got -1"):
        fleet(requests([])).scale_to(-1)


def test_the_bill_counts_the_gpus_of_the_profile() -> None:
    """Three pods of two GPUs for an hour: six GPU-hours."""
    served = fleet(requests([]), replicas=3)
    served.advance(3600.0)
    assert TOY.gpus == 2
    assert served.gpu_hours() == pytest.approx(6.0)
