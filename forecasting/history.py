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
        return without(self.values, self.censored)

    @cached_property
    def _values(self) -> FloatArray:
        return _padded(self.values, WINDOW)

    @cached_property
    def _known(self) -> FloatArray:
        return _padded(self.known, WINDOW)

    @cached_property
    def _coarse(self) -> tuple[FloatArray, float, float] | None:
        """Return padded coarse values, their step, and when the last one ended, counted from the first fine step."""
        if self.coarse is not None:
            end_s = self.values.shape[1] * self.step_s - self.coarse.age_s
            return _padded(self.coarse.values, COARSE_WINDOW), self.coarse.step_s, end_s
        if self.step_s < OWN_DAYS_S:
            return None
        return _padded(self.values, COARSE_WINDOW), self.step_s, self.values.shape[1] * self.step_s

    def windows(self, rows: IntArray, ends: IntArray) -> RawWindow:
        """Return what series `rows[i]` looked like after `ends[i]` steps, i = 1..m.

        Args:
            rows: series, shape (m,).
            ends: how many steps had passed, shape (m,), in 0..t.
        """
        coarse = None if self._coarse is None else self._coarse_windows(rows, ends)
        return RawWindow(
            values=sliding_window_view(self._values, WINDOW, axis=1)[rows, ends],
            known=sliding_window_view(self._known, WINDOW, axis=1)[rows, ends],
            coarse=coarse,
            step_s=self.step_s,
            coarse_step_s=self.step_s if self._coarse is None else self._coarse[1],
        )

    def _coarse_windows(self, rows: IntArray, ends: IntArray) -> FloatArray | None:
        if self._coarse is None:
            return None
        padded, step_s, end_s = self._coarse
        total = padded.shape[1] - COARSE_WINDOW
        # a coarse step is seen once it has ended; 1e-9 keeps exact multiples on their side
        seen = total + np.floor((ends * self.step_s - end_s) / step_s + 1e-9).astype(np.int64)
        inside = np.clip(seen, 0, total)
        cut: FloatArray = sliding_window_view(padded, COARSE_WINDOW, axis=1)[rows, inside]
        return _shifted(cut, seen - inside)


def _padded(values: FloatArray, steps: int) -> FloatArray:
    return np.concatenate([np.full((values.shape[0], steps), np.nan), values], axis=1)


def _shifted(windows: FloatArray, late: IntArray) -> FloatArray:
    """Return windows moved left by `late` steps that are not known yet; all unknown where nothing has been seen."""
    if not late.any():
        return windows
    columns = np.arange(windows.shape[1])[None, :] + late[:, None]
    inside = (columns >= 0) & (columns < windows.shape[1])
    moved = np.take_along_axis(windows, np.clip(columns, 0, windows.shape[1] - 1), axis=1)
    return np.where(inside & (late[:, None] >= 0), moved, np.nan)
