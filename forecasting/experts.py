"""Simple forecasters, vectorised over series, each answering with quantiles of the peak and of the path.

Why: nothing simple is best everywhere, but for nearly every service something simple is good. The experts are the
candidates; which to believe is decided by the pooled model and by each series' own record.
All work in units of the window's scale and follow a rescaling of the series.

An expert with errors is split conformal: a point forecast now plus the quantiles of what the truth was above or below
the same point forecast at earlier origins.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.days import DayView, day_view
from forecasting.ranks import GRID, Float32Array, grid_quantiles, zero_for_nan
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

_FEWEST_ALIKE = 6  # origins in the same state, below which `same_state` says what all origins say
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
    bases: Float32Array
    """Last values at those origins, shape (n, m)."""
    alike: Float32Array
    """1 where that origin was in the same state as now, shape (n, m)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Record:
    """Truths and point forecasts at the same earlier origins, each of shape (n, m)."""

    truths: Float32Array
    points: dict[str, Float32Array]
    states: Float32Array


def ask_experts(window: Window, horizon: int, day: DayView | None = None) -> Answers:
    """Return the answers of all experts for the next `horizon` steps.

    Args:
        window: the recent past.
        horizon: steps ahead.
        day: result of `day_view` for as many coarse steps, where it is known already.
    """
    learnable = min(horizon, WINDOW // 2)  # beyond half a window there are too few complete targets
    points = _point_forecasts(window, learnable)
    day = day_view(window, horizon) if day is None else day
    stride = _stride(learnable)
    peaks = _record(points, window, truths=_peak_truths(window, learnable), steps=learnable, stride=stride)
    ranked = _ranked(window, points, peaks)
    past_peaks = ranked[4]
    flats = [window.level[:, -min(span, WINDOW) :].max(axis=1) for span in (learnable, 4 * learnable)]
    flats += [window.level[:, -1], window.means[4][:, -1], window.means[32][:, -1]]
    flats += _days_flat(day, window, "peak")
    day_peaks = past_peaks if day is None else day.block_peaks
    path = _path_answers(window, points, day=day, horizon=learnable)
    return Answers(
        peak=_stack(ranked, flats, days=day_peaks, fallback=past_peaks),
        path=path,
        day=day,
        truths=peaks.truths,
        bases=peaks.points["last"],
        alike=(peaks.states == window.state[:, -1:]).astype(np.float32),
    )


def _path_answers(
    window: Window, points: dict[str, Float32Array], *, day: DayView | None, horizon: int
) -> Float32Array:
    loads = _pooled_record(points, window, horizon)
    ranked = _ranked(window, points, loads)
    past_loads = grid_quantiles(window.known[:, ::5])
    ranked[6] = np.where(ranked[6] == ranked[4], past_loads, ranked[6])
    ranked[4] = past_loads
    flats = [window.level[:, -1], window.means[4][:, -1], window.means[32][:, -1], *_days_flat(day, window, "mean")]
    return _stack(ranked, flats, days=past_loads if day is None else day.loads, fallback=past_loads)


def _point_forecasts(window: Window, horizon: int) -> dict[str, Float32Array]:
    return {
        "last": window.started,
        "mean_8": window.means[8],
        "trend": _damped_trend(window.means[4], span=min(max(horizon, 2), 16)),
        "proportional": window.blend + _FLOOR,
    }


def _damped_trend(smooth: Float32Array, *, span: int) -> Float32Array:
    """Return the smoothed level plus 0.7 of its change over `span` steps, never below zero."""
    before = np.concatenate([np.repeat(smooth[:, :1], span, axis=1), smooth[:, :-span]], axis=1)
    before = np.where(np.isnan(before), smooth, before)  # not old enough for a trend
    trend: Float32Array = np.maximum(smooth + np.float32(0.7) * (smooth - before), np.float32(0.0))
    return trend


def _stride(horizon: int) -> int:
    return max(1, (WINDOW - horizon) // ORIGINS)


def _origins(values: Float32Array, steps: int, stride: int) -> Float32Array:
    """Return the columns of the earlier origins, newest first: `steps` before the end, then every `stride` steps."""
    return values[:, WINDOW - 1 - steps :: -stride][:, :ORIGINS]


def _peak_truths(window: Window, horizon: int) -> Float32Array:
    power = horizon.bit_length() - 1
    table, stride = window.peaks[power], _stride(horizon)
    early, late = _origins(table, horizon, stride), _origins(table, 2**power, stride)
    truths: Float32Array = np.maximum(early, late[:, : early.shape[1]])
    return truths


def _record(
    points: dict[str, Float32Array], window: Window, *, truths: Float32Array, steps: int, stride: int
) -> _Record:
    states = _origins(window.state, steps, stride)
    return _Record(
        truths=truths[:, : states.shape[1]],
        points={name: _origins(point, steps, stride) for name, point in points.items()},
        states=states,
    )


def _pooled_record(points: dict[str, Float32Array], window: Window, horizon: int) -> _Record:
    """Return a record over two steps of the horizon's band, half of the origins from each."""
    steps = [step for step in band_steps(horizon) if step <= horizon][-2:] or [horizon]
    stride = _stride(horizon) * len(steps)
    truths = window.known[:, WINDOW - 1 :: -stride]
    records = [_record(points, window, truths=truths, steps=step, stride=stride) for step in steps]
    return _Record(
        truths=_interleave([record.truths for record in records]),
        points={name: _interleave([record.points[name] for record in records]) for name in points},
        states=_interleave([record.states for record in records]),
    )


def _interleave(parts: list[Float32Array]) -> Float32Array:
    """Return the columns of all parts, the newest of each first."""
    shortest = min(part.shape[1] for part in parts)
    return np.stack([part[:, :shortest] for part in parts], axis=2).reshape(parts[0].shape[0], -1)[:, :ORIGINS]


def _ranked(window: Window, points: dict[str, Float32Array], record: _Record) -> list[Float32Array]:
    """Return the seven experts that rank what was seen before."""
    truths = record.truths
    now = {name: point[:, -1:] for name, point in points.items()}
    by_error = [now[name] + grid_quantiles(truths - record.points[name]) for name in ("last", "mean_8", "trend")]
    scaled = now["proportional"] * grid_quantiles(truths / record.points["proportional"])
    seen = grid_quantiles(truths)
    quarter = max(1, truths.shape[1] // 4)
    recent = now["last"] + grid_quantiles((truths - record.points["last"])[:, :quarter])
    alike = np.where(record.states == window.state[:, -1:], truths, np.float32(np.nan))
    few = np.count_nonzero(~np.isnan(alike), axis=1)[:, None] < _FEWEST_ALIKE
    same = np.where(few, seen, grid_quantiles(alike))
    return [*by_error, scaled, seen, np.where(np.isnan(recent), by_error[0], recent), same]


def _days_flat(day: DayView | None, window: Window, kind: str) -> list[Float32Array]:
    if day is None:
        return [np.full(window.scale.shape, np.nan, dtype=np.float32)] * 3
    one, three = (day.peak, day.peak_3) if kind == "peak" else (day.mean, day.mean_3)
    return [one, one * day.growth, three]


def _stack(
    ranked: list[Float32Array], flats: list[Float32Array], *, days: Float32Array, fallback: Float32Array
) -> Float32Array:
    """Return (n, experts, levels), what is unknown replaced by `fallback`, or by nothing ever seen: zero."""
    levels = np.ones((1, GRID.size), dtype=np.float32)
    rows = [*ranked, *(flat[:, None] * levels for flat in flats), days, np.zeros_like(fallback)]
    # experts outermost in memory: reducing over them is then a few long vectors, not many short ones
    answers: Float32Array = np.moveaxis(np.stack(rows), 0, 1)
    answers = np.where(np.isnan(answers), fallback[:, None, :], answers)
    answers = np.maximum(zero_for_nan(answers), np.float32(0.0))
    answers[:, :RANKED] = np.maximum.accumulate(answers[:, :RANKED], axis=2)
    return answers
