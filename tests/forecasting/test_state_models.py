"""Fitted models against what statsmodels itself forecasts, and on series whose future is known."""

import numpy as np
import pytest

from forecasting.state_models import fit_ets, fit_harmonic, fit_uc
from forecasting.targets import last_known

pytestmark = pytest.mark.timeout(60)  # importing statsmodels takes many seconds on a busy machine


def ramp() -> np.ndarray:
    """A load that grows by one each step, with a little noise."""
    return 50.0 + np.arange(150.0) + np.random.default_rng(0).normal(0, 0.5, 150)


def test_ets_expects_what_statsmodels_forecasts_from_the_end() -> None:
    """Level, slope and damping were read off correctly."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    values = ramp()
    expected = fit_ets(values, values, 60.0)
    assert expected is not None
    theirs = ETSModel(values, error="add", trend="add", damped_trend=True).fit(disp=False, maxiter=100).forecast(9)
    np.testing.assert_allclose(expected.paths(np.array([149]), 9)[0], theirs, rtol=1e-6)


def test_uc_expects_what_statsmodels_forecasts_from_the_end_over_gaps() -> None:
    """The model with the lower AIC, filtered, gaps left out."""
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    values = ramp()
    values[60:70] = np.nan
    expected = fit_uc(last_known(values[None, :])[0], values, 60.0)
    assert expected is not None
    fits = [
        UnobservedComponents(values, level=kind).fit(disp=False, maxiter=100, method="powell")
        for kind in ("llevel", "lltrend")
    ]
    theirs = min(fits, key=lambda fit: fit.aic).forecast(9)
    np.testing.assert_allclose(expected.paths(np.array([149]), 9)[0], theirs, rtol=1e-6)


def test_harmonic_finds_the_wave_of_the_day() -> None:
    """Three days of a pure wave: the fourth is foreseen from every earlier step."""
    at = np.arange(3 * 144)
    values = 20.0 + 10.0 * np.sin(2 * np.pi * at / 144) + 2.0 * np.cos(4 * np.pi * at / 144)
    values += np.random.default_rng(0).normal(0, 0.1, values.size)
    expected = fit_harmonic(values, values, 600.0)
    assert expected is not None
    ahead = np.arange(432, 432 + 72)
    truth = 20.0 + 10.0 * np.sin(2 * np.pi * ahead / 144) + 2.0 * np.cos(4 * np.pi * ahead / 144)
    np.testing.assert_allclose(expected.paths(np.array([431]), 72)[0], truth, atol=0.3)


@pytest.mark.parametrize("fit", [fit_ets, fit_uc, fit_harmonic])
def test_no_path_goes_below_zero(fit) -> None:  # noqa: ANN001 - one of three functions
    """Load that falls does not fall through the floor."""
    values = np.maximum(150.0 - ramp(), 0.0) + np.random.default_rng(1).uniform(0, 0.5, 150)
    expected = fit(values, values, 1200.0)
    assert expected is not None
    assert (expected.paths(np.arange(20, 150), 30) >= 0).all()
