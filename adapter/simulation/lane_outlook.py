"""What each choice expects at each minute of the days that it is tried on.

One set of forecasts serves all choices: they differ in the quantile and the horizon that they read, or read none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from adapter.core.following import QUANTILE_LADDER
from adapter.core.knobs import Knobs
from adapter.core.lead_time import HORIZON_LADDER_S, rung
from adapter.core.sizing import MEDIAN
from adapter.simulation.arrays import Floats, Ints
from adapter.simulation.rolling import Rolled, roll

_AGE_S: Final = 45.0  # how old a forecast is when it is read, on average: it is read that much further ahead


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outlook:
    """Shape (choices, days, minutes) each; 0 where nothing is expected or no forecast is trusted."""

    peak: Floats
    """Chosen quantile of the peak within the lead time."""
    beyond: Floats
    """Median of the peak within lead time and break-even."""
    soon: Floats
    """Probability of an arrival within the lead time."""
    later: Floats
    """The same within lead time and break-even."""


def look_out(demand: Floats, minutes: Ints, choices: Sequence[Knobs], *, lead_s: float) -> Outlook:
    """Return what choices expect at the ends of some minutes, knowing all that was before.

    Args:
        demand: of every minute of the past, shape (t,), NaN = not known, beginning on a multiple of ten minutes.
        minutes: which ones, shape (days, minutes), ending where the past does at the latest.
        choices: to be tried.
        lead_s: how far ahead they look.
    """
    nothing = np.zeros((len(choices), *minutes.shape))
    if not any(each.forecast for each in choices):
        return Outlook(peak=nothing, beyond=nothing, soon=nothing, later=nothing)
    near = horizon_for(lead_s)
    far = [horizon_for(lead_s + each.break_even_s) for each in choices]
    horizons_s = sorted({near, *far})
    first = int(minutes.min()) // 10 * 10
    rolled = roll(demand, count=len(demand) - first, horizons_s=horizons_s)
    places = [horizons_s.index(each) for each in far]
    return _read(rolled, minutes - first, choices, near=horizons_s.index(near), far=places)


def horizon_for(ahead_s: float) -> float:
    """Return the horizon at which a forecast is read that looks so far ahead.

    Example:
        >>> horizon_for(180.0)
        240.0
    """
    return HORIZON_LADDER_S[rung(ahead_s + _AGE_S, HORIZON_LADDER_S)]


def _read(rolled: Rolled, rows: Ints, choices: Sequence[Knobs], *, near: int, far: Sequence[int]) -> Outlook:
    median = QUANTILE_LADDER.index(MEDIAN)
    levels = [rung(each.quantile - 1e-9, QUANTILE_LADDER) for each in choices]
    on = np.array([each.forecast for each in choices], dtype=np.float64)[:, None, None]
    peak, arrival = np.nan_to_num(rolled.peak)[rows], rolled.arrival[rows]
    return Outlook(
        peak=on * np.stack([peak[:, :, level, near] for level in levels]),
        beyond=on * np.stack([peak[:, :, median, place] for place in far]),
        soon=on * arrival[None, :, :, near],
        later=on * np.stack([arrival[:, :, place] for place in far]),
    )
