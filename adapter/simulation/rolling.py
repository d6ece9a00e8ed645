"""What would have been forecast all along a past: once for every choice that is tried on it.

Demand is what arrives, whatever is decided on it, so every choice shares its forecasts. They are the ones that the loop
makes, renewed every other minute. A past is looked at from many times at once: it is cut into hours, every hour is a
series of its own that is followed from its beginning, and all of them move on together, as a batch is cheaper than a
series. Following gives the numbers of a fresh start, so that the cut changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from adapter.core.following import QUANTILE_LADDER
from adapter.core.history import COARSE_TIER, MINUTE_TIER
from adapter.core.past import mean_of
from adapter.simulation.arrays import Floats, Ints
from forecasting import CoarseHistory, Question, follow

EVERY_MIN: Final = 2
"""Minutes between renewals."""
_CUT_MIN: Final = 110
"""Minutes that are followed in one go: a multiple of the forecaster's lattice and of `EVERY_MIN`, and of ten."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rolled:
    """Forecasts as seen from each of m minutes."""

    peak: Floats
    """Quantiles of the peak within each horizon, shape (m, k, h); NaN without a trusted forecast."""
    arrival: Floats
    """Probability of any arrival within each horizon, shape (m, h); 0 without a trusted forecast."""


def roll(demand: Floats, *, count: int, horizons_s: Sequence[float]) -> Rolled:
    """Return the forecasts as seen from the last minutes of a past.

    Args:
        demand: each minute, shape (t,), NaN = not known, beginning on a multiple of ten minutes.
        count: how many minutes, a multiple of ten, at most t.
        horizons_s: how far ahead, ascending whole minutes.
    """
    horizons = np.array([round(each / MINUTE_TIER.step_s) for each in horizons_s])
    asked = Question(step_s=MINUTE_TIER.step_s, horizons=horizons, quantiles=np.array(QUANTILE_LADDER), path=False)
    starts = np.arange(len(demand) - count, len(demand), _CUT_MIN)
    padded = np.concatenate([np.full(MINUTE_TIER.columns, np.nan), demand, np.full(_CUT_MIN, np.nan)])
    peak = np.full((len(starts) * _CUT_MIN, len(QUANTILE_LADDER), len(horizons)), np.nan)
    arrival = np.zeros((len(starts) * _CUT_MIN, len(horizons)))
    followed = None
    for minute in range(0, _CUT_MIN, EVERY_MIN):
        ends = starts + minute  # the minute that has just ended is the newest one seen
        columns = ends[:, None] + np.arange(1 - MINUTE_TIER.columns, 1)[None, :] + MINUTE_TIER.columns
        followed = follow(
            followed, padded[columns], asked, last_step=MINUTE_TIER.columns + minute, coarse=_days(demand, ends)
        )
        view = followed.forecast()
        for later in range(EVERY_MIN):
            rows = np.arange(len(starts)) * _CUT_MIN + minute + later
            peak[rows] = np.where(view.trusted[:, None, None], view.peak, np.nan)
            arrival[rows] = np.where(view.trusted[:, None], np.nan_to_num(view.arrival_probability), 0.0)
    return Rolled(peak=peak[:count], arrival=arrival[:count])


def _days(demand: Floats, ends: Ints) -> CoarseHistory:
    """Return two weeks of ten minutes before each of some minutes, which are all at the same minute of their ten."""
    per = round(COARSE_TIER.step_s / MINUTE_TIER.step_s)
    means = mean_of(demand[None, : len(demand) // per * per], per)[0]
    padded = np.concatenate([np.full(COARSE_TIER.columns, np.nan), means, np.full(_CUT_MIN // per, np.nan)])
    columns = ((ends + 1) // per)[:, None] + np.arange(COARSE_TIER.columns)[None, :]
    age_s = float((ends[0] + 1) % per) * MINUTE_TIER.step_s
    return CoarseHistory(values=padded[columns], step_s=COARSE_TIER.step_s, age_s=age_s)
