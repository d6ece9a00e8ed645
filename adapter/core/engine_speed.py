"""The speed of a workload's engines, learnt from what one of them did in settled ten minutes.

A decoding sequence makes its tokens one iteration after the other, so its tokens per second are `generated / running`
by Little's law, whatever number of tokens an iteration yields. An iteration takes a base, and work in proportion to the
tokens that came meanwhile, so that it lasts `base / (1 - u)` with u the work arriving in engine-seconds per second: the
pace of a sequence falls in a straight line with the work of its engine,

    pace = level - slope x work - tilt x (prompt part - generated part of the work)

Work is counted at nominal token rates, which fix the unit and the first guess at how a prompt token compares with a
generated one. `slope` says how long that work really takes; `tilt` corrects the comparison as far as the mix of prompt
and generated tokens has varied: it is drawn to zero as by a normal prior of half the slope, so that one mix for all the
time teaches nothing about another. Cached prompt tokens are no work. Least squares, weighed by the requests that a mean
is over, which is most near saturation, and by age (half in a day); then once more without what lies far off.

Must not know: what is decided with it, when.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from adapter.core.signal import FloatArray, Signal

FEWEST: Final = 6
"""Settled stretches of ten minutes."""
HALF_LIFE: Final = 144.0
"""Stretches after which one weighs half: a day."""
MIX_HALF_LIFE: Final = 6.0
"""The same for the mix of tokens and the length of requests that capacity is stated for: an hour."""
_TILT_PRIOR: Final = 0.5
_FAR_OFF: Final = 3.0  # standard deviations
_NEAR: Final = 0.05  # of the pace; what lies within is never called far off
_LEAST_NOISE: Final = 0.03  # of the pace; a line that fits better by chance is not known better
_NO_SPREAD: Final = 1e-9  # relative; loads that differ less are one load, but for rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSpeed:
    """How one engine fares under load, in nominal engine-seconds per second of work at today's mix of tokens."""

    level: float = math.nan
    """Tokens per second of a sequence in an engine with nothing else to do."""
    loss: float = math.nan
    """Tokens per second that a sequence loses with each unit of work."""
    generated: float = math.nan
    """Tokens generated with each unit of work."""
    kv_share: float = math.nan
    """Of the KV cache, for each request; NaN = unknown."""
    highest: float = math.nan
    """The most work of an engine that was seen, settled."""
    stretches: int = 0
    error: float = math.nan
    """Median relative error of the pace."""
    deviation: float = math.nan
    """Standard deviation of the loss; infinite where the load never changed."""
    why: str = ""
    """Why nothing is learnt, where nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Seen:
    """Of n workloads in m stretches, shape (n, m), 0 where nothing is known."""

    work: FloatArray
    tilt: FloatArray
    """Prompt part less generated part of the work."""
    pace: FloatArray
    weight: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Line:
    """Shape (n, 1)."""

    level: FloatArray
    slope: FloatArray
    tilt: FloatArray

    def left(self, seen: _Seen) -> FloatArray:
        """Return what each pace is more than the line says, shape (n, m)."""
        return seen.pace - (self.level - self.slope * seen.work - self.tilt * seen.tilt)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fit:
    """A line and how well it is known; shape (n, 1) but for `off`, shape (n, m)."""

    line: _Line
    off: FloatArray
    """How far each pace is off, relative to itself."""
    deviation: FloatArray
    """Of the slope."""


def learn_speeds(
    noted: Mapping[Signal, FloatArray], *, prompt: FloatArray, generation: FloatArray
) -> list[EngineSpeed]:
    """Return the speed of the engines of n workloads.

    Args:
        noted: by `settled.NOTED`, shape (n, m), oldest first, NaN where not settled.
        prompt: nominal prompt tokens/s of an engine that does nothing else, shape (n, 1); infinite where they cost
            nothing.
        generation: the same of generated tokens.
    """
    parts = noted[Signal.PROMPT_TOKENS_RATE] / prompt, noted[Signal.GENERATION_TOKENS_RATE] / generation
    work, running = parts[0] + parts[1], noted[Signal.REQUESTS_RUNNING]
    known = np.isfinite(work) & (work > 0) & (running > 0)
    age = np.arange(work.shape[1])[::-1]
    seen = _Seen(
        work=np.where(known, work, 0.0),
        tilt=np.where(known, parts[0] - parts[1], 0.0),
        pace=np.where(known, noted[Signal.GENERATION_TOKENS_RATE] / np.where(known, running, 1.0), 0.0),
        weight=np.where(known, running * 0.5 ** (age / HALF_LIFE), 0.0),
    )
    fit = _fitted(seen)
    recent = known * 0.5 ** (age / MIX_HALF_LIFE)
    done = _mean(seen.work, recent)
    mix, generated = (
        _mean(each, recent) / np.where(done > 0, done, 1.0)
        for each in (seen.tilt, np.nan_to_num(noted[Signal.GENERATION_TOKENS_RATE]))
    )
    kv_share = _mean(np.nan_to_num(noted[Signal.KV_CACHE_USAGE]), recent * (noted[Signal.KV_CACHE_USAGE] > 0))
    loss = fit.line.slope + fit.line.tilt * mix
    columns = fit.line.level, loss, generated, kv_share, fit.deviation
    numbers = np.concatenate(columns, axis=1).tolist()
    return [_speed(work[row][known[row]], fit.off[row][known[row]], each) for row, each in enumerate(numbers)]


def _speed(work: FloatArray, off: FloatArray, numbers: Sequence[float]) -> EngineSpeed:
    """Return the speed of one workload's engines, or why it is not known."""
    if work.size < FEWEST:
        return EngineSpeed(
            stretches=work.size, why=f"{work.size} settled stretches of ten minutes, {FEWEST} are needed"
        )
    level, loss, generated, kv_share, deviation = numbers
    return EngineSpeed(
        level=level,
        loss=loss,
        generated=generated,
        kv_share=kv_share or math.nan,
        highest=float(work.max()),
        stretches=work.size,
        error=float(np.median(off)),
        deviation=deviation,
    )


