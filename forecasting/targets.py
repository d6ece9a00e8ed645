"""What a forecast is measured against: the load at a step ahead, and the highest load until then.

A target is NaN as soon as any step it needs is missing: an incomplete window is not a small one.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from forecasting.arrays import BoolArray, FloatArray

_T = TypeVar("_T", np.float32, np.float64)

BAND_EDGES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048)
"""Last step of each band (half octaves). Errors of the path are pooled within a band."""

_STEPS_PER_BAND = 4  # neighbouring steps of a band tell nearly the same; four of them are enough


def load_ahead(values: FloatArray, step: int) -> FloatArray:
    """Return the load `step` steps after each origin, shape of `values` (n, t); NaN where it is not known yet.

    Example:
        >>> load_ahead(np.array([[1.0, 2.0, 3.0]]), 1).tolist()
        [[2.0, 3.0, nan]]
    """
    ahead = np.full_like(values, np.nan)
    if step < values.shape[1]:
        ahead[:, :-step] = values[:, step:]
    return ahead


def peak_ahead(values: FloatArray, horizon: int) -> FloatArray:
    """Return the highest load in steps 1..`horizon` after each origin, shape (n, t); NaN if any of them is missing.

    Windows are doubled until they are long enough, so the cost grows with log2(horizon).

    Example:
        >>> peak_ahead(np.array([[1.0, 5.0, 3.0, 2.0]]), 2).tolist()
        [[5.0, 3.0, nan, nan]]
    """
    window, length = load_ahead(values, 1), 1
    while length < horizon:
        jump = min(length, horizon - length)
        window = np.maximum(window, load_ahead(window, jump))
        length += jump
    return window


def band_steps(horizon: int) -> tuple[int, ...]:
    """Return the steps whose path errors are pooled for `horizon`: at most four of its half-octave band.

    Example:
        >>> band_steps(3), band_steps(60), band_steps(64)
        ((3,), (49, 54, 59, 64), (49, 54, 59, 64))
    """
    above = int(np.searchsorted(BAND_EDGES, horizon))
    last = BAND_EDGES[above] if above < len(BAND_EDGES) else horizon
    first = BAND_EDGES[above - 1] + 1 if above > 0 else 1
    return tuple(int(step) for step in np.unique(np.linspace(first, last, _STEPS_PER_BAND).round()))


def last_known(values: NDArray[_T]) -> NDArray[_T]:
    """Return each step's latest known load, gaps filled with what came before, shape (n, t); NaN before the first.

    Example:
        >>> last_known(np.array([[np.nan, 2.0, np.nan]])).tolist()
        [[nan, 2.0, 2.0]]
    """
    steps = np.where(np.isnan(values), -1, np.arange(values.shape[1]))
    latest = np.maximum.accumulate(steps, axis=1)
    filled = np.take_along_axis(values, np.maximum(latest, 0), axis=1)
    filled[latest < 0] = np.nan
    return filled


def without(values: FloatArray, marked: BoolArray) -> FloatArray:
    """Return `values` with the marked steps as gaps, for scoring only what was really demanded."""
    return np.where(marked, np.nan, values)
