"""Classical models as experts."""

import numpy as np
import pytest

from forecasting import STATISTICAL, NotEnoughHistory, forecast_statistical
from forecasting.statistical import LONGEST

pytestmark = pytest.mark.timeout(60)  # importing statsmodels takes many seconds on a busy machine

HORIZONS, LEVELS = np.array([1, 6]), np.array([0.5, 0.9, 0.95])


def load(steps: int = 300) -> np.ndarray:
    """Counts around a wave of the day, in steps of ten minutes."""
    wave = 30 + 15 * np.sin(2 * np.pi * np.arange(steps) / 144)
    return np.random.default_rng(3).poisson(wave).astype(float)


@pytest.mark.parametrize("expert", STATISTICAL)
def test_the_coming_peak_is_covered_as_often_as_promised(expert: str) -> None:
    """Sixteen origins of counts around one level, whose errors are exchangeable: about nine times in ten."""
    values, covered = np.random.default_rng(3).poisson(30, 700).astype(float), []
    for end in range(300, 692, 26):
        view = forecast_statistical(values[:end], expert=expert, step_s=600.0, horizons=HORIZONS, quantiles=LEVELS)
        assert view.fitted
        covered.append(values[end : end + 6].max() <= view.peak[1, 1])
        assert view.peak[2, 1] < 100
    assert 0.7 <= np.mean(covered) <= 1.0


@pytest.mark.parametrize("expert", STATISTICAL)
def test_a_series_that_never_changed_is_answered_without_a_fit(expert: str) -> None:
    """There is nothing to estimate, and nothing to be wrong about."""
    view = forecast_statistical(np.full(300, 4.0), expert=expert, step_s=600.0, horizons=HORIZONS, quantiles=LEVELS)
    assert not view.fitted
    np.testing.assert_array_equal(view.peak, 4.0)


@pytest.mark.parametrize("expert", STATISTICAL)
def test_only_a_bounded_window_matters(expert: str) -> None:
    """What is older than the window changes nothing."""
    values = load(LONGEST[expert])
    before = np.concatenate([np.full(40, 9000.0), values])
    views = [
        forecast_statistical(row, expert=expert, step_s=600.0, horizons=HORIZONS, quantiles=LEVELS)
        for row in (values, before)
    ]
    np.testing.assert_array_equal(views[0].peak, views[1].peak)


def test_what_has_no_meaning_is_refused_by_name() -> None:
    """Unknown experts, steps too short for two days, too little history."""
    ask = {"horizons": HORIZONS, "quantiles": LEVELS}
    with pytest.raises(ValueError, match="one of ets, uc, harmonic, got 'prophet'"):
        forecast_statistical(load(), expert="prophet", step_s=600.0, **ask)
    with pytest.raises(ValueError, match="steps of at least 30 s, got step_s=10"):
        forecast_statistical(load(), expert="harmonic", step_s=10.0, **ask)
    with pytest.raises(NotEnoughHistory, match="200 known steps, the expert harmonic needs at least 288"):
        forecast_statistical(load(200), expert="harmonic", step_s=600.0, **ask)
    with pytest.raises(NotEnoughHistory, match="63 known steps"):
        forecast_statistical(load(63), expert="ets", step_s=600.0, **ask)
