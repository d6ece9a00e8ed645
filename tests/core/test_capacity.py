import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from adapter.core.capacity import REACH, capacity_at, capacity_of, in_flight, is_learnt, learn_capacities
from adapter.core.decision import Capacity, DemandUnit
from adapter.core.engine_speed import EngineSpeed
from adapter.core.history import ATTAINED_TIER, History, Tier
from adapter.core.signal import Signal
from tests.core.test_engine_speed import USUAL
from tests.fakes import tuned

RATES = {"prompt_tokens_per_second": 8000, "generation_tokens_per_second": 2000}
SPEED = EngineSpeed(
    level=100.0, loss=100.0, generated=1000.0, kv_share=math.nan, highest=0.8, stretches=36, error=0.05, deviation=0.0
)
"""Full at one unit of work, where a token would take for ever; 0.9 within 100 ms."""


def learning(**changes: Any) -> Any:
    """Return the tuning of a workload that learns from configured rates."""
    return tuned("llama", **{"capacity": {**RATES, "learn": True, **changes.pop("capacity", {})}, **changes}).tuning


def test_one_replica_gives_one_engine_second_per_second() -> None:
    """Where token rates are configured, they are the capacity, and it is certain."""
    assert capacity_of(tuned("llama", capacity=RATES).tuning) == Capacity(
        unit=DemandUnit.WORK, per_replica=1.0, source="configured", nominal=1.0, confidence=1.0
    )


def test_the_source_says_who_chose() -> None:
    """A target that the user set is configured, even if it is the default's number."""
    assert capacity_of(tuned("llama").tuning).source == "default"
    assert capacity_of(tuned("llama", targets={"concurrency": 16}).tuning).source == "configured"
    assert capacity_of(tuned("llama", capacity={"learn": True}).tuning).source == "default"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"capacity": RATES}, False),
        ({"targets": {"concurrency": 16}}, False),
        ({"capacity": {**RATES, "learn": True}}, True),
        ({"targets": {"concurrency": 16}, "capacity": {"learn": True}}, True),
        ({"capacity": {"learn": False}}, False),
    ],
)
def test_what_is_configured_wins_unless_the_tuning_says_learn(changes: dict[str, Any], expected: bool) -> None:
    """A default is nobody's wish, and is learnt."""
    assert is_learnt(tuned("llama", **changes).tuning) is expected


def test_an_objective_sets_what_is_sustained() -> None:
    """A token takes 100 ms at 0.9 units of work, and 25 ms at 0.6."""
    found = capacity_at(SPEED, learning())
    assert (found.per_replica, found.source, found.nominal) == (pytest.approx(0.9), "learnt", 1.0)
    assert "0.9 is bounded by slo.itl, and weighs 100%" in found.reason
    assert capacity_at(SPEED, learning(slo={"itl": 0.025})).per_replica == pytest.approx(0.6)


def test_a_full_kv_cache_sets_it_where_it_comes_first() -> None:
    """Half a per cent a request, 95 % of the cache: 190 requests, which are there at 0.95 units; 40 at 0.8."""
    assert "by slo.itl" in capacity_at(replace(SPEED, kv_share=0.005), learning()).reason
    found = capacity_at(replace(SPEED, kv_share=0.95 / 40), learning())
    assert found.per_replica == pytest.approx(0.8)
    assert "by the KV cache" in found.reason
    assert in_flight(SPEED, found.per_replica) == pytest.approx(40.0)


def test_a_full_batch_sets_it_where_it_comes_first() -> None:
    """Ten requests are computed at half a unit of work."""
    found = capacity_at(SPEED, learning(capacity={"max_concurrency": 10}))
    assert found.per_replica == pytest.approx(0.5)
    assert "by capacity.maxConcurrency" in found.reason


def test_it_reaches_no_further_than_half_as_much_again_as_was_seen() -> None:
    """The line says 4.5; 1.6 was seen, so that 2.4 may be tried, and what comes then is seen next."""
    fast = replace(SPEED, loss=20.0, highest=1.6)
    found = capacity_at(fast, learning())
    assert found.per_replica == pytest.approx(1.6 * REACH)
    assert "bounded by 1.5 times the highest load seen" in found.reason


