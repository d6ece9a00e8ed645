"""Quantiles of small samples, row by row.

Why: experts read quantiles off their own past errors at every level of the grid; one sort per row serves them all.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from forecasting.arrays import BoolArray, FloatArray

T = TypeVar("T", np.float32, np.float64)

Float32Array = NDArray[np.float32]
"""32-bit floats: what the experts compute in, after each series was divided by its own scale."""

GRID: FloatArray = np.array([0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99])
"""Quantile levels at which every expert answers; asked-for levels are interpolated from them."""


def grid_quantiles(sample: Float32Array) -> Float32Array:
    """Return each row's quantiles at the levels of `GRID`, shape (..., 8).

    Among m values, level q sits at rank (m + 1) q, between neighbours in proportion, within the sample.

    Args:
        sample: values, shape (..., m), NaN = not there. A row without values gives NaN.

    Example:
        Of nine values the fifth is the median.

        >>> float(grid_quantiles(np.arange(1, 10, dtype=np.float32)[None, :])[0, 2])
        5.0
    """
    ordered = np.sort(sample, axis=-1)  # NaN goes last
    if ordered.shape[-1] and not np.isnan(ordered[..., -1]).any():
        return _of_complete(ordered)
    count = np.count_nonzero(~np.isnan(ordered), axis=-1)[..., None]
    last = np.maximum(count - 1, 0)
    position = np.clip((count + 1) * GRID - 1, 0, last)
    low = position.astype(np.int64)
    below = np.take_along_axis(ordered, low, axis=-1)
    above = np.take_along_axis(ordered, np.minimum(low + 1, last), axis=-1)
    quantiles: Float32Array = below + (above - below) * (position - low).astype(np.float32)
    return quantiles


def _of_complete(ordered: Float32Array) -> Float32Array:
    """Return the quantiles of rows in which nothing is missing: all ranks are the same columns."""
    last = ordered.shape[-1] - 1
    position = np.clip((last + 2) * GRID - 1, 0, last)
    low = position.astype(np.int64)
    below, above = ordered.take(low, axis=-1), ordered.take(np.minimum(low + 1, last), axis=-1)
    quantiles: Float32Array = below + (above - below) * (position - low).astype(np.float32)
    return quantiles


def counted(hits: BoolArray) -> NDArray[np.uint8]:
    """Return how many of each row are true, shape (...), of at most 255: adding bytes costs a tenth of adding integers.

    Example:
        >>> counted(np.array([[True, False, True]])).tolist()
        [2]
    """
    count: NDArray[np.uint8] = np.add.reduce(np.ascontiguousarray(hits).view(np.uint8), axis=-1, dtype=np.uint8)
    return count


def zero_for_nan(values: NDArray[T]) -> NDArray[T]:
    """Return the values with 0 where they are NaN, at a quarter of the price of `np.nan_to_num`."""
    return np.where(np.isnan(values), values.dtype.type(0), values)


def at_levels(on_grid: FloatArray, levels: FloatArray) -> FloatArray:
    """Return quantiles at any levels from those on `GRID`, straight in the logit of the level, never crossing.

    Beyond the grid the last piece goes on, so that 0.999 lies above 0.99.

    Args:
        on_grid: shape (n, 8, h), not falling along axis 1.
        levels: probabilities in (0, 1), shape (k,).

    Returns:
        Shape (n, k, h), >= 0.
    """
    knots, asked = _logit(GRID), _logit(levels)
    piece = np.clip(np.searchsorted(knots, asked, side="right") - 1, 0, knots.size - 2)
    share = (asked - knots[piece]) / (knots[piece + 1] - knots[piece])
    low, high = on_grid[:, piece], on_grid[:, piece + 1]
    answers: FloatArray = np.maximum.accumulate(np.maximum(low + (high - low) * share[None, :, None], 0.0), axis=1)
    return answers


def _logit(levels: FloatArray) -> FloatArray:
    return np.log(levels) - np.log1p(-levels)
