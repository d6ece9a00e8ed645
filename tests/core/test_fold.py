import numpy as np
import pytest

from adapter.core.fold import (
    Fleet,
    certain_values,
    decide_fleet,
    observe,
    record,
    refresh_forecasts,
)
from adapter.core.history import History
from adapter.core.signal import FleetReadings, Grid, Readings, Signal, State
from adapter.core.tuning import BudgetTuning, FleetTuning, TunedWorkload
from tests.factories import TICK
from tests.fakes import tuned

STEP_S = 15.0
A, B = tuned("a"), tuned("b", freshness={"stale_after": 10})
COUNTS = (Signal.REPLICAS_REQUESTED, Signal.REPLICAS_STATUS, Signal.REPLICAS_READY)


def readings(tuned_: tuple[TunedWorkload, ...], running: list[list[float]], *, at: float = TICK) -> FleetReadings:
    """Return a stretch that ends at a time, in which only the running requests differ."""
    values = np.array(running)
    grid = Grid(start=at - STEP_S * (values.shape[1] - 1), step_s=STEP_S, count=values.shape[1])
    shown = {
        Signal.REQUESTS_RUNNING: values,
        Signal.QUEUE_DEPTH: np.zeros(values.shape),
        **{each: np.full(values.shape, 2.0) for each in COUNTS},
    }
    return FleetReadings(
        ids=tuple(each.workload.id for each in tuned_),
        grid=grid,
        readings={
            signal: Readings(
                value=each,
                state=np.where(np.isnan(each), State.ABSENT, State.FRESH).astype(np.uint8),
                age_s=np.full(values.shape, 20.0),
                coverage=np.ones(values.shape),
            )
            for signal, each in shown.items()
        },
    )


def watched(tuned_: tuple[TunedWorkload, ...], running: list[list[float]]) -> tuple[Fleet, FleetReadings]:
    """Return a fleet that recorded a stretch, and the stretch."""
    seen = readings(tuned_, running)
    empty = History.empty(tuple(each.workload.id for each in tuned_))
    history = record(empty, certain_values(seen, tuned_), tuned_, end=TICK, step_s=STEP_S)
    return Fleet(history=history), seen


def test_only_certain_values_are_remembered() -> None:
    """Samples of 20 s are fresh for one workload and old for the other, whose memory stays a gap."""
    values = certain_values(readings((A, B), [[5.0], [6.0]]), (A, B))[Signal.REQUESTS_RUNNING]
    assert np.array_equal(values, [[5.0], [np.nan]], equal_nan=True)


def test_demand_is_recorded_at_full_minutes() -> None:
    """Of nine ticks of 15 s, ending on a minute, three lie on one."""
    fleet, _ = watched((A,), [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]])
    known = fleet.history.minute.values[0]
    assert known[~np.isnan(known)].tolist() == [1.0, 5.0, 9.0]
    assert fleet.history.minute.end == TICK


def test_what_is_missing_now_is_bridged_from_memory() -> None:
    """Two ticks without the signal: the last known value, 30 s old, stale."""
    fleet, seen = watched((A,), [[5.0, np.nan, np.nan]])
    reading = observe(fleet.history, seen, (A,), column=2, at=TICK)[0][Signal.REQUESTS_RUNNING]
    assert (reading.state, reading.value, reading.age_s) == (State.STALE, 5.0, 30.0)


def ramp(count: int) -> list[float]:
    """Return a load that rises and falls."""
    return [20.0 + 10.0 * np.sin(each / 20.0) for each in range(count)]


def test_a_forecast_without_ground_is_dropped() -> None:
    """A workload whose history has gone keeps no old forecast: a restarted process would not have it either."""
    fleet, _ = watched((A,), [ramp(240)])
    ticks = [TICK + STEP_S * each for each in range(4)]
    for at in ticks:
        fleet = refresh_forecasts(fleet, (A,), at=at, step_s=STEP_S)
    assert set(fleet.forecasts) == {A.workload.id}
    emptied = Fleet(history=watched((A,), [[np.nan] * 8])[0].history, forecasts=fleet.forecasts)
    for at in ticks:
        emptied = refresh_forecasts(emptied, (A,), at=at, step_s=STEP_S)
    assert emptied.forecasts == {}


def test_a_forecast_that_is_off_is_not_made() -> None:
    """forecast.enabled false saves the work."""
    off = tuned("a", forecast={"enabled": False})
    fleet, _ = watched((off,), [ramp(240)])
    for tick in range(4):
        fleet = refresh_forecasts(fleet, (off,), at=TICK + STEP_S * tick, step_s=STEP_S)
    assert fleet.forecasts == {}


@pytest.mark.parametrize("count", [1, 3])
def test_every_workload_gets_its_own_decision(count: int) -> None:
    """Rows are not mixed up: the load of each is in its own decision."""
    fleet_of = tuple(tuned(f"w{each}") for each in range(count))
    fleet, seen = watched(fleet_of, [[10.0 * (1 + each)] for each in range(count)])
    after, decisions = decide_fleet(fleet, seen, fleet_of, column=0, at=TICK)
    assert [each.demand.arriving for each in decisions.values() if each.demand] == [10.0, 20.0, 30.0][:count]
    assert (after.at, set(after.states)) == (TICK, set(decisions))


def test_the_hpa_is_asked_for_what_the_budget_leaves() -> None:
    """Five are planned and three can be had: the next decision remembers three as what its HPA was asked for."""
    slow = tuned("slow", hpa={"scaleDown": {"window": "5m"}})
    fleet, seen = watched((slow,), [[60.0]])
    limits = FleetTuning(budgets=(BudgetTuning(name="all", gpus=3),))
    after, decisions = decide_fleet(fleet, seen, (slow,), column=0, at=TICK, limits=limits)
    decision = decisions[slow.workload.id]
    assert (decision.planned, decision.served) == (5, 3)
    assert after.states[slow.workload.id].proposals.highest == ((TICK, 3),)
