"""Checks of what is handed in."""

import numpy as np
import pytest

from forecasting import FloatArray, forecast
from forecasting.contract import CoarseHistory, Question, check_coarse, check_history


def test_the_checked_history_is_a_copy() -> None:
    """Work on the checked array cannot reach the caller's."""
    mine = np.ones((1, 4))
    values, marks = check_history(mine, None)
    values[0, 0] = 5
    assert mine[0, 0] == 1
    assert not marks.any()


def test_fractional_steps_are_refused() -> None:
    """A horizon is a whole number of steps."""
    with pytest.raises(ValueError, match="whole steps"):
        Question(step_s=60.0, horizons=np.array([1.5]), quantiles=np.array([0.5]))


@pytest.mark.parametrize("horizons", [[5, 2], [3, 3], [0, 1]])
def test_the_order_of_unsigned_horizons_is_checked_too(horizons: list[int]) -> None:
    """Differences of unsigned numbers are never below zero."""
    with pytest.raises(ValueError, match="horizons must be"):
        Question(step_s=60.0, horizons=np.array(horizons, dtype=np.uint32), quantiles=np.array([0.5]))


def test_coarse_history_ends_with_the_fine_one_unless_told() -> None:
    """Whoever leaves its age out gets the forecast of age 0, and not that of a grid that ended an hour ago."""
    values = np.random.default_rng(0).poisson(20, (1, 300)).astype(float)

    def median(**age: float) -> bytes:
        coarse = CoarseHistory(values=values, step_s=600.0, **age)
        asked = {"step_s": 60.0, "horizons": np.array([60]), "quantiles": np.array([0.5])}
        return forecast(values[:, :60], coarse=coarse, **asked).peak.tobytes()

    assert median() == median(age_s=0.0)
    assert median() != median(age_s=3600.0)


def test_what_a_coarse_history_holds_beyond_the_fine_one_is_not_looked_at() -> None:
    """Six coarse steps that end after the last fine step change nothing."""
    values = np.random.default_rng(0).poisson(20, (1, 300)).astype(float)
    asked = {"step_s": 60.0, "horizons": np.array([60]), "quantiles": np.array([0.5, 0.95])}
    past = forecast(values[:, :60], coarse=CoarseHistory(values=values[:, :294], step_s=600.0), **asked)
    more = forecast(values[:, :60], coarse=CoarseHistory(values=values, step_s=600.0, age_s=-3600.0), **asked)
    assert more.peak.tobytes() == past.peak.tobytes()


@pytest.mark.parametrize("value", [-1.0, np.inf, 1e30, 3e38])
def test_impossible_load_is_refused_with_its_number(value: float) -> None:
    """Negative, infinite, or so large that sums would leave the range of 32-bit floats."""
    with pytest.raises(ValueError, match=r"history must be >= 0 and below 1e\+30.*it has"):
        check_history(np.array([[1.0, value, np.nan]]), None)


@pytest.mark.parametrize("step_s", [0.0, -60.0, float("nan"), float("inf")])
def test_a_step_without_a_length_is_refused(step_s: float) -> None:
    """A step lasts some seconds, on the fine grid and on the coarse one."""
    with pytest.raises(ValueError, match="step_s must be > 0"):
        Question(step_s=step_s, horizons=np.array([1]), quantiles=np.array([0.5]))
    with pytest.raises(ValueError, match=r"coarse\.step_s must be > 0"):
        check_coarse(CoarseHistory(values=np.ones((1, 4)), step_s=step_s), 1)


def test_a_quantile_that_is_no_number_is_refused() -> None:
    """NaN is in no order with the others."""
    with pytest.raises(ValueError, match="quantiles must be one ascending list"):
        Question(step_s=60.0, horizons=np.array([1]), quantiles=np.array([0.5, np.nan]))


@pytest.mark.parametrize("values", [np.ones((2, 4)), np.ones(4), -np.ones((3, 4)), np.full((3, 4), np.inf)])
def test_a_coarse_history_of_other_series_or_impossible_load_is_refused(values: FloatArray) -> None:
    """It has a row for each series of the fine one, and the same kind of numbers."""
    with pytest.raises(ValueError, match=r"coarse\.values must"):
        forecast(
            np.ones((3, 20)),
            step_s=60.0,
            horizons=np.array([1]),
            quantiles=np.array([0.5]),
            coarse=CoarseHistory(values=values, step_s=600.0),
        )


def test_a_coarse_history_may_have_gaps() -> None:
    """NaN is a gap there too, and no coarse history at all is fine."""
    check_coarse(CoarseHistory(values=np.full((2, 4), np.nan), step_s=600.0), 2)
    check_coarse(None, 2)
