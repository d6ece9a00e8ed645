"""R at many origins of long series, without sorting everything anew at each.

Same numbers as `forecasting.naive.naive_forecast`, which is the definition; this is only the faster way to get them.
"""

import numpy as np

from forecasting.arrays import FloatArray, IntArray
from forecasting.contract import Question
from forecasting.naive import NaiveForecast
from forecasting.targets import band_steps, last_known, load_ahead, peak_ahead


def naive_at(values: FloatArray, ends: IntArray, question: Question) -> NaiveForecast:
    """Return R after each of `ends` steps, errors taken from all complete targets until then.

    Args:
        values: load of one series, shape (t,), NaN = gap.
        ends: how many steps had passed, shape (m,), >= 1.
        question: horizons and quantiles.

    Returns:
        Quantiles of shape (m, k, h); NaN before the first complete target.
    """
    series = values[None, :]
    base = last_known(series)
    path, peak = [], []
    for horizon in (int(h) for h in question.horizons):
        peak.append(_expanding([(peak_ahead(series, horizon) - base, horizon)], ends, question.quantiles))
        errors = [(load_ahead(series, step) - base, step) for step in band_steps(horizon)]
        path.append(_expanding(errors, ends, question.quantiles))
    now = base[0, ends - 1, None, None]
    return NaiveForecast(
        path=np.maximum(now + _carried(path), 0.0),
        peak=np.maximum.accumulate(np.maximum(now + _carried(peak), 0.0), axis=2),
    )


def _expanding(errors: list[tuple[FloatArray, int]], ends: IntArray, quantiles: FloatArray) -> FloatArray:
    rows = np.full((ends.size, quantiles.size), np.nan)
    for i, end in enumerate(ends):
        seen = np.concatenate([error[0, : max(end - step, 0)] for error, step in errors])
        seen = seen[~np.isnan(seen)]
        if seen.size:
            ranks = np.ceil((seen.size + 1) * quantiles - 1e-9).astype(np.int64)
            places = np.clip(ranks, 1, seen.size) - 1
            rows[i] = np.partition(seen, np.unique(places))[places]
    return rows


def _carried(columns: list[FloatArray]) -> FloatArray:
    """Return (m, k, h); a horizon without a complete target borrows the errors of the one before it."""
    for i in range(1, len(columns)):
        columns[i] = np.where(np.isnan(columns[i]), columns[i - 1], columns[i])
    return np.stack(columns, axis=2)
