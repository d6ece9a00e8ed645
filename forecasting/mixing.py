"""Mix the members per series, horizon and level by their own record, and hold the mix to its coverage.

Weights fall exponentially with discounted pinball loss relative to the model's; a prior from pooled data speaks until
own errors have accumulated. The mix is the weighted *median*: a mean would be ruined by one wild member. A second pass
compares how often the mix was high enough with how often it should have been and moves along its own quantiles.

Sources: discounted exponential weights as in Cesa-Bianchi, Lugosi 2006, "Prediction, learning, and games", ch. 2;
the correction follows Gibbs, Candes 2021, "Adaptive conformal inference under distribution shift", on a window.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.arrays import FloatArray
from forecasting.ranks import GRID, Float32Array, zero_for_nan
from forecasting.record import LENGTH

PRIOR_LOSS = np.array([1.0, 1.2, 1.2, 1.3, 1.4])
"""Loss of each member relative to the model's up to an hour ahead, as pooled data has it."""

FAR_PRIOR_LOSS = np.array([1.2, 1.2, 1.5, 1.0, 0.9])
"""The same where the record holds three horizons or fewer, such as a day ahead.

The model has seen few days; what came on all days of the series itself is hard to beat there.
"""

SHARPNESS = 10.0
"""A member with 10 % more loss than another gets e^-1 of its weight."""

PRIOR_ORIGINS = 100.0
"""Scored origins that the prior is worth."""

TRIAL_ORIGINS = 150.0
"""Scored origins that the promised coverage is worth when it is compared with the seen one."""

MEMORY = 0.98
"""What an origin counts for relative to the next newer one."""

_LOGITS = np.log(GRID) - np.log1p(-GRID)
_LONGEST_SHIFT = 1.5  # in logits: 0.95 becomes 0.989 at most


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learnt:
    """What the record teaches about one target (peak or path)."""

    weights: FloatArray
    """Weight of each member now, shape (n, members, 8, h)."""
    shift: FloatArray
    """Correction of the level in logits now, shape (n, 8, h); above 0 widens."""
    mixes: Float32Array
    """What the mix would have said at each recorded origin, knowing what was over by then, shape (n, j, 8, h)."""


def learn(said: Float32Array, truth: FloatArray, *, delays: FloatArray) -> Learnt:
    """Return weights, correction and past mixes from members' quantiles and truths.

    Args:
        said: members' quantiles at recorded origins, oldest first, shape (n, j, members, 8, h).
        truth: what came, shape (n, j, h), NaN = not scored.
        delays: after how many more origins a horizon is over, shape (h,).
    """
    losses = _pinball(said, truth)
    scored = ~np.isnan(truth)
    totals = _discounted(losses, delays)
    counts = _discounted(scored[:, :, None, None, :].astype(np.float64), delays)
    weights = _weights(totals, counts, delays)
    mixes = weighted_median(said, weights[:, :-1])
    return Learnt(
        weights=weights[:, -1], shift=_shifts(mixes, truth, delays), mixes=np.sort(mixes, axis=2).astype(np.float32)
    )


def mix(said: Float32Array, learnt: Learnt) -> FloatArray:
    """Return the corrected mix of what the members say now, shape (n, 8, h), not crossing.

    Args:
        said: members' quantiles, shape (n, members, 8, h).
        learnt: what their record taught.
    """
    middle = np.sort(weighted_median(said[:, None], learnt.weights[:, None])[:, 0], axis=1)
    gaps = np.diff(middle, axis=1) / np.diff(_LOGITS)[None, :, None]
    above = np.concatenate([gaps, gaps[:, -1:]], axis=1)
    below = np.concatenate([gaps[:, :1], gaps], axis=1)
    moved = middle + learnt.shift * np.where(learnt.shift > 0, above, below)
    corrected: FloatArray = np.sort(np.maximum(moved, 0.0), axis=1)
    return corrected


