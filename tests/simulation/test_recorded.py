"""Twin of adapter/simulation/recorded.py."""

import numpy as np
import pytest

from adapter.core.signal import Signal
from adapter.simulation.recorded import Record, filled, rebuild_load
from tests.simulation.records import CHAT, blank, play_and_record
from tests.simulation.workloads import fleet, random_requests


def record(**values: list[float]) -> Record:
    """Return a record of some signals; the others are not known."""
    rows = blank(len(next(iter(values.values()))))
    rows |= {Signal(name): np.array(each, dtype=np.float64) for name, each in values.items()}
    return Record(workload=CHAT, start=0.0, values=rows)


def test_the_load_of_a_simulated_fleet_is_rebuilt_from_what_it_shows() -> None:
    """All in all within 1 %, and minute by minute within a tenth on average, although no engine counts arrivals."""
    requests = random_requests(3, rate=40.0, seconds=3600)
    made, _ = play_and_record(fleet(requests, replicas=4), minutes=60, size=lambda _: 4)
    counts = rebuild_load(made).counts
    truth = np.bincount((requests.arrival_s // 60).astype(int), minlength=60)
    assert counts.sum() == pytest.approx(len(requests), rel=0.01)
    assert np.abs(counts - truth).mean() < 0.1 * truth.mean()


def test_what_waits_at_a_gateway_arrives_when_it_comes_and_once() -> None:
    """A fleet asleep at first: those held are counted minute by minute, and not again when they are handed on.

    What was held in the first minute may be older than the record; engines that wake show no rate for a minute.
    """
    requests = random_requests(4, rate=1.0, seconds=1200)
    made, _ = play_and_record(fleet(requests, replicas=0), minutes=20, size=lambda minute: int(minute >= 3))
    load = rebuild_load(made)
    truth = np.bincount((requests.arrival_s // 60).astype(int), minlength=20)
    assert load.known.mean() > 0.9
    assert load.counts[1:3].sum() == pytest.approx(truth[1:3].sum(), abs=2)
    assert load.counts[1:].sum() == pytest.approx(truth[1:].sum(), rel=0.1)


def test_a_gap_is_no_zero() -> None:
    """Nothing arrives in it, and it says so."""
    load = rebuild_load(record(arrival_rate=[1.0, np.nan, 1.0], replicas_requested=[2.0, 2.0, 2.0]))
    assert load.counts.tolist() == [60, 0, 60]
    assert load.known.tolist() == [True, False, True]


def test_at_zero_replicas_a_gateway_that_holds_nothing_says_that_nothing_arrives() -> None:
    """Without a gateway's word it is not known."""
    asleep = {"arrival_rate": [np.nan, np.nan], "replicas_requested": [0.0, 0.0]}
    assert rebuild_load(record(**asleep, demand_at_zero=[0.0, 0.0])).known.tolist() == [True, True]
    assert rebuild_load(record(**asleep)).known.tolist() == [False, False]


def test_lengths_are_those_of_the_minute_else_the_usual_ones() -> None:
    """Weighted by what arrived."""
    rows = {"arrival_rate": [1.0, 3.0, 1.0], "prompt_tokens_per_request": [100.0, 500.0, np.nan]}
    load = rebuild_load(record(**rows))
    assert load.prompt_tokens.tolist() == [100.0, 500.0, 400.0]
    assert load.output_tokens.tolist() == [200.0] * 3


def test_a_record_knows_its_starts_and_cached_share() -> None:
    """Tokens weigh the share; starts that did not happen are none."""
    made = record(
        start_seconds=[np.nan, 120.0, 0.0],
        prefix_cache_hit_ratio=[0.5, 0.2, np.nan],
        prompt_tokens_rate=[100.0, 300.0, 50.0],
    )
    assert made.start_s.tolist() == [120.0]
    assert made.cached_share == pytest.approx(0.275)
    assert filled(np.array([np.nan, np.nan])).tolist() == [0.0, 0.0]
