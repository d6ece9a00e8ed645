"""Mix the members per series, horizon and level by their own record, and hold the mix to its coverage.

Weights fall exponentially with discounted pinball loss relative to the model's; a prior from pooled data speaks until
own errors have accumulated. The mix is the weighted *median*: a mean would be ruined by one wild member. A second pass
compares how often the mix was high enough with how often it should have been and moves along its own quantiles.

Sources: discounted exponential weights as in Cesa-Bianchi, Lugosi 2006, "Prediction, learning, and games", ch. 2;
the correction follows Gibbs, Candes 2021, "Adaptive conformal inference under distribution shift", on a window.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.arrays import BoolArray, FloatArray
from forecasting.ranks import GRID, Float32Array, T, zero_for_nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """Loss of each member relative to the model's, as pooled data has it, before a series has a record of its own."""

    near: tuple[float, ...]
    """Up to `FAR_S` ahead."""
    far: tuple[float, ...]
    """Further, such as a day ahead: the model has seen few days."""
    near_kept: float
    """What the mix keeps of its promises up to `FAR_S` ahead: logit of the share it covers over that of the level."""
    far_kept: float
    """The same further ahead."""


PEAK_PRIOR = Prior(near=(1.0, 1.2, 1.2, 1.3, 1.4), far=(1.0, 1.3, 1.5, 1.5, 1.0), near_kept=0.9, far_kept=0.75)
"""Of the peak: a day ahead, what came on all days of the series is as good as the model, and both promise too much."""

PATH_PRIOR = Prior(near=(1.0, 1.2, 1.2, 1.3, 1.4), far=(1.1, 1.0, 1.1, 1.3, 1.4), near_kept=0.9, far_kept=1.0)
"""Of the load at one step: a day ahead, the last value and its errors are hard to beat."""

FAR_S = 6 * 3600.0
"""Seconds ahead beyond which the far prior is taken: it was measured a day ahead, the near one up to an hour."""

SHARPNESS = 10.0
"""A member with 10 % more loss than another gets e^-1 of its weight."""

PRIOR_ORIGINS = 100.0
"""Scored origins that the prior is worth."""

TRIAL_ORIGINS = 150.0
"""Scored origins that the promised coverage is worth when it is compared with the seen one."""

MEMORY = 0.98
"""What an origin counts for relative to the next newer one."""