def weighted_median(said: Float32Array, weights: FloatArray) -> FloatArray:
    """Return the weighted median over the members, axis 2 of (n, j, members, ...).

    Example:
        A member with more than half of the weight decides alone.

        >>> said = np.array([1.0, 5.0, 100.0], dtype=np.float32).reshape(1, 1, 3, 1, 1)
        >>> weighted_median(said, np.array([0.2, 0.5, 0.3]).reshape(1, 1, 3, 1, 1)).ravel().tolist()
        [5.0]
    """
    members = said.shape[2]
    below = [weights[:, :, i].copy() for i in range(members)]  # weight of what is not above each member, itself too
    for i in range(members):
        for k in range(i + 1, members):
            ordered = said[:, :, i] <= said[:, :, k]
            below[k] += np.where(ordered, weights[:, :, i], 0)
            below[i] += np.where(ordered, 0, weights[:, :, k])
    half = 0.5 * np.maximum.reduce(below)
    median = np.full(half.shape, np.inf)
    for i in range(members):
        np.minimum(median, said[:, :, i], out=median, where=below[i] >= half)
    return median


def _pinball(said: Float32Array, truth: FloatArray) -> FloatArray:
    levels = GRID[None, None, None, :, None]
    off = truth[:, :, None, None, :] - said
    return zero_for_nan(np.maximum(levels * off, (levels - 1.0) * off))


def _discounted(values: FloatArray, delays: FloatArray) -> FloatArray:
    """Return discounted sums over what was over by each origin, shape (n, j + 1, ...); the last entry is now."""
    n, j = values.shape[:2]
    decay = MEMORY ** np.arange(j)
    decay = decay.reshape(1, j, 1, 1, 1)
    nothing = np.zeros((n, 1, *values.shape[2:]))
    sums = np.concatenate([nothing, np.cumsum(values / decay, axis=1) * decay], axis=1)
    late = np.empty((n, j + 1, *values.shape[2:]))
    for column, delay in enumerate(delays.astype(np.int64)):
        entries = np.maximum(np.arange(j + 1) - (delay - 1), 0)
        late[..., column] = sums[..., column][:, entries]
    return late


def _weights(totals: FloatArray, counts: FloatArray, delays: FloatArray) -> FloatArray:
    """Return weights from the loss relative to the model's, the prior counted as `PRIOR_ORIGINS` separate origins."""
    few = 3.0 * delays >= LENGTH
    prior = np.where(few, FAR_PRIOR_LOSS[:, None, None], PRIOR_LOSS[:, None, None])
    # overlapping horizons say the same thing several times: a longer one needs more origins to count
    typical = totals[:, :, :1] / np.maximum(counts, 1e-9) * (PRIOR_ORIGINS * np.maximum(delays, 1.0))
    relative = (totals + prior * typical) / np.maximum(totals[:, :, :1] + typical, 1e-300)
    silent = (totals.max(axis=2, keepdims=True) <= 0) | (counts <= 0)
    capped = np.minimum(np.where(silent, prior, relative), 10.0)
    weights: FloatArray = np.exp(-SHARPNESS * (capped - 1.0))
    return weights


def _shifts(mixes: FloatArray, truth: FloatArray, delays: FloatArray) -> FloatArray:
    """Return how far the level must move, in logits, for the past mixes to have covered what they promised."""
    scored = ~np.isnan(truth)[:, :, None, :]
    hits = scored & (truth[:, :, None, :] <= mixes * (1 + 1e-6))  # 32-bit forecasts of a constant may miss by a hair
    age = MEMORY ** np.arange(truth.shape[1])[::-1].reshape(1, -1, 1, 1)
    known, covered = (scored * age).sum(axis=1), (hits * age).sum(axis=1)
    levels = GRID[None, :, None]
    trial = TRIAL_ORIGINS * np.maximum(delays, 1.0)[None, None, :]
    share = (covered + trial * levels) / (known + trial)
    shift: FloatArray = _LOGITS[None, :, None] - (np.log(share) - np.log1p(-share))
    return np.clip(shift, -_LONGEST_SHIFT, _LONGEST_SHIFT)
