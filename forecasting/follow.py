"""Carry forecasters along with a sliding history: append what is new, begin anew only where the past has changed.

Why: a caller that keeps a window of history gets the price of an append and the numbers of a fresh start. The lattice
of recorded origins is counted in absolute steps, so that every caller agrees on it. What is carried holds no history,
only what was said and learnt, and is taken apart and put together row by row, so that no row depends on its batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from forecasting.arrays import BoolArray, FloatArray, IntArray
from forecasting.batch import pick, stack
from forecasting.contract import CoarseHistory, Forecast, Question, check_coarse, check_history
from forecasting.forecaster import Forecaster, begin, enough_known, forecast_from, last_steps, reach
from forecasting.history import History
from forecasting.lesson import Lesson
from forecasting.members import MemberForecasts
from forecasting.record import STRIDE, recorded_ends

_UNKNOWN = -1  # the fingerprint of a series that was not there before


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Followed:
    """What is kept of n series between steps."""

    question: Question
    last_step: int
    """Absolute number of the last step that was seen."""
    start: int
    """Absolute number of the first step that counted."""
    prints: IntArray
    """Fingerprints of each history: of its first stride and of the rest, shape (n, 2)."""
    enough: BoolArray
    """Whether enough is known for a forecast, shape (n,)."""
    said: MemberForecasts
    """Members at the recorded origins, n x j rows, series by series."""
    pending: MemberForecasts
    """Members at the last step of the lattice, n rows."""
    lesson: Lesson
    now: MemberForecasts
    """Members at the last step, n rows."""

    @property
    def recorded(self) -> int:
        """How many origins are on record."""
        return int(recorded_ends(self.last_step - self.start + 1).size)

    def forecast(self) -> Forecast:
        """Return the forecast at the last step."""
        return forecast_from(self.question, self.lesson, self.now, enough=self.enough)

    def select(self, rows: IntArray) -> "Followed":
        """Return other rows in another order; -1 stands for a series that was not there, which will begin anew."""
        picked = np.maximum(rows, 0)
        origins = (picked[:, None] * self.recorded + np.arange(self.recorded)[None, :]).ravel()
        return replace(
            self,
            prints=np.where((rows >= 0)[:, None], self.prints[picked], _UNKNOWN),
            enough=self.enough[picked],
            said=pick(self.said, origins),
            pending=pick(self.pending, picked),
            lesson=self.lesson.rows(picked),
            now=pick(self.now, picked),
        )


def join(parts: Sequence[Followed]) -> Followed:
    """Return one batch of several that have seen the same step and were asked the same question."""
    return replace(
        parts[0],
        prints=np.concatenate([each.prints for each in parts]),
        enough=np.concatenate([each.enough for each in parts]),
        said=stack([each.said for each in parts]),
        pending=stack([each.pending for each in parts]),
        lesson=Lesson.of([each.lesson for each in parts]),
        now=stack([each.now for each in parts]),
    )


def follow(
    previous: Followed | None,
    history: ArrayLike,
    question: Question,
    *,
    last_step: int,
    censored: ArrayLike | None = None,
    coarse: CoarseHistory | None = None,
) -> Followed:
    """Return what is known at the end of `history`.

    Args:
        previous: what an earlier call returned for the same series in the same order (or `select` of it); None = there
            is none. A series begins anew where its past has changed since, or where a stride of steps is new.
        history: load per step, shape (n, t), the newest last, NaN = gap.
        question: step, horizons, quantiles and model. With another one than before, all series begin anew.
        last_step: absolute number of the last column, e.g. its end time divided by the step.
        censored: True where a series was saturated, shape (n, t).
        coarse: the same series on a coarser grid. Only its end may be new: a step in its past that was filled in late
            is not noticed, so begin anew (`previous` None) where that happens.

    Raises:
        ValueError: an argument has no meaning; names it, its value and what is allowed.
    """
    values, marks = check_history(history, censored)
    check_coarse(coarse, values.shape[0])
    first = (values.shape[1] - 1 - last_step) % STRIDE  # columns before the first whole stride
    if values.shape[1] - first >= STRIDE:
        values, marks = values[:, first:], marks[:, first:]
    seen = last_steps(History(values=values, censored=marks, step_s=question.step_s, coarse=coarse))
    if previous is None or not _may_continue(previous, seen, question, last_step=last_step):
        return _begun(seen, question, last_step=last_step)
    same = _same(previous, seen, last_step)
    if same.all():
        return _further(previous, seen, last_step=last_step)
    if not same.any():
        return _begun(seen, question, last_step=last_step)
    old, new = np.flatnonzero(same), np.flatnonzero(~same)
    kept = _further(previous.select(old), seen.rows(old), last_step=last_step)
    begun = _begun(seen.rows(new), question, last_step=last_step)
    return join([kept, begun]).select(np.argsort(np.concatenate([old, new])))


def _begun(seen: History, question: Question, *, last_step: int) -> Followed:
    return _kept(begin(seen, question), last_step)


def _further(previous: Followed, seen: History, *, last_step: int) -> Followed:
    before = Forecaster(
        question=previous.question,
        history=seen,
        said=previous.said,
        pending=previous.pending,
        lesson=previous.lesson,
        now=previous.now,
    )
    return _kept(before.continued(seen, new=last_step - previous.last_step), last_step)


def _kept(forecaster: Forecaster, last_step: int) -> Followed:
    history = forecaster.history
    return Followed(
        question=forecaster.question,
        last_step=last_step,
        start=_start(history, last_step),
        prints=_prints(history, new=0, head=STRIDE),
        enough=enough_known(history),
        said=forecaster.said,
        pending=forecaster.pending,
        lesson=forecaster.lesson.without_mixes(),
        now=forecaster.now,
    )


def _may_continue(previous: Followed, seen: History, question: Question, *, last_step: int) -> bool:
    """Tell whether `seen` holds what the windows of `previous` held, and few new steps."""
    start = _start(seen, last_step)
    whole = seen.values.shape[1] >= reach(seen.step_s)  # windows end before it, so the oldest stride may leave
    return (
        0 <= last_step - previous.last_step < STRIDE
        and (start == previous.start or (whole and start == previous.start + STRIDE))
        and previous.prints.shape[0] == seen.values.shape[0]
        and _same_question(previous.question, question)
    )


def _start(seen: History, last_step: int) -> int:
    """Return the absolute number of the first step."""
    return last_step - int(seen.values.shape[1]) + 1


def _same(previous: Followed, seen: History, last_step: int) -> BoolArray:
    """Return which series have the past that `previous` saw, shape (n,)."""
    moved = _start(seen, last_step) - previous.start
    new = last_step - previous.last_step
    now = _prints(seen, new=new, head=STRIDE - moved)
    same = now == previous.prints
    return np.asarray(same[:, 1] if moved else same.all(axis=1))


def _prints(seen: History, *, new: int, head: int) -> IntArray:
    """Return fingerprints of the first `head` steps, which may leave next, and of those up to `new` steps ago."""
    cuts = (slice(0, head), slice(head, seen.values.shape[1] - new))
    return np.stack([_print(seen.values[:, cut], seen.censored[:, cut]) for cut in cuts], axis=1)


def _print(values: FloatArray, marks: BoolArray) -> IntArray:
    """Return a 64-bit fingerprint of each row: no single step can change without it, many hardly can.

    The bits of each load, mixed and with its mark, times an odd number of its own, added up.
    """
    bits = np.ascontiguousarray(values).view(np.uint64)
    bits = bits ^ (bits >> np.uint64(31))  # whole numbers end in zeros, which a product would keep
    if marks.any():
        bits ^= marks
    prints: IntArray = (bits @ _odd_numbers(bits.shape[1])).view(np.int64)
    return prints


@cache
def _odd_numbers(count: int) -> NDArray[np.uint64]:
    """Return `count` odd numbers that have nothing to do with each other: the multiples of 2^64 / golden ratio, mixed.

    Source: the mixing of splitmix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators").
    """
    mixed = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return (mixed ^ (mixed >> np.uint64(31))) | np.uint64(1)


def _same_question(one: Question, other: Question) -> bool:
    return bool(
        (one.step_s, one.path) == (other.step_s, other.path)
        and one.model is other.model
        and np.array_equal(one.horizons, other.horizons)
        and np.array_equal(one.quantiles, other.quantiles)
    )
