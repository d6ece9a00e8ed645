"""Has the forecast earned its vote? Its own record against the naive one, per series.

Signs: skill is 1 - loss / naive loss, so above 0 is better than naive and below 0 is worse.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.arrays import BoolArray, FloatArray
from forecasting.members import NAIVE
from forecasting.mixing import Learnt
from forecasting.ranks import GRID, Float32Array
from forecasting.record import Record

FEWEST_ORIGINS = 12
"""Scored origins before a vote can be lost."""

TOLERATED = 1.2
"""Loss relative to the naive one above which the vote is lost, over the whole record and over its newer half."""

_DUST = 1e-3
"""Loss relative to the load below which it counts for as much: who is all but perfect is not told from who is."""

_JUDGED = (2, 4, 5, 7)  # positions in GRID of 0.5, 0.9, 0.95, 0.99


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """How the forecast of the peak has done."""

    skill: FloatArray
    """1 - loss / naive loss, shape (n, h), NaN until known."""
    coverage: FloatArray
    """Share of scored peaks at or below each quantile of `GRID`, over all horizons, shape (n, 8); NaN until known."""
    origins: FloatArray
    """Scored origins, shape (n,)."""
    trusted: BoolArray
    """False where the vote is lost, shape (n,)."""


def standing(record: Record, learnt: Learnt) -> Standing:
    """Return the standing that the record gives the mix."""
    truth = record.peak_truth
    mine = _losses(learnt.mixes, truth)
    naive = _losses(record.peak[:, :, NAIVE], truth)
    scored: BoolArray = np.asarray(~np.isnan(truth))
    half = truth.shape[1] // 2
    origins = scored.any(axis=2).sum(axis=1).astype(np.float64)
    whole = _mean_ratio(mine, naive, truth)
    newer = _mean_ratio(mine[:, half:], naive[:, half:], truth[:, half:])
    lost = (origins >= FEWEST_ORIGINS) & (whole > TOLERATED) & (newer > TOLERATED)
    hits = (truth[:, :, None] <= learnt.mixes * (1 + 1e-6)) & scored[:, :, None]
    count = scored.sum(axis=(1, 2))[:, None]
    return Standing(
        skill=1.0 - _ratio(mine, naive, truth),
        coverage=np.where(count > 0, hits.sum(axis=(1, 3)) / np.maximum(count, 1), np.nan),
        origins=origins,
        trusted=~lost,
    )


def _losses(said: Float32Array, truth: FloatArray) -> FloatArray:
    """Return the summed pinball loss of the judged levels, shape (n, j, h), 0 where not scored."""
    levels = GRID[list(_JUDGED)][None, None, :, None]
    off = truth[:, :, None, :] - said[:, :, list(_JUDGED)]
    losses: FloatArray = np.nan_to_num(np.maximum(levels * off, (levels - 1.0) * off)).sum(axis=2)
    return losses


def _mean_ratio(mine: FloatArray, naive: FloatArray, truth: FloatArray) -> FloatArray:
    """Return the mean over scored horizons of loss relative to naive, shape (n,); 1 where none was scored."""
    ratio = _ratio(mine, naive, truth)
    known = ~np.isnan(ratio)
    mean: FloatArray = np.where(known, ratio, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.where(known.any(axis=1), mean, 1.0)


def _ratio(mine: FloatArray, naive: FloatArray, truth: FloatArray) -> FloatArray:
    """Return loss relative to naive, at most 10, shape (n, h); 1 where both are dust beside the load, NaN unscored."""
    dust = _DUST * np.nan_to_num(truth).sum(axis=1)
    own, other = np.maximum(mine.sum(axis=1), dust), np.maximum(naive.sum(axis=1), dust)
    ratio = np.where(other > 0, own / np.maximum(other, 1e-300), np.where(own > 0, 10.0, 1.0))
    return np.where((~np.isnan(truth)).any(axis=1), np.minimum(ratio, 10.0), np.nan)
