"""Three textbook models of one series, fitted by statsmodels: what each expects at every earlier step.

`ets` is exponential smoothing with a damped trend, `uc` a local level or a local linear trend (the better by AIC), and
`harmonic` a regression on waves of the day with autocorrelated errors. Each is reduced to what a forecast needs: the
expected path from any step of the window, seeing nothing after it (the few parameters are estimated on all of it).
statsmodels is imported when it is first needed: it takes seconds, and most users of the package never do.

Sources: Hyndman et al. 2008, "Forecasting with exponential smoothing"; Harvey 1989, "Forecasting, structural time
series models and the Kalman filter"; Hyndman, Athanasopoulos 2021, "Forecasting: principles and practice", ch. 10.5.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from forecasting.arrays import FloatArray, IntArray

_DAY_S = 86_400.0
_HARMONICS = 3
_MOST_ITERATIONS = 100


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Expected:
    """What a fitted model expects: level + slope x damped time + a wave, the rest decaying."""

    level: FloatArray
    """Level after each step, shape (t,)."""
    slope: FloatArray
    """Change per step after each step, shape (t,)."""
    damping: float
    """What is left of the slope one step later, in (0, 1]."""
    excess: FloatArray
    """Distance from level and wave after each step, shape (t,)."""
    persistence: float
    """What is left of the excess one step later, in (-1, 1)."""
    wave: Callable[[IntArray], FloatArray]
    """Expected deviation from the level at any step, counted from the first of the window."""

    def paths(self, origins: IntArray, steps: int) -> FloatArray:
        """Return the expected load 1..`steps` after each of the origins, shape (m, steps), >= 0."""
        ahead = np.arange(1, steps + 1)
        run = np.cumsum(self.damping ** ahead.astype(np.float64))
        straight = self.level[origins, None] + self.slope[origins, None] * run[None, :]
        left = self.excess[origins, None] * self.persistence ** ahead[None, :].astype(np.float64)
        expected: FloatArray = np.maximum(straight + left + self.wave(origins[:, None] + ahead[None, :]), 0.0)
        return expected


def fit_ets(filled: FloatArray, _values: FloatArray, _step_s: float) -> Expected | None:
    """Return exponential smoothing with a damped trend, None where the search did not converge."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    with _quiet():
        fitted = ETSModel(filled, error="add", trend="add", damped_trend=True).fit(disp=False, maxiter=_MOST_ITERATIONS)
    if not fitted.mle_retvals["converged"]:
        return None
    return _straight(np.asarray(fitted.level), np.asarray(fitted.slope), damping=float(fitted.damping_trend))


def fit_uc(_filled: FloatArray, values: FloatArray, _step_s: float) -> Expected | None:
    """Return a local level or local linear trend, gaps left to the Kalman filter, None where neither converged."""
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    with _quiet():
        fits = [
            UnobservedComponents(values, level=kind).fit(disp=False, maxiter=_MOST_ITERATIONS, method="powell")
            for kind in ("llevel", "lltrend")
        ]
    converged = [fit for fit in fits if fit.mle_retvals["converged"] and np.isfinite(fit.aic)]
    if not converged:
        return None
    states = np.asarray(min(converged, key=lambda fit: float(fit.aic)).filtered_state)
    slope = states[1] if states.shape[0] > 1 else np.zeros_like(states[0])
    return _straight(states[0], slope, damping=1.0)


def fit_harmonic(filled: FloatArray, _values: FloatArray, step_s: float) -> Expected | None:
    """Return waves of the day with autocorrelated errors, None where the regression did not settle."""
    from statsmodels.regression.linear_model import GLSAR

    period = _DAY_S / step_s

    def waves(at: IntArray) -> FloatArray:
        angle = 2 * np.pi * at[..., None] * np.arange(1, _HARMONICS + 1) / period
        return np.concatenate([np.sin(angle), np.cos(angle)], axis=-1)

    steps = np.arange(filled.size)
    design = np.column_stack([np.ones(filled.size), waves(steps)])
    model = GLSAR(filled, design, rho=1)
    with _quiet():
        coefficients = np.asarray(model.iterative_fit(maxiter=20).params)
    persistence = float(np.asarray(model.rho).ravel()[0])
    if not np.isfinite(coefficients).all() or not abs(persistence) < 1:
        return None
    level = np.full(filled.size, coefficients[0])
    return Expected(
        level=level,
        slope=np.zeros(filled.size),
        damping=1.0,
        excess=filled - design @ coefficients,
        persistence=persistence,
        wave=lambda at: waves(at) @ coefficients[1:],
    )


def _straight(level: FloatArray, slope: FloatArray, *, damping: float) -> Expected:
    nothing = np.zeros(level.size)
    return Expected(
        level=level,
        slope=slope,
        damping=damping,
        excess=nothing,
        persistence=0.0,
        wave=lambda at: np.zeros(at.shape),
    )


class _quiet(warnings.catch_warnings):  # noqa: N801 - used like the function it extends
    """Silences what statsmodels says about a search that failed: its result says so too, and that is looked at."""

    def __enter__(self) -> None:
        super().__enter__()
        warnings.simplefilter("ignore")
