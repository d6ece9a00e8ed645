"""Simple forecasters, vectorised over series, each answering with quantiles of the peak and of the path.

Why: nothing simple is best everywhere, but for nearly every service something simple is good. The experts are the
candidates; which to believe is decided by the pooled model and by each series' own record.
All work in units of the window's scale and follow a rescaling of the series.

An expert with errors is split conformal: a point forecast now plus the quantiles of what the truth was above or below
the same point forecast at earlier origins.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.arrays import IntArray
from forecasting.days import DayView, day_view
from forecasting.ranks import Float32Array, counted, grid_quantiles, zero_for_nan
from forecasting.targets import band_steps
from forecasting.window import WINDOW, Window

ORIGINS = 96
"""Earlier origins whose errors are ranked, evenly spread over the window."""

PEAK_EXPERTS = (
    "last", "mean_8", "trend", "proportional", "past_peaks", "last_recent", "same_state",
    "max_horizon", "max_4_horizons", "now", "mean_4", "mean_32",
    "yesterday", "yesterday_scaled", "three_days", "day_peaks", "zero",
)  # fmt: skip
"""Names of the peak experts, in the order of their rows."""

PATH_EXPERTS = (
    "last", "mean_8", "trend", "proportional", "past_loads", "last_recent", "same_state",
    "now", "mean_4", "mean_32",
    "yesterday", "yesterday_scaled", "three_days", "day_loads", "zero",
)  # fmt: skip
"""Names of the path experts, in the order of their rows."""

RANKED = 7
"""The first seven experts of both lists rank past errors or loads; the others are the same at every level."""

_LAST, _SCALED = 0, 3  # positions of the last value and of the level that errors are proportional to
_FEWEST_ALIKE = 6  # origins in the same state, below which `same_state` says what all origins say
_MOST_LOST = 0.2  # of the steps of a window that experts learn from
_FLOOR = np.float32(0.02)  # of the scale: keeps proportional errors finite after silence


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """What all experts say at one horizon, in units of the window's scale."""

    peak: Float32Array
    """Quantiles of the peak, shape (n, 17, 8), >= 0."""
    path: Float32Array
    """Quantiles of the load at the horizon, shape (n, 15, 8), >= 0."""
    day: DayView | None
    """Earlier days, None without a coarse history."""
    truths: Float32Array
    """Peaks that came true at earlier origins, shape (n, m), NaN = not known."""
    came: Float32Array
    """The same, but infinite where a saturated step hides how much came: that load came is known there."""
    bases: Float32Array
    """Last values at those origins, shape (n, m)."""
    alike: Float32Array
    """1 where that origin was in the same state as now, shape (n, m)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Record:
    """Earlier origins: what came after them, and the point forecasts made there and now."""

    truths: Float32Array
    """Shape (n, m), NaN = not known."""
    points: Float32Array
    """Point forecasts at the origins, shape (4, n, m)."""
    now: Float32Array
    """Point forecasts now, shape (4, n, 1)."""
    states: Float32Array
    """Shape (n, m)."""


def ask_experts(window: Window, horizon: int, day: DayView | None = None) -> Answers:
    """Return the answers of all experts for the next `horizon` steps.

    Args:
        window: the recent past.
        horizon: steps ahead.
        day: result of `day_view` for as many coarse steps, where it is known already.
    """
    learnable = min(horizon, WINDOW // 2)  # beyond half a window there are too few complete targets
    day = day_view(window, horizon) if day is None else day
    origins = _origins(learnable, _stride(learnable))
    came = _peaks_after(window, origins, learnable)
    truths = np.where(np.isinf(came), np.float32(np.nan), came)
    peaks = _record(window, origins, truths=truths, horizon=learnable)
    ranked = _ranked(window, peaks)
    past_peaks = ranked[4]
    flats = [window.level[:, -min(span, WINDOW) :].max(axis=1) for span in (learnable, 4 * learnable)]
    flats += [window.level[:, -1], window.means[4][:, -1], window.means[32][:, -1]]
    flats += _days_flat(day, window, "peak")
    day_peaks = past_peaks if day is None else day.block_peaks
    return Answers(
        peak=_stack(ranked, flats, days=day_peaks, fallback=_or_level(past_peaks, window)),
        path=_path_answers(window, day=day, horizon=learnable),
        day=day,
        truths=peaks.truths,
        came=came,
        bases=peaks.points[_LAST],
        alike=(peaks.states == window.state[:, -1:]).astype(np.float32),
    )


def _path_answers(window: Window, *, day: DayView | None, horizon: int) -> Float32Array:
    ranked = _ranked(window, _pooled_record(window, horizon))
    past_loads = window.loads
    ranked[6] = np.where(ranked[6] == ranked[4], past_loads, ranked[6])
    ranked[4] = past_loads
    flats = [window.level[:, -1], window.means[4][:, -1], window.means[32][:, -1], *_days_flat(day, window, "mean")]
    days = past_loads if day is None else day.loads
    return _stack(ranked, flats, days=days, fallback=_or_level(past_loads, window))


def _stride(horizon: int) -> int:
    return max(1, (WINDOW - horizon) // ORIGINS)


def _origins(steps: int, stride: int) -> IntArray:
    """Return the columns of the earlier origins, newest first: `steps` before the end, then every `stride` steps."""
    return np.arange(WINDOW - 1 - steps, -1, -stride)[:ORIGINS]


def _peaks_after(window: Window, origins: IntArray, horizon: int) -> Float32Array:
    """Return the highest load of the next `horizon` steps, NaN where more than a few of them are missing.

    A maximum over nearly all steps is nearly the maximum over all. Waiting for windows without any gap would teach
    nothing of an hour where every tenth minute is lost.
    """
    power = horizon.bit_length() - 1
    table, later = window.peaks[power], origins + (horizon - 2**power)
    if window.missing is None:
        complete: Float32Array = np.maximum(table.take(origins, axis=1), table.take(later, axis=1))
        return complete
    peaks = np.fmax(table.take(origins, axis=1), table.take(later, axis=1))
    lost = window.missing.take(origins + horizon, axis=1) - window.missing.take(origins, axis=1)
    too_few = (lost > _MOST_LOST * horizon) | np.isnan(window.started.take(origins + 1, axis=1))
    return np.where(too_few, np.float32(np.nan), peaks)


def _pooled_record(window: Window, horizon: int) -> _Record:
    """Return a record over two steps of the horizon's band, half of the origins from each, the newest of each first."""
    steps = [step for step in band_steps(horizon) if step <= horizon][-2:] or [horizon]
    parts = [_origins(step, _stride(horizon) * len(steps)) for step in steps]
    shortest = min(part.size for part in parts)
    origins = np.stack([part[:shortest] for part in parts], axis=1)
    ahead = (origins + np.array(steps)).ravel()[:ORIGINS]
    return _record(window, origins.ravel()[:ORIGINS], truths=window.known.take(ahead, axis=1), horizon=horizon)


