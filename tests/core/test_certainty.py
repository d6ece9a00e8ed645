import math

import numpy as np
import pytest

from adapter.core.certainty import certain
from adapter.core.signal import FleetReadings, FloatArray, Grid, Readings, Signal, State
from tests.factories import TICK
from tests.fakes import tuned

FLEET = (tuned("a"), tuned("b", freshness={"stale_after": 10}))


def seen(state: State = State.FRESH, *, age_s: float = 3.0) -> FloatArray:
    """Return what is certain of 5 and 6 requests of two workloads, at two times, in one state."""
    readings = Readings(
        value=np.array([[5.0, 5.0], [6.0, 6.0]]),
        state=np.full((2, 2), state, dtype=np.uint8),
        age_s=np.full((2, 2), age_s),
        coverage=np.ones((2, 2)),
    )
    fleet = FleetReadings(
        ids=tuple(each.workload.id for each in FLEET),
        grid=Grid(start=TICK, step_s=15.0, count=2),
        readings={Signal.QUEUE_DEPTH: readings},
    )
    found = certain(fleet, FLEET, (Signal.QUEUE_DEPTH, Signal.ARRIVAL_RATE))
    assert np.isnan(found[Signal.ARRIVAL_RATE]).all()
    assert found[Signal.ARRIVAL_RATE].shape == (2, 2)
    return found[Signal.QUEUE_DEPTH]


def test_fresh_values_are_certain_and_what_is_not_there_is_a_gap() -> None:
    """A signal that nobody read has the shape of the others and no number."""
    assert seen().tolist() == [[5.0, 5.0], [6.0, 6.0]]


@pytest.mark.parametrize("state", [each for each in State if each is not State.FRESH])
def test_nothing_else_is_certain(state: State) -> None:
    """Half a fleet, an old value and a broken one are gaps."""
    assert np.isnan(seen(state)).all()


def test_each_workload_says_what_is_too_old() -> None:
    """Twenty seconds are fresh for the one and old for the other."""
    found = seen(age_s=20.0)
    assert found[0].tolist() == [5.0, 5.0]
    assert all(math.isnan(each) for each in found[1])
