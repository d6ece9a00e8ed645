"""The state that is kept between steps, so that one more step costs one more forecast and not fifty.

`Forecaster` is a value: appending returns the next one and leaves the old as it was. After any sequence of appends it
gives the same numbers as `forecast` on the same history.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from forecasting.arrays import BoolArray, FloatArray, IntArray
from forecasting.contract import MIN_STEPS, CoarseHistory, Forecast, Question, check_coarse, check_history
from forecasting.history import OWN_DAYS_S, History
from forecasting.knots import between, knots
from forecasting.lesson import Lesson, lesson_of
from forecasting.members import NAIVE, MemberForecasts, Origins, member_forecasts
from forecasting.mixing import Learnt, mix
from forecasting.model_file import shipped_model
from forecasting.ranks import Float32Array, at_levels
from forecasting.record import LENGTH, STRIDE, assemble, recorded_ends
from forecasting.window import COARSE_WINDOW, WINDOW


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forecaster:
    """Histories of n series, what was said at recorded origins, and what that teaches."""

    question: Question
    history: History
    said: MemberForecasts
    """Members at the recorded origins of all series, series by series, as `assemble` takes them."""
    pending: MemberForecasts
    """Members at the last step of the lattice, n rows: recorded at the next one."""
    lesson: Lesson
    now: MemberForecasts
    """Members at the end of the history, n rows."""

    @classmethod
    def start(
        cls,
        history: ArrayLike,
        question: Question,
        *,
        censored: ArrayLike | None = None,
        coarse: CoarseHistory | None = None,
    ) -> "Forecaster":
        """Return the forecaster at the end of `history`.

        Args:
            history: load per step, shape (n, t), >= 0, NaN = gap, the newest last; it may be short or empty.
            question: step, horizons, quantiles and model.
            censored: True where a series was saturated, shape (n, t); None = nowhere.
            coarse: the same series on a coarser grid over more days.

        Raises:
            ValueError: an argument has no meaning; names it, its value and what is allowed.
        """
        values, marks = check_history(history, censored)
        check_coarse(coarse, values.shape[0])
        seen = History(values=values, censored=marks, step_s=question.step_s, coarse=coarse)
        return begin(seen, question)

    def append(
        self, values: ArrayLike, *, censored: ArrayLike | None = None, coarse: CoarseHistory | None = None
    ) -> "Forecaster":
        """Return the forecaster one step later.

        Args:
            values: load of the step that has just ended, shape (n,), >= 0, NaN = gap.
            censored: True where the series was saturated, shape (n,); None = nowhere.
            coarse: the coarse history as of now; None = as before, one step older.

        Raises:
            ValueError: an argument has no meaning; names it, its value and what is allowed.
        """
        series = self.history.values.shape[0]
        for name, given in (("values", values), ("censored", np.zeros(series) if censored is None else censored)):
            if np.shape(given) != (series,):
                raise ValueError(f"{name} must have shape ({series},), one per series, got {np.shape(given)}")
        marks = None if censored is None else np.asarray(censored)[:, None]
        column, marked = check_history(np.asarray(values, dtype=np.float64)[:, None], marks)
        check_coarse(coarse, series)
        grown = _grown(self.history, column, marks=marked, coarse=coarse)
        return self.continued(last_steps(grown), new=1)

    def continued(self, grown: History, *, new: int) -> "Forecaster":
        """Return the forecaster at the end of `grown`, which is the history so far and `new` steps more.

        Args:
            grown: the history, cut on the lattice as `last_steps` does.
            new: how many steps are new, fewer than `STRIDE`.
        """
        steps = grown.values.shape[1]
        now = _members(grown, np.array([steps]), self.question)
        beyond = steps % STRIDE
        if new <= beyond:
            return replace(self, history=_plain(grown), now=now)
        pending = now if beyond == 0 else _members(grown, np.array([steps - beyond]), self.question)
        said = _recorded(self.said, self.pending, steps)
        lesson = lesson_of(assemble(grown.known, knots(self.question.horizons), said), self.question)
        return replace(self, history=_plain(grown), said=said, pending=pending, lesson=lesson, now=now)

    def forecast(self) -> Forecast:
        """Return the forecast at the end of the history."""
        return forecast_from(self.question, self.lesson, self.now, enough=enough_known(self.history))


def enough_known(history: History) -> BoolArray:
    """Return which series have enough known steps to be forecast, shape (n,)."""
    return np.asarray(np.count_nonzero(~np.isnan(history.known), axis=1) >= MIN_STEPS)


def forecast_from(question: Question, lesson: Lesson, now: MemberForecasts, *, enough: BoolArray) -> Forecast:
    """Return what the members say `now`, mixed and corrected by the `lesson`; NaN where not `enough` is known."""
    result, levels, asked = lesson.standing, question.quantiles, question.horizons
    peak = between(at_levels(_voted(lesson.peak, now.peak, result.trusted), levels), asked)
    path = np.full(peak.shape, np.nan)
    if question.path:
        path = between(at_levels(_voted(lesson.path, now.path, result.trusted), levels), asked)
    peak = np.maximum.accumulate(peak, axis=2)
    arrival = np.maximum.accumulate(between(now.arrival, asked), axis=1)
    return Forecast(
        quantiles=levels.copy(),
        horizons=asked.astype(np.int64),
        path=np.where(enough[:, None, None], path, np.nan),
        peak=np.where(enough[:, None, None], peak, np.nan),
        arrival_probability=np.where(enough[:, None], arrival, np.nan),
        skill=between(result.skill, asked).copy(),
        coverage=np.minimum(at_levels(result.coverage[:, :, None], levels)[:, :, 0], 1.0),
        origins=result.origins.copy(),
        trusted=result.trusted & enough,
    )


def _voted(learnt: Learnt, said: Float32Array, trusted: BoolArray) -> FloatArray:
    """Return the mix where it has its vote, the naive forecast where it lost it."""
    return np.where(trusted[:, None, None], mix(said, learnt), said[:, NAIVE].astype(np.float64))


def begin(history: History, question: Question) -> Forecaster:
    """Return the forecaster at the end of `history`, every recorded origin worked out anew."""
    kept = last_steps(history)
    steps = kept.values.shape[1]
    said = _members(kept, recorded_ends(steps), question)
    return Forecaster(
        question=question,
        history=_plain(kept),
        said=said,
        pending=_members(kept, np.array([steps // STRIDE * STRIDE]), question),
        lesson=lesson_of(assemble(kept.known, knots(question.horizons), said), question),
        now=_members(kept, np.array([steps]), question),
    )


def kept_steps(step_s: float) -> int:
    """Return how many steps of history a forecast depends on at most; older ones change nothing.

    A day of minutes; from 300 s on, where the days are read from the same grid, eight days of ten minutes and more.
    """
    return reach(step_s) + STRIDE - 1


def reach(step_s: float) -> int:
    """Return how many steps before the last step of the lattice the oldest window begins."""
    return -(-((COARSE_WINDOW if step_s >= OWN_DAYS_S else WINDOW) + STRIDE * LENGTH) // STRIDE) * STRIDE


def last_steps(history: History) -> History:
    """Return the last steps that matter, cut on the lattice, so that recorded origins keep their places."""
    first = history.values.shape[1] // STRIDE * STRIDE - reach(history.step_s)
    if first <= 0:
        return history
    return History(
        values=history.values[:, first:],
        censored=history.censored[:, first:],
        step_s=history.step_s,
        coarse=history.coarse,
    )


def _plain(history: History) -> History:
    """Return the history without the padded copies it made for its windows."""
    return replace(history)


def _members(history: History, ends: IntArray, question: Question) -> MemberForecasts:
    n, model = history.values.shape[0], question.model or shipped_model()
    origins = Origins(rows=np.repeat(np.arange(n), ends.size), ends=np.tile(ends, n))
    return member_forecasts(history, origins, horizons=knots(question.horizons), model=model, path_wanted=question.path)


def _grown(history: History, column: FloatArray, *, marks: BoolArray, coarse: CoarseHistory | None) -> History:
    if coarse is None and history.coarse is not None:
        coarse = replace(history.coarse, age_s=history.coarse.age_s + history.step_s)
    return History(
        values=np.concatenate([history.values, column], axis=1),
        censored=np.concatenate([history.censored, marks], axis=1),
        step_s=history.step_s,
        coarse=coarse,
    )


def _recorded(said: MemberForecasts, pending: MemberForecasts, steps: int) -> MemberForecasts:
    """Return what was said with the pending origin at its end, and without what has left the record."""
    n = pending.arrival.shape[0]
    length = recorded_ends(steps).size

    def joined(old: Float32Array, new: Float32Array) -> Float32Array:
        rows = np.concatenate([old.reshape(n, old.shape[0] // max(n, 1), *new.shape[1:]), new[:, None]], axis=1)
        return rows[:, rows.shape[1] - length :].reshape(n * length, *new.shape[1:])

    return MemberForecasts(
        peak=joined(said.peak, pending.peak),
        path=joined(said.path, pending.path),
        arrival=np.empty((n * length, pending.arrival.shape[1])),
    )
