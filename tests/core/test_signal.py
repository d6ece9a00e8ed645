import numpy as np
import pytest

from adapter.core.signal import ABSENT, UNITS, Grid, Observed, Reading, Readings, Signal, State, unknown_like


def test_every_signal_has_a_unit() -> None:
    """No number goes without one."""
    assert set(UNITS) == set(Signal)


@pytest.mark.parametrize("state", list(State))
def test_only_the_first_three_states_carry_a_value(state: State) -> None:
    """Fresh, partial and stale are known; the rest is not."""
    assert Reading(state=state, value=1.0).known is (state in (State.FRESH, State.PARTIAL, State.STALE))


def test_only_a_fresh_zero_is_a_zero() -> None:
    """A stale or partial 0, and no value at all, argue for nothing."""
    zeros = [Reading(state=state, value=0.0).is_fresh_zero for state in State]
    assert zeros == [True, False, False, False, False, False]
    assert not Reading(state=State.FRESH, value=0.1).is_fresh_zero


def test_missing_readings_have_no_numbers() -> None:
    """Everything is NaN: nothing could be taken for a zero."""
    missing = Readings.missing(2, 3, State.UNAVAILABLE)
    assert missing.value.shape == (2, 3)
    assert np.isnan(missing.value).all()
    assert missing.cell(1, 2).state is State.UNAVAILABLE


def test_cells_are_those_of_one_time() -> None:
    """A column, the last column, and a single cell agree."""
    values = np.arange(6.0).reshape(2, 3)
    readings = Readings(value=values, state=np.zeros((2, 3), np.uint8), age_s=values, coverage=values)
    assert [each.value for each in readings.cells(-1)] == [2.0, 5.0]
    assert readings.at(-1).value.tolist() == [[2.0], [5.0]]
    assert readings.at(1).cell(1, 0) == readings.cell(1, 1)


def test_grid_ends_where_its_times_end() -> None:
    """Count includes both ends."""
    grid = Grid(start=30.0, step_s=15.0, count=3)
    assert grid.times().tolist() == [30.0, 45.0, 60.0]
    assert grid.end == 60.0


def test_a_signal_nobody_provides_is_absent() -> None:
    """Not zero, and no error either."""
    assert Observed(at=0.0)[Signal.TTFT] == ABSENT


def test_what_is_left_out_has_the_shape_of_what_is_there() -> None:
    """One column for all workloads and one row for all times make a whole grid; nothing at all makes one cell."""
    shown = {Signal.QUEUE_DEPTH: np.zeros((3, 1)), Signal.ARRIVAL_RATE: np.zeros((1, 4))}
    assert unknown_like(shown).shape == (3, 4)
    assert np.isnan(unknown_like({})).tolist() == [[True]]
