"""Policies that size a fleet whose answer they see."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from adapter.simulation.closed_loop import Observation, close_loop, observe, scale_of
from adapter.simulation.hpa_metrics import Scale
from adapter.simulation.policies import Fixed
from tests.simulation.workloads import fleet, random_requests, requests


@dataclass
class Script:
    """Asks for given sizes, one a sync, and keeps what it saw."""

    sizes: list[int]
    seen: list[Observation] = field(default_factory=list)
    scales: list[Scale] = field(default_factory=list)

    def replicas(self, seen: Observation, scale: Scale, *, now_s: float) -> int:
        """Return the next size; stay at the last."""
        assert now_s >= seen.at_s
        self.seen.append(seen)
        self.scales.append(scale)
        return self.sizes.pop(0) if len(self.sizes) > 1 else self.sizes[0]


def test_a_policy_sees_metrics_of_some_seconds_ago() -> None:
    """Requests that arrive after the scrape at 10 s are not seen at 15 s."""
    policy = Script([1])
    close_loop(fleet(requests([12.0] * 5), replicas=0), policy, end_s=30.0, scrape_age_s=5.0)
    assert [(seen.at_s, seen.held) for seen in policy.seen[:2]] == [(10.0, 0), (25.0, 5)]


def test_held_requests_count_as_in_flight() -> None:
    """A reactive policy must be able to see demand at zero."""
    served = fleet(requests([1.0, 2.0]), replicas=0)
    served.advance(10.0)
    assert observe(served).in_flight == 2
    assert observe(served).engines == 0


def test_observed_requests_are_those_in_the_engines() -> None:
    """Running plus waiting equals the truth under load."""
    served = fleet(random_requests(1, rate=80, seconds=60), replicas=2)
    served.advance(30.0)
    seen = observe(served)
    assert seen.waiting > 0
    assert seen.in_flight == served.in_flight


def test_the_scale_leaves_draining_pods_out() -> None:
    """One draining pod and one that starts: spec 1, status 1, ready 0."""
    served = fleet(requests([0.0], output_tokens=1000))
    served.advance(1.0)
    served.scale_to(0)
    served.scale_to(1)
    assert scale_of(served) == Scale(replicas=1, status_replicas=1, ready_replicas=0)


def test_changes_of_size_are_recorded_and_applied() -> None:
    """1, 3, 3, 2: two changes after the start, at 30 s and 60 s."""
    run = close_loop(fleet(requests([])), Script([1, 3, 3, 2]), end_s=60.0)
    assert [(event.at_s, event.before, event.after) for event in run.events] == [(30.0, 1, 3), (60.0, 3, 2)]
    assert [moment.spec for moment in run.moments] == [1, 3, 3, 2]


def test_billing_stops_at_the_end_and_serving_goes_on() -> None:
    """The last request ends 10 s after the end of the run: it counts, its GPU time does not."""
    run = close_loop(fleet(requests([29.0], output_tokens=1000)), Fixed(size=1), end_s=30.0)
    assert run.score.attainment == 1.0
    assert run.score.gpu_hours == pytest.approx(30.0 * 2 / 3600)


def test_a_fixed_fleet_costs_its_size() -> None:
    """Three replicas of two GPUs for 600 s, and no change of size."""
    run = close_loop(fleet(random_requests(1, rate=5, seconds=600), replicas=3), Fixed(size=3), end_s=600.0)
    assert run.score.gpu_hours == pytest.approx(1.0)
    assert run.events == ()


def test_the_same_seed_gives_the_same_run() -> None:
    """Two runs agree in score, events and every moment."""
    runs = [
        close_loop(fleet(random_requests(9, rate=20, seconds=200)), Script([1, 2, 4, 3, 1]), end_s=200.0)
        for _ in range(2)
    ]
    assert runs[0].score == runs[1].score
    assert (runs[0].events, runs[0].moments) == (runs[1].events, runs[1].moments)


def test_requests_after_the_end_do_not_count() -> None:
    """Only arrivals within the billed time are scored."""
    run = close_loop(fleet(requests(list(np.arange(0.0, 100.0)))), Fixed(size=1), end_s=45.0)
    assert run.score.requests == 45


def test_metrics_cannot_be_older_than_a_sync() -> None:
    """The message has the bound and the value."""
    with pytest.raises(ValueError, match=r"scrape_age_s must be in \[0, 15\.0\] \(sync_s\), got 20\.0"):
        close_loop(fleet(requests([])), Fixed(size=1), end_s=30.0, scrape_age_s=20.0)