def test_what_is_configured_may_be_tried_without_having_been_seen() -> None:
    """A tenth of the load was seen: the line may lower the configured capacity, not raise it."""
    idle = replace(SPEED, highest=0.1)
    assert capacity_at(replace(idle, loss=20.0), learning()).per_replica == 1.0
    assert capacity_at(replace(idle, loss=200.0), learning()).per_replica == pytest.approx(0.45)


def test_an_engine_that_never_slows_down_is_bounded_by_what_was_seen() -> None:
    """A flat line has no end."""
    found = capacity_at(replace(SPEED, loss=0.0, highest=2.0), learning())
    assert found.per_replica == pytest.approx(3.0)


def test_a_line_that_is_known_badly_moves_the_first_guess_little() -> None:
    """The guess costs a sequence 90 tokens/s a unit, give or take 63; a line known to 63 weighs half: (1 + 2) / 2."""
    slow = replace(SPEED, loss=180.0, deviation=63.0)
    found = capacity_at(slow, learning())
    assert (found.per_replica, found.confidence) == (pytest.approx(1 / 1.5), pytest.approx(0.5))
    assert capacity_at(replace(slow, deviation=math.inf), learning()).per_replica == 1.0


@pytest.mark.parametrize(
    ("speed", "reason"),
    [
        (EngineSpeed(why="2 settled stretches"), "not learnt: 2 settled stretches"),
        (replace(SPEED, level=8.0), "not learnt: a token takes 0.125 s in an idle engine, and slo.itl is 0.1 s"),
    ],
)
def test_what_is_not_learnt_stays_as_it_was_said(speed: EngineSpeed, reason: str) -> None:
    """With the reason for people."""
    found = capacity_at(speed, learning())
    assert (found.per_replica, found.source, found.reason) == (1.0, "configured", reason)


def test_a_prefill_engine_is_held_to_its_first_token() -> None:
    """2 s a request at 0.95 units, where 0.1 s would be kept at 0.0 only."""
    first = EngineSpeed(level=10.0, loss=10.0, generated=5.0, highest=0.9, stretches=36, error=0.0, deviation=0.0)
    assert capacity_at(first, learning(capacity={"role": "prefill"})).per_replica == pytest.approx(0.95)
    assert "slo.itl" in capacity_at(replace(first, level=9.0), learning()).reason


def test_without_rates_requests_in_flight_are_learnt() -> None:
    """0.72 units, 0.8 of what is sustained, are 720 tokens/s at 28 each: 25.7 in flight instead of 16."""
    found = capacity_at(SPEED, tuned("llama").tuning)
    assert (found.unit, found.nominal, found.source) == (DemandUnit.CONCURRENCY, 16.0, "learnt")
    assert found.per_replica == pytest.approx(720 / 28)


def test_requests_in_flight_reach_no_further_than_what_was_seen_either() -> None:
    """0.45 units at most may be tried: 8.2 in flight, less than the 16 that may always be."""
    assert capacity_at(replace(SPEED, highest=0.3), tuned("llama").tuning).per_replica == 16.0
    assert capacity_at(replace(SPEED, highest=0.45), tuned("llama").tuning).per_replica == pytest.approx(675 / 32.5)


def test_a_fleet_learns_where_it_is_to_learn() -> None:
    """From the settled stretches of its own rows; the others are left out."""
    one, other = tuned("one", capacity={**RATES, "learn": True}), tuned("other", capacity=RATES)
    values = {signal: np.vstack([np.full((1, 24), np.nan), each]).astype(np.float32) for signal, each in USUAL.items()}
    settled = {
        signal: Tier(
            spec=ATTAINED_TIER,
            end=600.0,
            values=np.hstack([np.full((2, ATTAINED_TIER.columns - 24), np.nan, dtype=np.float32), each]),
        )
        for signal, each in values.items()
    }
    history = replace(History.empty((other.workload.id, one.workload.id)), settled=settled)
    found = learn_capacities(history, (other, one))
    assert list(found) == [one.workload.id]
    assert found[one.workload.id].source == "learnt"
    assert learn_capacities(history, (one, other))[one.workload.id].reason.startswith("not learnt: 0 settled")
    assert settled[Signal.REQUESTS_RUNNING].values.shape == (2, ATTAINED_TIER.columns)