def _record(window: Window, origins: IntArray, *, truths: Float32Array, horizon: int) -> _Record:
    points = _points(window, np.concatenate([[WINDOW - 1], origins]), span=min(max(horizon, 2), 16))
    now = points[..., :1].copy()
    now[_LAST, :, 0] = window.started[:, -1]  # saturated or not, it is where the load is
    return _Record(truths=truths, points=points[..., 1:], now=now, states=window.state.take(origins, axis=1))


def _points(window: Window, columns: IntArray, *, span: int) -> Float32Array:
    """Return the point forecasts that errors are measured from, made in the given columns, shape (4, n, m).

    They are the last value, a rolling mean, the damped trend (the smoothed level plus 0.7 of its change over `span`
    steps, never below zero) and a slow level.
    """
    smooth = window.means[4]
    points = np.empty((4, smooth.shape[0], columns.size), dtype=np.float32)
    window.bases.take(columns, axis=1, out=points[_LAST], mode="clip")
    window.means[8].take(columns, axis=1, out=points[1], mode="clip")
    level, before = smooth.take(columns, axis=1), smooth.take(np.maximum(columns - span, 0), axis=1)
    change = np.where(np.isnan(before), np.float32(0.0), level - before)  # not old enough for a trend
    np.maximum(level + np.float32(0.7) * change, np.float32(0.0), out=points[2])
    np.add(window.blend.take(columns, axis=1), _FLOOR, out=points[_SCALED])
    return points


def _ranked(window: Window, record: _Record) -> list[Float32Array]:
    """Return the seven experts that rank what was seen before."""
    truths = record.truths
    sample = np.empty((5, *truths.shape), dtype=np.float32)  # one sort for all of them
    np.subtract(truths, record.points[:_SCALED], out=sample[:_SCALED])
    np.divide(truths, record.points[_SCALED], out=sample[_SCALED])
    sample[4] = truths
    recent = record.now[_LAST] + grid_quantiles(sample[_LAST, :, : max(1, truths.shape[1] // 4)])
    last, mean, trend, scaled, seen = grid_quantiles(sample)
    by_error = [now + errors for now, errors in zip(record.now[:_SCALED], (last, mean, trend), strict=True)]
    alike = np.where(record.states == window.state[:, -1:], truths, np.float32(np.nan))
    few = counted(~np.isnan(alike))[:, None] < _FEWEST_ALIKE
    same = np.where(few, seen, grid_quantiles(alike))
    return [*by_error, record.now[_SCALED] * scaled, seen, np.where(np.isnan(recent), by_error[0], recent), same]


def _days_flat(day: DayView | None, window: Window, kind: str) -> list[Float32Array]:
    if day is None:
        return [np.full(window.scale.shape, np.nan, dtype=np.float32)] * 3
    one, three = (day.peak, day.peak_3) if kind == "peak" else (day.mean, day.mean_3)
    return [one, one * day.growth, three]


def _or_level(seen: Float32Array, window: Window) -> Float32Array:
    """Return what was seen before, and where that is nothing the level of now: no target was complete yet."""
    return np.where(np.isnan(seen), window.level[:, -1:], seen)


def _stack(
    ranked: list[Float32Array], flats: list[Float32Array], *, days: Float32Array, fallback: Float32Array
) -> Float32Array:
    """Return (n, experts, levels), what is unknown replaced by `fallback`; zero where no load was ever seen."""
    # experts outermost in memory: reducing over them is then a few long vectors, not many short ones
    rows = np.zeros((RANKED + len(flats) + 2, *fallback.shape), dtype=np.float32)
    for place, one in enumerate(ranked):
        rows[place] = one
    for place, flat in enumerate(flats):
        rows[RANKED + place] = flat[:, None]
    rows[-2] = days
    unknown = np.isnan(rows)
    if unknown.any():
        rows = zero_for_nan(np.where(unknown, fallback, rows))
    np.maximum(rows, np.float32(0.0), out=rows)
    np.maximum.accumulate(rows[:RANKED], axis=2, out=rows[:RANKED])
    return np.moveaxis(rows, 0, 1)
