"""The reference forecast R."""

import numpy as np

from forecasting import forecast_naive
from forecasting.contract import Question
from forecasting.naive import arrival_probability, conformal_quantiles, naive_forecast


def test_ranks_follow_the_finite_sample_rule() -> None:
    """Among m errors, quantile q is the ceil((m + 1) q)-th smallest, as a plain sort says."""
    errors = np.random.default_rng(3).normal(size=(1, 50))
    for q in (0.1, 0.5, 0.9, 0.95):
        expected = np.sort(errors[0])[int(np.ceil(51 * q)) - 1]
        assert conformal_quantiles(errors, np.array([q]))[0, 0] == expected


def test_unscored_errors_do_not_count() -> None:
    """NaN errors are left out of the rank."""
    errors = np.array([[np.nan, 1.0, np.nan, 2.0, 3.0]])
    assert conformal_quantiles(errors, np.array([0.5])).tolist() == [[2.0]]


def test_coverage_of_a_random_walk_is_what_was_asked() -> None:
    """On exchangeable steps the 0.9 quantile covers nine of ten."""
    rng = np.random.default_rng(0)
    walks = 1000 + np.cumsum(rng.normal(size=(400, 121)), axis=1)
    ask = Question(step_s=60.0, horizons=np.array([1]), quantiles=np.array([0.9]))
    view = naive_forecast(walks[:, :-1], walks[:, :-1], ask)
    assert 0.86 <= np.mean(walks[:, -1] <= view.path[:, 0, 0]) <= 0.94


def test_arrival_is_counted_among_origins_in_the_same_state() -> None:
    """Bursts of two steps every ten: from quiet, one step ahead is rarely busy, ten ahead nearly always."""
    pattern = np.tile([0.0] * 8 + [1.0] * 2, 20)[None, :-2]
    one, ten = arrival_probability(pattern, np.array([1, 10]))[0]
    assert one < 0.2
    assert ten > 0.95


def test_a_rise_out_of_saturation_is_no_error_of_demand() -> None:
    """Load of 10, capped at 4 now and then: the jumps back to 10 are known to follow the cap, and expect nothing."""
    level = np.full((1, 60), 10.0)
    level[0, 20:24] = level[0, 40:44] = 4.0
    known = np.where(level == 4.0, np.nan, level)
    level[0, 44] = known[0, 44] = np.nan  # a gap just after the cap carries it on
    ask = Question(step_s=60.0, horizons=np.array([1, 2]), quantiles=np.array([0.5, 0.99]))
    view = naive_forecast(level, known, ask)
    assert (view.peak == 10.0).all()
    assert (view.path == 10.0).all()


def test_a_horizon_longer_than_the_history_borrows_the_errors_of_half_of_it() -> None:
    """Eight steps that rise by one: four steps ahead it was always four more, and so it is said of a hundred."""
    view = forecast_naive(
        np.arange(8.0)[None, :], step_s=60.0, horizons=np.array([100]), quantiles=np.array([0.5, 0.95])
    )
    assert view.trusted.all()
    assert view.peak.ravel().tolist() == [11.0, 11.0]
    assert np.isfinite(view.path).all()


def test_without_any_complete_target_the_last_value_stands_alone() -> None:
    """A gap after every step: no error can be measured, and none is made up."""
    values = np.full((1, 40), 3.0)
    values[0, 1::2] = np.nan
    view = forecast_naive(values, step_s=60.0, horizons=np.array([5]), quantiles=np.array([0.95]))
    assert view.trusted.all()
    assert view.peak.ravel().tolist() == [3.0]


def test_nothing_is_forecast_of_nothing() -> None:
    """Series without a single step have no vote and no number."""
    view = forecast_naive(np.empty((2, 0)), step_s=60.0, horizons=np.array([1, 5]), quantiles=np.array([0.5]))
    assert np.isnan(view.peak).all()
    assert not view.trusted.any()
