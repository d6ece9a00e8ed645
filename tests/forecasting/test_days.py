"""What earlier days say."""

import numpy as np

from forecasting import forecast
from forecasting.contract import CoarseHistory
from forecasting.days import day_view
from forecasting.window import prepare
from tests.forecasting.loads import counts, history


def test_without_a_coarse_history_there_are_no_days() -> None:
    """Nothing is made up."""
    window = prepare(history(counts()).windows(np.array([0]), np.array([1200])))
    assert day_view(window, 10) is None


def test_yesterday_is_the_same_stretch_one_day_back() -> None:
    """A spike exactly 24 h before the coming hour is what yesterday says; two days of it are unknown."""
    coarse = np.full((1, 200), 1.0)
    coarse[0, 200 - 144 + 2] = 50.0
    past = CoarseHistory(values=coarse, step_s=600.0)
    window = prepare(history(np.ones((1, 960)), coarse=past).windows(np.array([0]), np.array([960])))
    view = day_view(window, 60)
    assert view is not None
    np.testing.assert_allclose(view.peak * window.scale, [50.0], rtol=1e-5)
    np.testing.assert_allclose(view.peak_3 * window.scale, [50.0], rtol=1e-5)


def test_growth_compares_the_last_hour_with_yesterdays() -> None:
    """Twice the load of yesterday gives about two."""
    past = CoarseHistory(values=np.full((1, 300), 10.0), step_s=600.0)
    window = prepare(history(np.full((1, 960), 20.0), coarse=past).windows(np.array([0]), np.array([960])))
    view = day_view(window, 10)
    assert view is not None
    assert 1.8 < view.growth[0] < 2.0


def test_steps_of_most_of_a_day_know_no_time_of_day() -> None:
    """A step of three days is no part of a day, and the forecast does without."""
    window = prepare(history(counts(), step_s=3 * 86_400.0).windows(np.arange(3), np.full(3, 1200)))
    assert day_view(window, 2) is None
    view = forecast(counts(), step_s=3 * 86_400.0, horizons=np.array([1, 2]), quantiles=np.array([0.5]))
    assert np.isfinite(view.peak).all()
