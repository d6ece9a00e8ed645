"""Everything known about a batch of series, and the windows that a forecast at an earlier time would have seen.

Why: forecasts are scored by making them again at earlier origins, in use as in training and evaluation. One place cuts
windows, so that no forecast ever sees a step after its origin.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from forecasting.arrays import BoolArray, FloatArray, IntArray
from forecasting.contract import CoarseHistory
from forecasting.targets import without
from forecasting.window import COARSE_WINDOW, WINDOW, RawWindow

OWN_DAYS_S = 300.0
"""From this step on, the fine history reaches back over days by itself."""


@dataclass(frozen=True, kw_only=True, eq=False)
class History:
    """n series of t steps, with what is known of their earlier days."""

    values: FloatArray
    """Load per step, shape (n, t), NaN = gap."""
    censored: BoolArray
    """True where the series was saturated, shape (n, t)."""
    step_s: float
    """Length of a step in seconds."""
    coarse: CoarseHistory | None = None
    """The same series on a coarser grid."""

    def rows(self, rows: IntArray) -> "History":
        """Return the history of the given series, in that order."""
        coarse = None if self.coarse is None else replace(self.coarse, values=self.coarse.values[rows])
        return replace(self, values=self.values[rows], censored=self.censored[rows], coarse=coarse)

    @cached_property
    def known(self) -> FloatArray:
        """Load where it was demand, NaN = gap or saturated, shape (n, t)."""
        return without(self.values, self.censored) if self.censored.any() else self.values

    def _days(self) -> CoarseHistory | None:
        """Return the load of earlier days: the coarse history, else the fine one where it reaches back over days."""
        if self.coarse is not None or self.step_s < OWN_DAYS_S:
            return self.coarse
        return CoarseHistory(values=self.values, step_s=self.step_s)

    def windows(self, rows: IntArray, ends: IntArray) -> RawWindow:
        """Return what series `rows[i]` looked like after `ends[i]` steps, i = 1..m.

        Args:
            rows: series, shape (m,).
            ends: how many steps had passed, shape (m,), in 0..t.
        """
        days = self._days()
        return RawWindow(
            values=_cut(self.values, rows, ends, width=WINDOW),
            known=_cut(self.known, rows, ends, width=WINDOW),
            coarse=None if days is None else self._coarse_windows(days, rows, ends),
            step_s=self.step_s,
            coarse_step_s=self.step_s if days is None else days.step_s,
        )

    def _coarse_windows(self, days: CoarseHistory, rows: IntArray, ends: IntArray) -> FloatArray:
        total = days.values.shape[1]
        end_s = self.values.shape[1] * self.step_s - days.age_s  # of the last coarse step, from the first fine one
        # a coarse step is seen once it has ended; 1e-9 keeps exact multiples on their side
        seen = total + np.floor((ends * self.step_s - end_s) / days.step_s + 1e-9).astype(np.int64)
        inside = np.clip(seen, 0, total)
        return _shifted(_cut(days.values, rows, inside, width=COARSE_WINDOW), seen - inside)


def _cut(values: FloatArray, rows: IntArray, ends: IntArray, *, width: int) -> FloatArray:
    """Return the `width` steps before each of `ends`, shape (m, width), NaN before the first."""
    before = max(0, width - int(ends.min(initial=width)))
    if before:
        values = np.concatenate([np.full((values.shape[0], before), np.nan), values], axis=1)
    found: FloatArray = sliding_window_view(values, width, axis=1)[rows, ends + (before - width)]
    return found


def _shifted(windows: FloatArray, late: IntArray) -> FloatArray:
    """Return windows moved left by `late` steps that are not known yet; all unknown where nothing has been seen."""
    if not late.any():
        return windows
    columns = np.arange(windows.shape[1])[None, :] + late[:, None]
    inside = (columns >= 0) & (columns < windows.shape[1])
    moved = np.take_along_axis(windows, np.clip(columns, 0, windows.shape[1] - 1), axis=1)
    return np.where(inside & (late[:, None] >= 0), moved, np.nan)
