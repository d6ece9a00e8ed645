"""What happened at this time of day before, read from the coarse history.

Why: some services have a strong day and many have none; these experts offer the day, others decide whether to believe
it. Works without a clock: yesterday is simply 86 400 seconds back.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.ranks import Float32Array, grid_quantiles, zero_for_nan
from forecasting.window import Window

_DAY_S = 86_400.0
_BLOCKS = 96  # blocks of the coarse window whose peaks are ranked


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayView:
    """The coming horizon on earlier days, in units of the window's scale; NaN where that day is not known."""

    mean: Float32Array
    """Mean load of the same stretch yesterday, shape (n,)."""
    peak: Float32Array
    """Highest coarse load of the same stretch yesterday, shape (n,)."""
    mean_3: Float32Array
    """Mean over the last three days, shape (n,)."""
    peak_3: Float32Array
    """Highest over the last three days, shape (n,)."""
    growth: Float32Array
    """Load of the last hour over that of the same hour yesterday, within 0.2 to 5, shape (n,)."""
    block_peaks: Float32Array
    """Quantiles of the highest coarse load in stretches as long as the horizon, shape (n, 8)."""
    loads: Float32Array
    """Quantiles of the coarse load, shape (n, 8)."""


def day_view(window: Window, horizon: int) -> DayView | None:
    """Return what earlier days say about the next `horizon` steps; None without a coarse history of parts of days."""
    coarse, loads = window.coarse, window.coarse_loads
    if coarse is None or loads is None:
        return None
    ahead = coarse_steps(window, horizon)
    per_day = round(_DAY_S / window.coarse_step_s)
    if per_day < 2:  # steps of most of a day or more know no time of day
        return None
    stretches = [_stretch(coarse, days * per_day, ahead) for days in (1, 2, 3)]
    means, peaks = [_mean(part) for part in stretches], [np.fmax.reduce(part, axis=1) for part in stretches]
    count = sum(~np.isnan(mean) for mean in means)
    total = sum(zero_for_nan(mean) for mean in means)
    return DayView(
        mean=means[0],
        peak=peaks[0],
        mean_3=np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32),
        peak_3=np.fmax(np.fmax(peaks[0], peaks[1]), peaks[2]),
        growth=_growth(window, coarse),
        block_peaks=grid_quantiles(_block_peaks(coarse, max(ahead, 1))),
        loads=loads,
    )


def coarse_steps(window: Window, horizon: int) -> int:
    """Return how many coarse steps the horizon takes: horizons with as many have the same `day_view`."""
    return int(np.ceil(horizon * window.step_s / window.coarse_step_s))


def _stretch(coarse: Float32Array, back: int, ahead: int) -> Float32Array:
    """Return `ahead` coarse steps from `back` steps ago, and one more, for the two grids are not aligned."""
    start = coarse.shape[1] - back
    if start < 0:
        return np.full((coarse.shape[0], 1), np.nan, dtype=np.float32)
    return coarse[:, start : min(start + ahead + 1, coarse.shape[1])]


def _growth(window: Window, coarse: Float32Array) -> Float32Array:
    per_hour = max(1, round(3600 / window.coarse_step_s))
    end = coarse.shape[1] - round(_DAY_S / window.coarse_step_s)
    if end < per_hour:
        return np.ones(coarse.shape[0], dtype=np.float32)
    then = _mean(coarse[:, end - per_hour : end])
    now = zero_for_nan(window.means[_nearest_span(3600 / window.step_s)][:, -1])
    growth = np.clip((now + 0.05) / (then + 0.05), 0.2, 5.0)
    return np.where(np.isnan(growth), 1.0, growth).astype(np.float32)


def _nearest_span(steps: float) -> int:
    return min((2, 4, 8, 16, 32, 64, 256), key=lambda span: abs(span - steps))


def _mean(part: Float32Array) -> Float32Array:
    count = np.count_nonzero(~np.isnan(part), axis=1)
    mean = zero_for_nan(part).sum(axis=1) / np.maximum(count, 1)
    return np.where(count > 0, mean, np.nan).astype(np.float32)


def _block_peaks(coarse: Float32Array, length: int) -> Float32Array:
    length = min(length, coarse.shape[1])
    blocks = coarse.shape[1] // length
    every = max(1, blocks // _BLOCKS) * length
    first = coarse.shape[1] - blocks * length
    peaks = coarse[:, first::every]
    for step in range(1, length):  # column by column: reducing many short rows costs many times as much
        peaks = np.fmax(peaks, coarse[:, first + step :: every][:, : peaks.shape[1]])
    return peaks
