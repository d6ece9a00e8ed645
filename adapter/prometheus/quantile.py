"""Quantiles of latency, and shares within a limit, from the summed buckets of a workload's pods; pure.

Quantiles of pods cannot be averaged. So the query returns buckets, they are summed here, and the quantile is what
`histogram_quantile` of Prometheus gives (promql/quantile.go, `bucketQuantile`): linear inside a bucket, the upper bound
of the last finite bucket for anything above it.
"""

from collections.abc import Callable

import numpy as np

from adapter.core.signal import FloatArray
from adapter.prometheus.decode import BoolArray, Table
from adapter.prometheus.fold import Folded, IndexArray, Owned, ordered_sum, unusable

Reckoning = Callable[[BoolArray, FloatArray, FloatArray], FloatArray]
"""From the rows that are meant, bounds and cumulative counts to one value a row and time."""


def fold_quantile(table: Table, owned: Owned, *, rows: int, quantile: float) -> Folded:
    """Return a quantile over the buckets of all series of a workload.

    Cells without observations have no value. Cells to which pods with different bucket bounds contribute are bad:
    their buckets cannot be summed.
    """
    return _fold(table, owned, rows, of=lambda _, bounds, counts: bucket_quantile(quantile, bounds, counts))


def fold_share(table: Table, owned: Owned, *, limits: FloatArray) -> Folded:
    """Return the share of a workload's observations at or below its limit, over the buckets of all its series.

    Args:
        table: cumulative buckets.
        owned: whose they are.
        limits: in the unit of the bounds, shape (n,), one a workload.
    """
    return _fold(table, owned, limits.size, of=lambda here, bounds, counts: bucket_share(limits[here], bounds, counts))


def _fold(table: Table, owned: Owned, rows: int, *, of: Reckoning) -> Folded:
    bounds, which = np.unique(table.bounds, return_inverse=True)
    keys = owned.rows * len(bounds) + which[owned.series]
    shape = (rows, len(bounds), table.values.shape[1])
    usable = np.where(table.present & np.isfinite(table.values), table.values, 0.0)
    counts = ordered_sum(keys, usable[owned.series], rows * len(bounds)).reshape(shape)
    pods = ordered_sum(keys, table.present[owned.series].astype(np.float64), rows * len(bounds)).reshape(shape)
    flags = unusable(table, negatives=False)[owned.series].astype(np.float64)
    bad = (ordered_sum(owned.rows, flags, rows) > 0) | _mixed(pods)
    return Folded(value=_by_layout(bounds, counts, pods > 0, of=of), bad=bad)


def _mixed(pods: FloatArray) -> BoolArray:
    """Return where the buckets of a cell come from different numbers of series, shape (n, t)."""
    if pods.shape[1] == 0:
        return np.zeros((pods.shape[0], pods.shape[2]), dtype=np.bool_)
    most = pods.max(axis=1)
    fewest = np.where(pods > 0, pods, np.inf).min(axis=1)
    mixed: BoolArray = (most > 0) & (fewest < most)
    return mixed


def _by_layout(bounds: FloatArray, counts: FloatArray, used: BoolArray, *, of: Reckoning) -> FloatArray:
    """Return what is reckoned from buckets, workloads with equal buckets together: a bucket needs its own lower end."""
    value = np.full((counts.shape[0], counts.shape[2]), np.nan)
    if len(bounds) == 0:
        return value
    layouts, which = np.unique(used.any(axis=2), axis=0, return_inverse=True)
    for index, layout in enumerate(layouts):
        here = which.reshape(-1) == index
        value[here] = of(here, bounds[layout], counts[here][:, layout])
    return value


def bucket_quantile(quantile: float, bounds: FloatArray, counts: FloatArray) -> FloatArray:
    """Return what Prometheus' `histogram_quantile` returns.

    Args:
        quantile: in (0, 1).
        bounds: upper bounds of the buckets, ascending, the last one +Inf, shape (b,).
        counts: cumulative counts or rates, shape (n, b, t).

    Returns:
        Quantiles, shape (n, t); NaN where there is no observation, or no +Inf bucket, or only that.

    Example:
        The 95th of 100 observations, 90 of them below 1 s and all below 2 s, is half-way between the two.

        >>> bucket_quantile(0.95, np.array([1.0, 2.0, np.inf]), np.array([[[90.0], [100.0], [100.0]]])).tolist()
        [[1.5]]
    """
    if len(bounds) < 2 or not np.isposinf(bounds[-1]):
        return np.full((counts.shape[0], counts.shape[2]), np.nan)
    counts = np.maximum.accumulate(counts, axis=1)
    total = counts[:, -1]
    rank = quantile * total
    bucket = np.minimum((counts[:, :-1] < rank[:, None]).sum(axis=1), len(bounds) - 1)
    inside = np.minimum(bucket, len(bounds) - 2)
    upper = bounds[inside]
    first = inside == 0
    lower = np.where(first, 0.0, bounds[np.maximum(inside - 1, 0)])
    below = np.where(first, 0.0, _take(counts, np.maximum(inside - 1, 0)))
    width = np.where(total > 0, _take(counts, inside) - below, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = lower + (upper - lower) * ((rank - below) / width)
    value = np.where((bucket == len(bounds) - 1) | (first & (upper <= 0)), upper, value)
    return np.where(total > 0, value, np.nan)


def bucket_share(limits: FloatArray, bounds: FloatArray, counts: FloatArray) -> FloatArray:
    """Return the share of observations at or below a limit, straight inside the bucket that the limit cuts.

    Args:
        limits: shape (n,).
        bounds: upper bounds of the buckets, ascending, the last one +Inf, shape (b,).
        counts: cumulative counts or rates, shape (n, b, t).

    Returns:
        Shape (n, t); NaN where there is no observation, or no +Inf bucket. Nothing is known inside the +Inf bucket, so
        that none of it counts as within the limit.

    Example:
        90 of 100 within 1 s, all within 2 s: of the ten between them half are taken to be within 1.5 s.

        >>> counts = np.array([[[90.0], [100.0], [100.0]]])
        >>> bucket_share(np.array([1.5]), np.array([1.0, 2.0, np.inf]), counts).tolist()
        [[0.95]]
    """
    if len(bounds) < 1 or not np.isposinf(bounds[-1]):
        return np.full((counts.shape[0], counts.shape[2]), np.nan)
    counts = np.maximum.accumulate(counts, axis=1)
    total = counts[:, -1]
    cut = np.searchsorted(bounds, limits)
    lower = np.where(cut > 0, bounds[np.maximum(cut - 1, 0)], 0.0)
    upper = bounds[cut]
    inside = np.where(np.isfinite(upper), np.clip((limits - lower) / np.maximum(upper - lower, 1e-300), 0.0, 1.0), 0.0)
    below = np.where((cut > 0)[:, None], _take(counts, _columns(np.maximum(cut - 1, 0), total)), 0.0)
    within = below + (_take(counts, _columns(cut, total)) - below) * inside[:, None]
    return np.where(total > 0, within / np.where(total > 0, total, 1.0), np.nan)


def _columns(bucket: IndexArray, like: FloatArray) -> IndexArray:
    return np.broadcast_to(bucket[:, None], like.shape)


def _take(counts: FloatArray, bucket: IndexArray) -> FloatArray:
    taken: FloatArray = np.take_along_axis(counts, bucket[:, None], axis=1)[:, 0]
    return taken
