"""Rolling origins."""

import numpy as np
import pytest

from forecasting.contract import Question
from forecasting.evaluation.rolling import roll, scored_ends, with_days
from forecasting.forecaster import begin
from forecasting.history import History
from forecasting.model_file import shipped_model
from forecasting.record import STRIDE
from forecasting.series_file import SeriesSet
from tests.forecasting.loads import counts


@pytest.mark.parametrize("step_s", [60.0, 600.0])
def test_a_rolled_forecast_is_the_one_the_forecaster_gives(step_s: float) -> None:
    """Made from shared members and lessons, the same numbers as a fresh start: young, old or with gaps."""
    values = counts(n=1, t=1800)
    values[0, 40:60] = np.nan
    series = SeriesSet(names=("a",), values=values, step_s=step_s)
    history = History(values=values, censored=np.zeros(values.shape, bool), step_s=step_s)
    ask = Question(step_s=step_s, horizons=np.array([1, 6]), quantiles=np.array([0.5, 0.9, 0.95, 0.99]))
    ends = np.array([9, 30, 70, 300, 455, 1795])
    rolled = roll(with_days(series) if step_s >= 300 else history, ends, ask, model=shipped_model(), clock=None)
    for i, end in enumerate(ends):
        seen = History(values=values[:, :end], censored=np.zeros((1, end), bool), step_s=step_s)
        expected = begin(seen, ask).forecast()
        np.testing.assert_array_equal(rolled.peak[i], expected.peak[0])
        np.testing.assert_array_equal(rolled.path[i], expected.path[0])


def test_the_cost_of_a_forecast_counts_a_lesson_once_per_stride() -> None:
    """A clock that ticks once per look: one unit for the members, the lessons and the mix, shared by their origins."""
    ticks = iter(range(4))
    ask = Question(step_s=60.0, horizons=np.array([1]), quantiles=np.array([0.5, 0.9, 0.95, 0.99]))
    series = SeriesSet(names=("a",), values=counts(n=1, t=100), step_s=60.0)
    ends = np.array([88, 90, 99])
    rolled = roll(with_days(series), ends, ask, model=shipped_model(), clock=lambda: float(next(ticks)))
    asked = len({11, 22, 33, 44, 55, 66, 77, 88, 90, 99})
    np.testing.assert_allclose(rolled.cpu_ms, 1e3 * (1 / asked + 1 / 2 / STRIDE + 1 / 3))


def test_days_are_read_on_a_grid_of_whole_steps() -> None:
    """A step of 45 s does not divide ten minutes: thirteen of them are 585 s."""
    coarse = with_days(SeriesSet(names=("a",), values=counts(n=1, t=600), step_s=45.0)).coarse
    assert coarse is not None
    assert coarse.step_s == 585.0


def test_origins_are_spread_from_the_first_to_the_end() -> None:
    """About as many as wanted, none before the start, on the lattice where steps are plenty."""
    ends = scored_ends(20160, 60.0, from_s=86_400.0, wanted=220)
    assert ends[0] >= 1440
    assert (ends % STRIDE == 0).all()
    assert 200 <= ends.size <= 250
    assert 200 <= scored_ends(2016, 600.0, from_s=86_400.0, wanted=220).size <= 250