_LOGITS = (np.log(GRID) - np.log1p(-GRID)).astype(np.float32)
_LEVELS = GRID.astype(np.float32)
_LONGEST_SHIFT = 1.5  # in logits: 0.95 becomes 0.989 at most
_NOTHING = np.float32(1e-30)  # a loss below which members are not told apart


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Learnt:
    """What the record teaches about one target (peak or path)."""

    weights: Float32Array
    """Weight of each member now, shape (n, members, 8, h)."""
    shift: Float32Array
    """Correction of the level in logits now, shape (n, 8, h); above 0 widens."""
    mixes: Float32Array
    """The corrected mix at each recorded origin, made of what was over by then, shape (n, j, 8, h)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ahead:
    """How far ahead each horizon is."""

    delays: FloatArray
    """After how many more recorded origins it is over, shape (h,)."""
    far: BoolArray
    """Whether that is further than `FAR_S`, shape (h,)."""

    def first(self, count: int) -> "Ahead":
        """Return the first `count` horizons."""
        return Ahead(delays=self.delays[:count], far=self.far[:count])


def learn(said: Float32Array, truth: FloatArray, *, ahead: Ahead, prior: Prior = PEAK_PRIOR) -> Learnt:
    """Return weights, correction and past mixes from members' quantiles and truths.

    Args:
        said: members' quantiles at recorded origins, oldest first, shape (n, j, members, 8, h).
        truth: what came, shape (n, j, h), NaN = not scored.
        ahead: how far ahead the horizons are.
        prior: what is known of the members before anything was scored.
    """
    # in time, member by member, all series side by side: what is done step by step then runs over long vectors
    told = np.ascontiguousarray(said.transpose(1, 2, 0, 3, 4))
    came = np.ascontiguousarray(truth.transpose(1, 0, 2)[:, :, None, :], dtype=np.float32)
    scored = ~np.isnan(came)
    totals = _discounted(_pinball(told, came), ahead.delays)
    counts = _discounted(scored.astype(np.float32), ahead.delays)
    weights = _weights(totals, counts[:, None], ahead=ahead, prior=prior)
    mixes = np.sort(weighted_median(told, weights[:-1]), axis=2)
    # 32-bit forecasts of a constant may miss by a hair
    hits = _discounted((scored & (came <= mixes * np.float32(1 + 1e-6))).astype(np.float32), ahead.delays)
    shifts = _shifts(hits, counts, ahead=ahead, prior=prior)
    corrected = _corrected(mixes, shifts[:-1])
    return Learnt(weights=weights[-1].swapaxes(0, 1), shift=shifts[-1], mixes=corrected.swapaxes(0, 1))


def mix(said: Float32Array, learnt: Learnt) -> FloatArray:
    """Return the corrected mix of what the members say now, shape (n, 8, h), not crossing.

    Args:
        said: members' quantiles, shape (n, members, 8, h).
        learnt: what their record taught.
    """
    middle = weighted_median(said.swapaxes(0, 1)[None], learnt.weights.swapaxes(0, 1)[None])
    mixed: FloatArray = _corrected(np.sort(middle, axis=2), learnt.shift[None])[0].astype(np.float64)
    return mixed


def weighted_median(said: Float32Array, weights: NDArray[T]) -> Float32Array:
    """Return the weighted median over the members, axis 1 of (j, members, ...).

    Example:
        A member with more than half of the weight decides alone.

        >>> said = np.array([1.0, 5.0, 100.0], dtype=np.float32).reshape(1, 3, 1)
        >>> weighted_median(said, np.array([0.2, 0.5, 0.3]).reshape(1, 3, 1)).ravel().tolist()
        [5.0]
    """
    members = said.shape[1]
    below = [weights[:, i].copy() for i in range(members)]  # weight of what is not above each member, itself too
    for i in range(members):
        for k in range(i + 1, members):
            ordered: NDArray[T] = (said[:, i] <= said[:, k]).astype(weights.dtype)
            below[k] += weights[:, i] * ordered
            np.subtract(1, ordered, out=ordered)
            below[i] += np.multiply(weights[:, k], ordered, out=ordered)
    half = 0.5 * np.maximum.reduce(below)
    median = np.full_like(said[:, 0], np.inf)
    for i in range(members):
        np.minimum(median, np.where(below[i] >= half, said[:, i], np.float32(np.inf)), out=median)
    return median


def _corrected(middle: Float32Array, shift: Float32Array) -> Float32Array:
    """Return ascending quantiles (j, n, 8, h) with each level moved along them by its shift in logits."""
    gaps = np.diff(middle, axis=2) / np.diff(_LOGITS)[:, None]
    along = np.concatenate([gaps[:, :, :1], gaps, gaps[:, :, -1:]], axis=2)
    moved = middle + shift * np.where(shift > 0, along[:, :, 1:], along[:, :, :-1])
    corrected: Float32Array = np.sort(np.maximum(moved, np.float32(0.0)), axis=2)
    return corrected


def _pinball(told: Float32Array, came: Float32Array) -> Float32Array:
    """Return the losses of all members, shape (j, members, n, 8, h), 0 where nothing was scored."""
    off = zero_for_nan(came)[:, None] - told
    losses = _LEVELS[:, None] * off
    off *= _LEVELS[:, None] - np.float32(1.0)
    np.maximum(losses, off, out=losses)
    losses *= ~np.isnan(came)[:, None]
    return losses


def _discounted(values: Float32Array, delays: FloatArray) -> Float32Array:
    """Return discounted sums over what was over by each origin, shape (j + 1, ...); the last entry is now."""
    j = values.shape[0]
    sums = np.zeros((j + 1, *values.shape[1:]), dtype=np.float32)
    for i in range(j):
        np.multiply(sums[i], np.float32(MEMORY), out=sums[i + 1])
        sums[i + 1] += values[i]
    late = np.zeros_like(sums)
    for delay in np.unique(delays):
        wait = min(max(int(delay) - 1, 0), j + 1)
        columns = slice(np.searchsorted(delays, delay), np.searchsorted(delays, delay, side="right"))
        late[wait:, ..., columns] = sums[: j + 1 - wait, ..., columns]
    return late


def _weights(totals: Float32Array, counts: Float32Array, *, ahead: Ahead, prior: Prior) -> Float32Array:
    """Return weights from the loss relative to the model's, the prior counted as `PRIOR_ORIGINS` separate origins."""
    near, far = (np.array(each, dtype=np.float32)[:, None, None, None] for each in (prior.near, prior.far))
    expected = np.where(ahead.far, far, near)
    # overlapping horizons say the same thing several times: a longer one needs more origins to count
    worth = (PRIOR_ORIGINS * np.maximum(ahead.delays, 1.0)).astype(np.float32)
    model = totals[:, :1]
    typical = model / np.maximum(counts, np.float32(1e-9)) * worth
    relative = (totals + expected * typical) / np.maximum(model + typical, _NOTHING)
    silent = (totals.max(axis=1, keepdims=True) <= 0) | (counts <= 0)
    if silent.any():
        relative = np.where(silent, expected, relative)
    np.minimum(relative, np.float32(10.0), out=relative)
    relative -= np.float32(1.0)
    relative *= np.float32(-SHARPNESS)
    weights: Float32Array = np.exp(relative, out=relative)
    return weights


def _shifts(hits: Float32Array, counts: Float32Array, *, ahead: Ahead, prior: Prior) -> Float32Array:
    """Return how far levels must move, in logits, for the past mixes to have covered what they promised."""
    trial = (TRIAL_ORIGINS * np.maximum(ahead.delays, 1.0)).astype(np.float32)
    expected = _LOGITS[:, None] * np.where(ahead.far, prior.far_kept, prior.near_kept).astype(np.float32)
    share = (hits + trial / (np.float32(1.0) + np.exp(-expected))) / (counts + trial)
    shift: Float32Array = _LOGITS[:, None] - (np.log(share) - np.log1p(-share))
    return np.clip(shift, -_LONGEST_SHIFT, _LONGEST_SHIFT)
