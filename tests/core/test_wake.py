import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.decision import Outcome, StepName
from adapter.core.fleet_limits import UNLIMITED
from adapter.core.fold import Fleet, certain_values, decide_fleet, record
from adapter.core.history import History
from adapter.core.signal import FleetReadings, Grid, Readings, Signal, State
from adapter.core.tuning import BudgetTuning, FleetTuning, TunedWorkload
from adapter.core.wake import Sighting, Ticked, awaken, outstanding, sleepers
from tests.factories import TICK
from tests.fakes import tuned

ASLEEP, AWAKE = tuned("asleep", replicas={"min": 0}), tuned("awake", replicas={"min": 0})
FLEET = (AWAKE, ASLEEP)
SEEN = Sighting(at=TICK + 2.5, waiting=3.0, where="Prometheus")
SETTLING_S = 5.0
NAN = math.nan


def readings(shown: Mapping[Signal, tuple[float, ...]], fleet: tuple[TunedWorkload, ...] = FLEET) -> FleetReadings:
    """Return readings of one tick: fresh numbers, NaN is absent."""
    columns = {signal: np.array([values]).T for signal, values in shown.items()}
    return FleetReadings(
        ids=tuple(each.workload.id for each in fleet),
        grid=Grid(start=TICK, step_s=15.0),
        readings={
            signal: Readings(
                value=each,
                state=np.where(np.isnan(each), State.ABSENT, State.FRESH).astype(np.uint8),
                age_s=np.full(each.shape, 3.0),
                coverage=np.ones(each.shape),
            )
            for signal, each in columns.items()
        },
    )


def shown(
    *, demand: tuple[float, ...] = (0.0, 0.0), requested: tuple[float, ...] = (2.0, 0.0)
) -> dict[Signal, tuple[float, ...]]:
    """Return what a tick shows: one workload with load on two replicas, one without any."""
    counts = (Signal.REPLICAS_REQUESTED, Signal.REPLICAS_STATUS, Signal.REPLICAS_READY)
    return {
        Signal.QUEUE_DEPTH: (1.0, NAN)[: len(demand)],
        Signal.REQUESTS_RUNNING: (20.0, NAN)[: len(demand)],
        Signal.DEMAND_AT_ZERO: demand,
        **dict.fromkeys(counts, requested),
    }


def ticked(fleet: tuple[TunedWorkload, ...] = FLEET, *, limits: FleetTuning = UNLIMITED, **signals: Any) -> Ticked:
    """Return a first tick."""
    seen = readings(shown(**signals), fleet)
    empty = History.empty(tuple(each.workload.id for each in fleet))
    history = record(empty, certain_values(seen, fleet), fleet, end=TICK, step_s=15.0)
    after, decisions = decide_fleet(Fleet(history=history), seen, fleet, column=0, at=TICK, limits=limits)
    return Ticked(
        at=TICK,
        looked_at=TICK - SETTLING_S,
        fleet=after,
        readings=seen,
        tuned=fleet,
        decisions=decisions,
        limits=limits,
    )


def test_demand_seen_after_a_tick_wakes() -> None:
    """The decision says so first, then goes its usual way; the other workload is left alone."""
    tick = ticked()
    assert not tick.decisions[ASLEEP.workload.id].active
    woken = awaken(tick, {ASLEEP.workload.id: SEEN})
    assert list(woken) == [ASLEEP.workload.id]
    decision = woken[ASLEEP.workload.id]
    assert (decision.active, decision.served, decision.at) == (True, 1, TICK)
    assert decision.steps[0].name is StepName.WAKE
    assert decision.steps[0].reason == "3 requests seen in Prometheus, 2.5 s after this tick"
    assert decision.emitted is not None
    assert decision.emitted.lands_on == 1


@given(waiting=st.floats(min_value=0.01, max_value=1e5))
def test_a_wake_decides_what_a_tick_that_saw_the_same_would(waiting: float) -> None:
    """It is the same decision, and nothing that a tick would not do by itself."""
    woken = awaken(ticked(), {ASLEEP.workload.id: replace(SEEN, waiting=waiting)})[ASLEEP.workload.id]
    same = ticked(demand=(0.0, waiting)).decisions[ASLEEP.workload.id]
    assert (woken.served, woken.emitted, woken.steps[1:]) == (same.served, same.emitted, same.steps)


def test_who_sleeps_is_watched() -> None:
    """Neither a workload at work nor one that may not go to zero; but one on hold without replicas."""
    assert sleepers(ticked()) == (ASLEEP,)
    kept = (AWAKE, tuned("asleep"))
    assert sleepers(ticked(kept)) == ()
    blind = ticked(demand=(0.0, NAN))
    assert blind.decisions[ASLEEP.workload.id].outcome is Outcome.HOLD
    assert sleepers(blind) == (ASLEEP,)


def test_a_workload_on_hold_at_zero_wakes() -> None:
    """The tick could not see demand; whoever does may wake it."""
    woken = awaken(ticked(demand=(0.0, NAN)), {ASLEEP.workload.id: SEEN})
    assert woken[ASLEEP.workload.id].served == 1


def test_nothing_is_said_where_what_is_requested_is_not_known() -> None:
    """A number might scale in what is there."""
    assert awaken(ticked(demand=(0.0, NAN), requested=(2.0, NAN)), {ASLEEP.workload.id: SEEN}) == {}


@pytest.mark.parametrize(("gpus", "active"), [(1, None), (3, True)])
def test_a_budget_binds_a_wake(gpus: int, active: bool | None) -> None:
    """A single GPU serves what comes first; with three of them it wakes."""
    fleet = (tuned("awake", scale={"priority": 10}), ASLEEP)
    budget = BudgetTuning.model_validate({"name": "all", "gpus": gpus})
    woken = awaken(ticked(fleet, limits=FleetTuning(budgets=(budget,))), {ASLEEP.workload.id: SEEN})
    found = woken.get(ASLEEP.workload.id)
    assert (None if found is None else found.active) == active


def test_a_sighting_counts_until_a_tick_looks_at_its_time() -> None:
    """A tick that looked before it cannot know; one that looked at it decides alone."""
    seen, tick = {ASLEEP.workload.id: SEEN}, ticked()
    before = replace(tick, at=TICK + 7.0, looked_at=TICK + 2.0)
    assert outstanding(seen, before) == seen
    assert outstanding(seen, replace(before, looked_at=SEEN.at)) == {}


def test_a_sighting_is_taken_over_by_a_tick_that_wakes() -> None:
    """From then on two processes agree to the byte again."""
    assert outstanding({ASLEEP.workload.id: SEEN}, ticked(demand=(0.0, 5.0))) == {}


def test_a_sighting_outlives_ticks_that_see_nothing_but_not_for_ever() -> None:
    """While ticks are on hold it counts for `freshness.staleAfter`, a minute."""
    seen, blind = {ASLEEP.workload.id: SEEN}, ticked(demand=(0.0, NAN))
    assert outstanding(seen, replace(blind, at=SEEN.at + 60.0, looked_at=SEEN.at + 55.0)) == seen
    assert outstanding(seen, replace(blind, at=SEEN.at + 60.1, looked_at=SEEN.at + 55.1)) == {}


def test_sightings_of_what_is_no_longer_configured_go() -> None:
    """A removed workload leaves nothing behind."""
    assert outstanding({ASLEEP.workload.id: SEEN}, ticked((AWAKE,), demand=(0.0,), requested=(2.0,))) == {}
