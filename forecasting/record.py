"""The record: what every member said at earlier origins, and what came.

Why: weights, corrections and trust are all read from it, and it is a function of a bounded window of history on a
fixed lattice of steps, so that a restart, a second replica and a replay arrive at the same numbers.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.arrays import BoolArray, FloatArray, IntArray
from forecasting.contract import MIN_STEPS
from forecasting.members import MemberForecasts
from forecasting.ranks import Float32Array
from forecasting.targets import load_ahead, peak_ahead

STRIDE = 11
"""Steps between recorded origins, counted from the first step of the history.

Odd and not ten, so that load which changes on round minutes is not always met at the same phase.
"""

LENGTH = 42
"""Recorded origins: with `WINDOW` before the oldest, a day of minutes in all."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Record:
    """Members and truths at j earlier origins, oldest first."""

    peak: Float32Array
    """Members' quantiles of the peak, shape (n, j, members, 8, h)."""
    path: Float32Array
    """Members' quantiles of the path, shape (n, j, members, 8, h)."""
    peak_truth: FloatArray
    """Peaks that came, shape (n, j, h), NaN = not scored (not over yet, or a gap in it)."""
    path_truth: FloatArray
    """Loads that came, shape (n, j, h), NaN = not scored."""


def recorded_ends(steps: int) -> IntArray:
    """Return after how many steps the recorded origins of a history of `steps` lie, oldest first.

    Example:
        >>> recorded_ends(35).tolist()
        [11, 22]
    """
    latest = steps // STRIDE * STRIDE
    ends = latest - STRIDE * np.arange(LENGTH, 0, -1, dtype=np.int64)
    return ends[ends >= MIN_STEPS]


def assemble(known: FloatArray, horizons: IntArray, said: MemberForecasts) -> Record:
    """Return the record of what was `said` at the recorded origins of `known` (n, t), series by series.

    Where nothing was said of the path, the record has no path.

    Truths are taken up to the last lattice step only, so that the record changes on the lattice alone.
    """
    n, steps = known.shape
    ends = recorded_ends(steps)
    seen = known[:, : steps // STRIDE * STRIDE]
    unknown = np.cumsum(~np.isnan(known), axis=1)[:, ends - 1] < MIN_STEPS
    paths = [load_ahead(seen, int(h))[:, ends - 1] for h in horizons]
    return Record(
        peak=said.peak.reshape(n, ends.size, *said.peak.shape[1:]),
        path=said.path.reshape(n, ends.size, *said.path.shape[1:]),
        peak_truth=_truths([peak_ahead(seen, int(h))[:, ends - 1] for h in horizons], unknown),
        path_truth=_truths(paths, unknown)[..., : said.path.shape[-1]],
    )


def _truths(columns: list[FloatArray], unknown: BoolArray) -> FloatArray:
    return np.where(unknown[:, :, None], np.nan, np.stack(columns, axis=2))
