"""Forecasts at many origins of recorded series, each made from what was known by then.

The members are asked once per origin and shared by all later records; apart from that every forecast is the one that
`Forecaster` would have given.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from forecasting.arrays import FloatArray, IntArray
from forecasting.contract import MIN_STEPS, CoarseHistory, Question
from forecasting.forecaster import Forecaster, kept_steps, lesson_of
from forecasting.history import OWN_DAYS_S, History
from forecasting.members import MemberForecasts, Origins, member_forecasts
from forecasting.pooled import PooledModel
from forecasting.ranks import at_levels
from forecasting.record import STRIDE, assemble, recorded_ends
from forecasting.series_file import SeriesSet, coarser

_T = TypeVar("_T", np.float32, np.float64)
_COARSE_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rolled:
    """Forecasts of n series at m origins."""

    ends: IntArray
    """How many steps had passed at each origin, shape (m,)."""
    peak: FloatArray
    """Quantiles of the peak, shape (n, m, k, h)."""
    path: FloatArray
    """Quantiles of the path, shape (n, m, k, h)."""
    member_peaks: FloatArray
    """What each member said of the peak, shape (n, members, m, k, h)."""
    asked: int
    """Origins per series at which the members were asked, for scoring and for the record."""


def with_days(series: SeriesSet) -> History:
    """Return the history of a whole file, minutes and shorter also summed to ten minutes for the day patterns."""
    factor = round(_COARSE_S / series.step_s)
    values, coarse = series.values, None
    if series.step_s < OWN_DAYS_S and values.shape[1] * series.step_s >= 6 * 3600:
        binned = coarser(values, factor) / factor
        age_s = (values.shape[1] - binned.shape[1] * factor) * series.step_s
        coarse = CoarseHistory(values=binned, step_s=_COARSE_S, age_s=age_s)
    return History(values=values, censored=np.zeros(values.shape, np.bool_), step_s=series.step_s, coarse=coarse)


def roll(
    history: History, ends: IntArray, question: Question, *, model: PooledModel, done: Callable[[float], None]
) -> Rolled:
    """Return the forecasts after each of `ends` steps.

    Args:
        history: whole series.
        ends: how many steps had passed, ascending, >= `MIN_STEPS`, shape (m,).
        question: horizons and quantiles.
        model: the pooled model.
        done: told the share of the work that is done, 0..1, now and then.
    """
    asked = _asked(ends)
    n, columns = history.values.shape[0], {int(end): i for i, end in enumerate(asked)}
    said = _ask(history, asked, question, model=model, done=done)
    peak = np.empty((n, ends.size, question.quantiles.size, question.horizons.size))
    path = np.empty_like(peak)
    for i, end in enumerate(ends):
        forecast = _at(history, int(end), question, model=model, said=said, columns=columns).forecast()
        peak[:, i], path[:, i] = forecast.peak, forecast.path
        done(0.8 + 0.2 * (i + 1) / ends.size)
    return Rolled(
        ends=ends,
        asked=asked.size,
        peak=peak,
        path=path,
        member_peaks=_member_peaks(said, ends, columns, question=question),
    )


def _asked(ends: IntArray) -> IntArray:
    lattice = [recorded_ends(int(end)) for end in ends]
    pending = ends // STRIDE * STRIDE
    return np.unique(np.concatenate([*lattice, ends, pending]))


def _ask(
    history: History, asked: IntArray, question: Question, *, model: PooledModel, done: Callable[[float], None]
) -> MemberForecasts:
    """Return the members at all asked origins of all series, shapes (n, asked, ...)."""
    parts = []
    n = history.values.shape[0]
    for row in range(n):
        origins = Origins(rows=np.full(asked.size, row), ends=asked)
        parts.append(member_forecasts(history, origins, horizons=question.horizons, model=model))
        done(0.8 * (row + 1) / n)
    return MemberForecasts(
        peak=np.stack([part.peak for part in parts]),
        path=np.stack([part.path for part in parts]),
        arrival=np.stack([part.arrival for part in parts]),
    )


def _at(
    history: History,
    end: int,
    question: Question,
    *,
    model: PooledModel,
    said: MemberForecasts,
    columns: dict[int, int],
) -> Forecaster:
    """Return the forecaster after `end` steps, put together from what was asked already."""
    first = max(0, -(-(end - kept_steps(history.step_s)) // STRIDE) * STRIDE)
    recorded = [columns[int(e)] for e in recorded_ends(end)]
    past = _picked(said, recorded)
    seen = History(
        values=history.values[:, first:end],
        censored=history.censored[:, first:end],
        step_s=history.step_s,
    )
    record = assemble(seen.known, question.horizons, past)
    return Forecaster(
        question=question,
        model=model,
        history=seen,
        said=past,
        pending=_picked(said, [columns[end // STRIDE * STRIDE]]),
        lesson=lesson_of(record, question),
        now=_picked(said, [columns[end]]),
    )


def _picked(said: MemberForecasts, columns: list[int]) -> MemberForecasts:
    def flat(values: NDArray[_T]) -> NDArray[_T]:
        part = values[:, columns]
        return part.reshape(-1, *part.shape[2:])

    return MemberForecasts(peak=flat(said.peak), path=flat(said.path), arrival=flat(said.arrival))


def _member_peaks(said: MemberForecasts, ends: IntArray, columns: dict[int, int], *, question: Question) -> FloatArray:
    here = said.peak[:, [columns[int(end)] for end in ends]]
    n, m, members, levels, h = here.shape
    flat = at_levels(here.astype(np.float64).reshape(n * m * members, levels, h), question.quantiles)
    return np.moveaxis(flat.reshape(n, m, members, -1, h), 2, 1)


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
