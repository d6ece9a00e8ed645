"""Classical statistical models as experts for few, important series: exponential smoothing, state space, day waves.

Each point forecast gets the quantiles of its own signed errors at the earlier steps of its window, for the peak and for
the path, as the naive forecast R does, so that they can be compared. One forecast costs about a hundred times what the
pooled one does; measure with `scaleahead backtest --experts` whether that helps.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.arrays import FloatArray, IntArray
from forecasting.contract import NotEnoughHistory, Question, check_history
from forecasting.naive import conformal_quantiles, naive_forecast
from forecasting.state_models import Expected, fit_ets, fit_harmonic, fit_uc
from forecasting.targets import band_steps, last_known, load_ahead, peak_ahead

STATISTICAL = {"ets": fit_ets, "uc": fit_uc, "harmonic": fit_harmonic}
"""The experts by name."""

LONGEST = {"ets": 1440, "uc": 1440, "harmonic": 5760}
"""Steps of history that each expert looks at: what bounds its cost."""

_FEWEST = 64
_FIRST_ERROR = 16  # until then the states still carry their beginning
_DAY_S = 86_400.0
_DIGITS = 9  # of the mean: a search must not go another way because the unit rounds otherwise


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StatisticalForecast:
    """Quantiles of one series, k quantiles, h horizons, in the unit of its history."""

    peak: FloatArray
    """Quantiles of the highest load in steps 1..horizon, shape (k, h), not crossing."""
    path: FloatArray
    """Quantiles of the load at exactly each horizon, shape (k, h), not crossing."""
    fitted: bool
    """False: the series never changed, or the search did not converge, and the answer is that of R."""


def forecast_statistical(
    history: FloatArray, *, expert: str, step_s: float, horizons: IntArray, quantiles: FloatArray
) -> StatisticalForecast:
    """Forecast one series by a classical model; deterministic.

    Args:
        history: load per step, shape (t,), >= 0, NaN = gap, the newest last; only the last ones (`LONGEST`) count.
        expert: "ets", "uc" or "harmonic".
        step_s: length of a step in seconds, > 0.
        horizons: steps ahead, shape (h,), ascending, >= 1.
        quantiles: probabilities, shape (k,), ascending, in (0, 1).

    Raises:
        NotEnoughHistory: fewer than 64 known steps, or for "harmonic" fewer than two days; says how many there are.
        ValueError: an argument has no meaning; names it, its value and what is allowed.
    """
    if expert not in STATISTICAL:
        raise ValueError(f"expert must be one of {', '.join(STATISTICAL)}, got {expert!r}")
    question = Question(step_s=step_s, horizons=np.asarray(horizons), quantiles=np.asarray(quantiles, dtype=np.float64))
    whole, _ = check_history(np.asarray(history, dtype=np.float64)[None, :], None)
    values = _started(whole[:, -LONGEST[expert] :])
    _require(values, expert, step_s)
    scale = float(np.nanmean(values)) or 1.0
    scaled = np.round(values[0] / scale, _DIGITS)
    expected = _expected(scaled, expert, step_s)
    if expected is None:
        naive = naive_forecast(values, values, question)
        return StatisticalForecast(peak=naive.peak[0], path=naive.path[0], fitted=False)
    peak, path = _calibrated(expected, scaled, question)
    return StatisticalForecast(peak=peak * scale, path=path * scale, fitted=True)


def _started(values: FloatArray) -> FloatArray:
    """Return the history from its first known step on."""
    known = np.flatnonzero(~np.isnan(values[0]))
    return values[:, known[0] :] if known.size else values[:, :0]


def _require(values: FloatArray, expert: str, step_s: float) -> None:
    known = int(np.count_nonzero(~np.isnan(values)))
    fewest = max(_FEWEST, int(2 * _DAY_S / step_s)) if expert == "harmonic" else _FEWEST
    if fewest > LONGEST[expert]:
        shortest = 2 * _DAY_S / LONGEST[expert]
        raise ValueError(f"the expert {expert} needs steps of at least {shortest:g} s, got step_s={step_s:g}")
    if known < fewest:
        raise NotEnoughHistory(f"history has {known} known steps, the expert {expert} needs at least {fewest}")


def _expected(values: FloatArray, expert: str, step_s: float) -> Expected | None:
    filled = last_known(values[None, :])[0]
    if np.ptp(filled) <= 1e-9:  # relative to the mean: nothing to fit
        return None
    try:
        return STATISTICAL[expert](filled, values, step_s)
    except np.linalg.LinAlgError:  # what statsmodels raises where a likelihood cannot be evaluated
        return None


def _calibrated(expected: Expected, values: FloatArray, question: Question) -> tuple[FloatArray, FloatArray]:
    """Return quantiles of the peak and of the path: the point now plus those of its errors so far."""
    origins = np.arange(min(_FIRST_ERROR, values.size // 2), values.size)
    furthest = max(max(band_steps(int(horizon))) for horizon in question.horizons)
    paths = expected.paths(origins, furthest)
    peaks, series = np.maximum.accumulate(paths, axis=1), values[None, :]
    peak_errors: list[FloatArray] = []
    path_errors: list[FloatArray] = []
    for horizon in (int(h) for h in question.horizons):
        errors = peak_ahead(series, horizon)[0, origins] - peaks[:, horizon - 1]
        pooled = [load_ahead(series, step)[0, origins] - paths[:, step - 1] for step in band_steps(horizon)]
        _append(peak_errors, errors, question)
        _append(path_errors, np.concatenate(pooled), question)
    now = question.horizons - 1
    peak = np.maximum(peaks[-1, now] + np.stack(peak_errors, axis=1), 0.0)
    path = np.maximum(paths[-1, now] + np.stack(path_errors, axis=1), 0.0)
    return np.maximum.accumulate(peak, axis=1), path


def _append(columns: list[FloatArray], errors: FloatArray, question: Question) -> None:
    """Append the quantiles of the errors, shape (k,); a horizon nobody has seen complete borrows the one before."""
    found = conformal_quantiles(errors[None, :], question.quantiles)[0]
    if np.isnan(found).any():
        found = columns[-1] if columns else np.zeros(question.quantiles.size)
    columns.append(found)
