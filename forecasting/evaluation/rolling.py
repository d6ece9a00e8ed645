"""Forecasts at many origins of one recorded series, each made from what was known by then.

The members are asked once per origin and shared by all later records, and what a record teaches is worked out once per
step of the lattice, many steps at once; apart from that every forecast is the one that `Forecaster` would have given.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from forecasting.arrays import FloatArray, IntArray
from forecasting.contract import MIN_STEPS, CoarseHistory, Question
from forecasting.evaluation.simple import simple_peaks
from forecasting.forecaster import forecast_from, kept_steps
from forecasting.history import OWN_DAYS_S, History
from forecasting.lesson import Lesson, lesson_of
from forecasting.members import MemberForecasts, Origins, member_forecasts
from forecasting.mixing import Learnt
from forecasting.pooled import PooledModel
from forecasting.record import STRIDE, Record, recorded_ends
from forecasting.series_file import SeriesSet, coarser
from forecasting.targets import load_ahead, peak_ahead
from forecasting.trust import Standing

_COARSE_S = 600.0
_TOGETHER = 32  # records that teach at once: their arrays stay within some 20 MB

Clock = Callable[[], float]
"""CPU seconds used so far."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rolled:
    """Forecasts of one series at m origins."""

    ends: IntArray
    """How many steps had passed at each origin, shape (m,)."""
    peak: FloatArray
    """Quantiles of the peak, shape (m, k, h)."""
    path: FloatArray
    """Quantiles of the path, shape (m, k, h)."""
    simple_peaks: FloatArray
    """What each simple expert alone said of the peak, shape (experts, m, k, h); no experts: not known."""
    cpu_ms: float
    """CPU time of one forecast in use, see `roll`; NaN if not measured."""


def with_days(series: SeriesSet) -> History:
    """Return the history of whole series, minutes and shorter also summed to ten minutes for the day patterns."""
    factor = round(_COARSE_S / series.step_s)
    values, coarse = series.values, None
    if series.step_s < OWN_DAYS_S and values.shape[1] * series.step_s >= 6 * 3600:
        binned = coarser(values, factor) / factor
        age_s = (values.shape[1] - binned.shape[1] * factor) * series.step_s
        coarse = CoarseHistory(values=binned, step_s=factor * series.step_s, age_s=age_s)
    return History(values=values, censored=np.zeros(values.shape, np.bool_), step_s=series.step_s, coarse=coarse)


