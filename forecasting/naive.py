"""R: the last value plus its own past errors, the forecast every other one has to beat.

Split conformal prediction with signed errors: what the coming load was above or below the last value at earlier
origins is what it will be above or below the last value now. Knows nothing of trends, days or other series.

Source: Papadopoulos et al. 2002, "Inductive confidence machines for regression"; finite-sample rank as in
Vovk, Gammerman, Shafer 2005, "Algorithmic learning in a random world".
"""

from dataclasses import dataclass

import numpy as np

from forecasting.arrays import FloatArray, IntArray
from forecasting.contract import Question
from forecasting.targets import band_steps, last_known, load_ahead, peak_ahead


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NaiveForecast:
    """Quantiles of R, both of shape (n, k, h)."""

    path: FloatArray
    peak: FloatArray


def naive_forecast(level: FloatArray, known: FloatArray, question: Question) -> NaiveForecast:
    """Return the quantiles of R at the end of the history; NaN where nothing was ever known.

    A horizon that nobody has seen complete yet borrows the errors of the next shorter one that is asked for, else those
    of half the history, else it has none.

    Args:
        level: load per step from which errors are measured, shape (n, t); its last known value is the point forecast.
        known: load that errors are measured with, shape (n, t), NaN = gap or saturated, never scored and never the
            base of an error.
        question: horizons and quantiles.

    Example:
        The load rises by 1 each step, so the errors of the peak two steps ahead are all +2.

        >>> ramp = np.arange(10.0)[None, :]
        >>> ask = Question(step_s=60.0, horizons=np.array([2]), quantiles=np.array([0.5]))
        >>> float(naive_forecast(ramp, ramp, ask).peak[0, 0, 0])
        11.0
    """
    if level.shape[1] == 0:
        level = known = np.full((level.shape[0], 1), np.nan)
    last = last_known(level)
    now = last[:, -1, None, None]
    base = _demanded(last, level, known)
    horizons = [max(1, level.shape[1] // 2), *question.horizons.tolist()]
    path = [_path_errors(base, known, horizon) for horizon in horizons]
    peak = [peak_ahead(known, horizon) - base for horizon in horizons]
    return NaiveForecast(
        path=_positive(now + _error_quantiles(path, question.quantiles)),
        peak=np.maximum.accumulate(_positive(now + _error_quantiles(peak, question.quantiles)), axis=2),
    )


def conformal_quantiles(errors: FloatArray, quantiles: FloatArray) -> FloatArray:
    """Return the split-conformal quantiles of signed errors (truth minus forecast), shape (n, k).

    With m errors, quantile q is the ceil((m + 1) q)-th smallest, the largest where that rank exceeds m.
    The rank is exact for a new error exchangeable with the old ones: it covers with probability >= q.

    Args:
        errors: truth - forecast at earlier origins, shape (n, m); NaN = not scored.
        quantiles: probabilities, shape (k,).

    Example:
        Of nine errors the ninth smallest is the 0.9 quantile: ceil(10 x 0.9) = 9.

        >>> conformal_quantiles(np.arange(1.0, 10.0)[None, :], np.array([0.5, 0.9, 0.99])).tolist()
        [[5.0, 9.0, 9.0]]
    """
    count = np.sum(~np.isnan(errors), axis=1)
    ordered = np.sort(errors, axis=1)  # NaN goes last
    # 1e-9: (9 + 1) * 0.9 is 9.000000000000002 in other roundings and must stay rank 9
    ranks = np.ceil((count[:, None] + 1) * quantiles[None, :] - 1e-9).astype(np.int64)
    picked: FloatArray = np.take_along_axis(ordered, np.clip(ranks, 1, np.maximum(count, 1)[:, None]) - 1, axis=1)
    return picked


def _demanded(last: FloatArray, level: FloatArray, known: FloatArray) -> FloatArray:
    """Return the last values that were demand; what came after a saturated step tells nothing of rises to come."""
    saturated = last_known(np.where(np.isnan(level), np.nan, np.isnan(known)))
    return np.where(saturated == 1.0, np.nan, last)


def _path_errors(base: FloatArray, known: FloatArray, horizon: int) -> FloatArray:
    return np.concatenate([load_ahead(known, step) - base for step in band_steps(horizon)], axis=1)


def _error_quantiles(errors: list[FloatArray], quantiles: FloatArray) -> FloatArray:
    """Return (n, k, h) of all but the first errors, which are borrowed where there are no others yet."""
    column = np.nan_to_num(conformal_quantiles(errors[0], quantiles))
    columns: list[FloatArray] = []
    for horizon_errors in errors[1:]:
        found = conformal_quantiles(horizon_errors, quantiles)
        column = np.where(np.isnan(found), column, found)
        columns.append(column)
    return np.stack(columns, axis=2)


def _positive(values: FloatArray) -> FloatArray:
    return np.maximum(values, 0.0)


def arrival_probability(values: FloatArray, horizons: IntArray) -> FloatArray:
    """Return the probability of any load within each horizon, shape (n, h), from how often it was so before.

    Only origins in the same state as now (load or none in the last known step) are counted; half a hit of each kind
    is added, so that nothing is certain (Jeffreys' prior).

    Args:
        values: load per step, shape (n, t), NaN = gap.
        horizons: steps ahead, shape (h,).
    """
    base = last_known(values)
    same_state = (base > 0) == (base[:, -1:] > 0)
    columns = []
    for horizon in horizons:
        peaks = np.where(same_state, peak_ahead(values, int(horizon)), np.nan)
        hits, seen = np.sum(peaks > 0, axis=1), np.sum(~np.isnan(peaks), axis=1)
        columns.append((hits + 0.5) / (seen + 1.0))
    return np.maximum.accumulate(np.stack(columns, axis=1), axis=1)