def _fitted(seen: _Seen) -> _Fit:
    """Return the line, fitted twice: the second time without what lies far off the first."""
    pace = np.where(seen.pace > 0, seen.pace, 1.0)
    off = np.abs(_line(seen, seen.weight).left(seen)) / pace
    usual = np.sqrt(_mean(off * off, seen.weight))
    weight = seen.weight * (off <= np.maximum(_FAR_OFF * usual, _NEAR))
    line = _line(seen, weight)
    left = line.left(seen)
    count = np.count_nonzero(weight > 0, axis=1, keepdims=True)
    noise = _mean(left * left, weight) + (_LEAST_NOISE * _mean(seen.pace, weight)) ** 2
    spread = _mean((seen.work - _mean(seen.work, weight)) ** 2, weight)
    apart = spread > _NO_SPREAD * _mean(seen.work * seen.work, weight)
    variance = noise / np.maximum(count - 2, 1) / np.where(apart, spread, 1.0)
    deviation = np.where(apart, np.sqrt(variance), np.inf)
    return _Fit(line=line, off=np.abs(left) / pace, deviation=deviation)


def _line(seen: _Seen, weight: FloatArray) -> _Line:
    """Return the weighted least squares, with the tilt drawn to zero."""
    work, pace, tilt = (each - _mean(each, weight) for each in (seen.work, seen.pace, seen.tilt))
    variance = _mean(work * work, weight)
    apart = variance > _NO_SPREAD * _mean(seen.work * seen.work, weight)
    safe = np.where(apart, variance, 1.0)
    plain = np.where(apart, -_mean(work * pace, weight) / safe, 0.0)
    left = pace + plain * work
    known = np.maximum(np.count_nonzero(weight > 0, axis=1, keepdims=True), 1)
    prior = np.where(plain != 0, _TILT_PRIOR * plain, 1.0)
    ridge = _mean(left * left, weight) / known / (prior * prior)
    # Two unknowns are left, slope and tilt: the normal equations in full.
    cross, own = _mean(work * tilt, weight), _mean(tilt * tilt, weight) + ridge
    toward = -_mean(tilt * pace, weight)
    determinant = safe * own - cross * cross
    solid = apart & (determinant > 1e-12 * safe * np.where(own > 0, own, 1.0))
    tilted = np.where(solid, (safe * toward - cross * plain * safe) / np.where(solid, determinant, 1.0), 0.0)
    slope = plain - tilted * cross / safe
    level = _mean(seen.pace, weight) + slope * _mean(seen.work, weight) + tilted * _mean(seen.tilt, weight)
    return _Line(level=level, slope=slope, tilt=tilted)


def _mean(values: FloatArray, weight: FloatArray) -> FloatArray:
    """Return weighted means over time, shape (n, 1); 0 without any weight."""
    total = weight.sum(axis=1, keepdims=True)
    mean: FloatArray = (values * weight).sum(axis=1, keepdims=True) / np.where(total > 0, total, 1.0)
    return mean