def roll(history: History, ends: IntArray, question: Question, *, model: PooledModel, clock: Clock | None) -> Rolled:
    """Return the forecasts after each of `ends` steps, and what one costs.

    In use, a step asks the members once and mixes them, and what the record teaches changes with every `STRIDE`-th step
    only. That is what `cpu_ms` adds up; work that only scoring needs, as the naive forecast, is not in it.

    Args:
        history: one whole series.
        ends: how many steps had passed, ascending, >= `MIN_STEPS`, shape (m,).
        question: horizons and quantiles.
        model: the pooled model.
        clock: None = do not measure.
    """
    times = [_now(clock)]
    asked = _asked(ends)
    origins = Origins(rows=np.zeros(asked.size, dtype=np.int64), ends=asked)
    said = member_forecasts(history, origins, horizons=question.horizons, model=model)
    times.append(_now(clock))
    steps = np.unique(ends // STRIDE * STRIDE)
    lesson = _lessons(history, steps, question, said=said, asked=asked)
    times.append(_now(clock))
    now = _picked(said, np.searchsorted(asked, ends))
    enough = _known_before(history, ends) >= MIN_STEPS
    taught = _taken(lesson, np.searchsorted(steps, ends // STRIDE * STRIDE))
    forecast = forecast_from(question, taught, now, enough=enough)
    times.append(_now(clock))
    members_s, lessons_s, mix_s = np.diff(times)
    return Rolled(
        ends=ends,
        peak=forecast.peak,
        path=forecast.path,
        simple_peaks=simple_peaks(history, ends, question),
        cpu_ms=1e3 * float(members_s / asked.size + lessons_s / steps.size / STRIDE + mix_s / ends.size),
    )


def _now(clock: Clock | None) -> float:
    return np.nan if clock is None else clock()


def _asked(ends: IntArray) -> IntArray:
    lattice = [recorded_ends(int(end)) for end in ends]
    return np.unique(np.concatenate([*lattice, ends]))


def _lessons(
    history: History, steps: IntArray, question: Question, *, said: MemberForecasts, asked: IntArray
) -> Lesson:
    """Return what the record taught at each step of the lattice, rows in the order of `steps`."""
    known, horizons = history.known, question.horizons
    peaks = np.stack([peak_ahead(known, int(h))[0] for h in horizons], axis=1)
    loads = np.stack([load_ahead(known, int(h))[0] for h in horizons], axis=1)
    parts = []
    for together in _same_length(steps):
        ends = np.stack([recorded_ends(int(step)) for step in together])
        past = _picked(said, np.searchsorted(asked, ends))
        # a target that ends after the lattice step was not known then; a series too young was not scored
        late = ends[:, :, None] + horizons[None, None, :] > together[:, None, None]
        young = _known_since(history, _first_kept(together, history.step_s)[:, None], ends) < MIN_STEPS
        hidden = late | young[:, :, None]
        record = Record(
            peak=past.peak,
            path=past.path,
            peak_truth=np.where(hidden, np.nan, peaks[ends - 1]),
            path_truth=np.where(hidden, np.nan, loads[ends - 1]),
        )
        parts.append(lesson_of(record, question))
    return _joined(parts)


def _same_length(steps: IntArray) -> list[IntArray]:
    """Return the lattice steps in batches whose records are equally long."""
    lengths = np.array([recorded_ends(int(step)).size for step in steps])
    batches: list[IntArray] = []
    for length in np.unique(lengths):
        alike = steps[lengths == length]
        batches += [alike[start : start + _TOGETHER] for start in range(0, alike.size, _TOGETHER)]
    return batches


def _first_kept(ends: IntArray, step_s: float) -> IntArray:
    """Return the first step that a forecaster after `ends` steps still holds."""
    first: IntArray = np.maximum(0, -(-(ends - kept_steps(step_s)) // STRIDE) * STRIDE)
    return first


def _known_before(history: History, ends: IntArray) -> IntArray:
    return _known_since(history, _first_kept(ends, history.step_s), ends)


def _known_since(history: History, first: IntArray, ends: IntArray) -> IntArray:
    """Return how many steps in first..ends - 1 are known."""
    counts = np.concatenate([[0], np.cumsum(~np.isnan(history.known[0]))])
    found: IntArray = counts[ends] - counts[first]
    return found


def _joined(lessons: list[Lesson]) -> Lesson:
    def learnt(parts: list[Learnt]) -> Learnt:
        return replace(
            parts[0],
            weights=np.concatenate([part.weights for part in parts]),
            shift=np.concatenate([part.shift for part in parts]),
        )

    return Lesson(
        peak=learnt([lesson.peak for lesson in lessons]),
        path=learnt([lesson.path for lesson in lessons]),
        standing=Standing(
            skill=np.concatenate([lesson.standing.skill for lesson in lessons]),
            coverage=np.concatenate([lesson.standing.coverage for lesson in lessons]),
            origins=np.concatenate([lesson.standing.origins for lesson in lessons]),
            trusted=np.concatenate([lesson.standing.trusted for lesson in lessons]),
        ),
    )


def _taken(lesson: Lesson, rows: IntArray) -> Lesson:
    def learnt(all_rows: Learnt) -> Learnt:
        return replace(all_rows, weights=all_rows.weights[rows], shift=all_rows.shift[rows])

    standing = lesson.standing
    return Lesson(
        peak=learnt(lesson.peak),
        path=learnt(lesson.path),
        standing=Standing(
            skill=standing.skill[rows],
            coverage=standing.coverage[rows],
            origins=standing.origins[rows],
            trusted=standing.trusted[rows],
        ),
    )


def _picked(said: MemberForecasts, columns: IntArray) -> MemberForecasts:
    return MemberForecasts(peak=said.peak[columns], path=said.path[columns], arrival=said.arrival[columns])


def scored_ends(steps: int, step_s: float, *, from_s: float, wanted: int) -> IntArray:
    """Return about `wanted` origins, evenly spread from `from_s` seconds to the end, on the lattice where it is dense.

    Args:
        steps: length of the series.
        step_s: length of a step in seconds.
        from_s: first origin in seconds from the start.
        wanted: how many origins.
    """
    first = max(int(from_s / step_s), MIN_STEPS)
    every = max(1, (steps - first) // wanted)
    if every > STRIDE:
        every, first = every // STRIDE * STRIDE, -(-first // STRIDE) * STRIDE
    return np.arange(first, steps, every)
