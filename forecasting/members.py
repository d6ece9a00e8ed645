"""From raw windows to the few forecasts that compete for each series: the model and the best of the simple ones.

Why: each series' own record decides among a handful of members, not among all experts: with few scored origins a long
list of candidates would be won by luck.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.arrays import FloatArray, IntArray
from forecasting.days import DayView, coarse_steps
from forecasting.experts import PATH_EXPERTS, PEAK_EXPERTS, Answers, ask_experts
from forecasting.features import horizon_features, row_features
from forecasting.history import History
from forecasting.pooled import PooledModel, answer
from forecasting.ranks import GRID, Float32Array, counted
from forecasting.window import Window, prepare

MEMBERS = ("model", "last", "last_recent", "same_state", "days")
"""Names of the members, in order. `last` is the naive forecast over the window."""

NAIVE = 1
"""Position of the naive member."""

_PEAK_ROWS = [PEAK_EXPERTS.index(name) for name in ("last", "last_recent", "same_state", "day_peaks")]
_PATH_ROWS = [PATH_EXPERTS.index(name) for name in ("last", "last_recent", "same_state", "day_loads")]
_CHUNK = 256  # rows worked on at once: their windows stay in the processor's cache


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MemberForecasts:
    """What every member says, in the caller's unit, for n origins, at the levels of `GRID`."""

    peak: Float32Array
    """Shape (n, members, 8, h)."""
    path: Float32Array
    """Shape (n, members, 8, h)."""
    arrival: FloatArray
    """Probability of any load within each horizon, shape (n, h)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Origins:
    """Where forecasts are made from: series `rows[i]` after `ends[i]` steps."""

    rows: IntArray
    """Shape (m,)."""
    ends: IntArray
    """Shape (m,)."""


def member_forecasts(
    history: History, origins: Origins, *, horizons: IntArray, model: PooledModel, path_wanted: bool = True
) -> MemberForecasts:
    """Return the forecasts of all members from each of the m origins, seeing nothing after it.

    Where no path is wanted, nothing is said of it: its last axis is empty.
    """
    m, h = origins.rows.size, horizons.size
    peak = np.empty((m, len(MEMBERS), GRID.size, h), dtype=np.float32)
    path = np.empty_like(peak, shape=(*peak.shape[:3], h if path_wanted else 0))
    arrival = np.empty((m, h))
    for start in range(0, m, _CHUNK):
        part = slice(start, start + _CHUNK)
        window = prepare(history.windows(origins.rows[part], origins.ends[part]))
        _fill(window, horizons, model, into=(peak[part], path[part], arrival[part]))
    # a longer stretch holds the shorter one
    return MemberForecasts(
        peak=np.maximum.accumulate(peak, axis=3), path=path, arrival=np.maximum.accumulate(arrival, axis=1)
    )


def _fill(
    window: Window,
    horizons: IntArray,
    model: PooledModel,
    *,
    into: tuple[Float32Array, Float32Array, FloatArray],
) -> None:
    peak, path, arrival = into
    shared, scale = row_features(window), window.scale[:, None, None]
    asked = _asked(window, horizons)
    features = [
        np.concatenate([shared, horizon_features(window, answers, int(horizon))], axis=1)
        for horizon, answers in zip(horizons, asked, strict=True)
    ]
    best_peak, best_path = answer(  # all horizons at once: few large products cost less than many small ones
        model,
        np.concatenate(features),
        peak=_below([answers.peak for answers in asked]),
        path=_below([answers.path for answers in asked]) if path.size else None,
    )
    for column, answers in enumerate(asked):
        rows = slice(column * window.scale.size, (column + 1) * window.scale.size)
        peak[..., column] = _members(best_peak[rows], answers.peak[:, _PEAK_ROWS]) * scale
        if path.size:
            path[..., column] = _members(best_path[rows], answers.path[:, _PATH_ROWS]) * scale
        arrival[:, column] = _arrival(answers, window)


def _asked(window: Window, horizons: IntArray) -> list[Answers]:
    """Return the experts' answers at each horizon; the days are looked up once for each number of coarse steps."""
    days: dict[int, DayView | None] = {}
    asked = []
    for horizon in horizons.tolist():
        ahead = coarse_steps(window, horizon)
        asked.append(ask_experts(window, horizon, days.get(ahead)))
        days[ahead] = asked[-1].day
    return asked


def _below(answers: list[Float32Array]) -> Float32Array:
    """Return answers one below the other, experts outermost in memory."""
    return np.moveaxis(np.concatenate([np.moveaxis(each, 1, 0) for each in answers], axis=1), 0, 1)


def _members(best: Float32Array, simple: Float32Array) -> Float32Array:
    return np.concatenate([best[:, None], simple], axis=1)


def _arrival(answers: Answers, window: Window) -> FloatArray:
    """Return how often load came from a state like this one; one more origin went as it did from any state.

    So a state that was never seen, such as the first long silence, is judged by all origins there are, to which half a
    hit of each kind is added (Jeffreys' prior).
    """
    seen = ~np.isnan(answers.came)
    alike, busy = seen & (answers.alike > 0), answers.came > 0
    anyhow = (counted(busy) + 0.5) / (counted(seen) + 1.0)
    silent = ~(window.level > 0).any(axis=1) & ~seen.any(axis=1)
    return np.where(silent, 0.5, (counted(alike & busy) + anyhow) / (counted(alike) + 1.0))
