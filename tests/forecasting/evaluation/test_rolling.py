"""Rolling origins."""

import numpy as np

from forecasting.contract import Question
from forecasting.evaluation.rolling import roll, scored_ends, with_days
from forecasting.forecaster import begin
from forecasting.history import History
from forecasting.model_file import shipped_model
from forecasting.record import STRIDE
from forecasting.series_file import SeriesSet
from tests.forecasting.loads import counts


def test_a_rolled_forecast_is_the_one_the_forecaster_gives() -> None:
    """Made from shared members, the same numbers as a fresh start at that origin."""
    series = SeriesSet(names=("a", "b"), values=counts(n=2, t=600), step_s=600.0)
    ask = Question(step_s=600.0, horizons=np.array([1, 6]), quantiles=np.array([0.5, 0.9, 0.95, 0.99]))
    ends = np.array([300, 455])
    rolled = roll(with_days(series), ends, ask, model=shipped_model(), done=lambda _: None)
    for i, end in enumerate(ends):
        seen = History(values=series.values[:, :end], censored=np.zeros((2, end), bool), step_s=600.0)
        expected = begin(seen, ask, shipped_model()).forecast()
        np.testing.assert_array_equal(rolled.peak[:, i], expected.peak)
        np.testing.assert_array_equal(rolled.path[:, i], expected.path)


def test_origins_are_spread_from_the_first_to_the_end() -> None:
    """About as many as wanted, none before the start, on the lattice where steps are plenty."""
    ends = scored_ends(20160, 60.0, from_s=86_400.0, wanted=220)
    assert ends[0] >= 1440
    assert (ends % STRIDE == 0).all()
    assert 200 <= ends.size <= 250
    assert 200 <= scored_ends(2016, 600.0, from_s=86_400.0, wanted=220).size <= 250
