"""The horizons that are worked out, and the ones between them.

Why: neighbouring horizons say nearly the same thing, and each one that is worked out and learnt from costs as much as
any other. Whoever asks for many gets a few, evenly spread in the logarithm, and straight lines in between.
"""

import numpy as np

from forecasting.arrays import FloatArray, IntArray

KNOTS = 7
"""Horizons that are worked out at most."""


def knots(horizons: IntArray) -> IntArray:
    """Return the horizons to work out: all if they are few, else the first, the last and some between, shape (k,).

    Example:
        >>> knots(np.array([1, 2, 3, 4, 6, 8, 15, 30, 60])).tolist()
        [1, 2, 4, 8, 15, 30, 60]
    """
    if horizons.size <= KNOTS:
        return horizons
    wanted = np.geomspace(horizons[0], horizons[-1], KNOTS)
    nearest = np.abs(np.log(horizons)[None, :] - np.log(wanted)[:, None]).argmin(axis=1)
    chosen: IntArray = horizons[np.unique(nearest)]
    return chosen


def between(at_knots: FloatArray, horizons: IntArray) -> FloatArray:
    """Return values at all `horizons` (h,) from those at their knots, the last axis; straight in the logarithm.

    Each answer lies between its two neighbours, so what does not fall from knot to knot does not fall in between.

    Example:
        >>> between(np.array([1.0, 2.0]), np.array([1, 8])).tolist()
        [1.0, 2.0]
    """
    worked_out = knots(horizons)
    if worked_out.size == horizons.size:
        return at_knots
    known, asked = np.log(worked_out), np.log(horizons)
    piece = np.clip(np.searchsorted(known, asked, side="right") - 1, 0, known.size - 2)
    share = (asked - known[piece]) / (known[piece + 1] - known[piece])
    low, high = at_knots[..., piece], at_knots[..., piece + 1]
    filled: FloatArray = (1.0 - share) * low + share * high  # as a sum, so that rounding keeps the order of levels
    return filled
