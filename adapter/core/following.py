"""What the forecasts of a fleet go on from: the state of the forecaster, kept from minute to minute.

Why: a forecast that goes on from the one before costs a small part of one that begins anew, and is the same to the
byte. Workloads that are renewed together are kept together; who comes or goes changes nothing for the others.
Must not know: what is decided on the forecasts.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from adapter.core.history import COARSE_TIER, MINUTE_TIER, History, StoredArray, censored_minutes
from adapter.core.lead_time import HORIZON_LADDER_S
from adapter.core.signal import FloatArray
from adapter.core.workload import WorkloadId
from forecasting import LARGEST, MIN_STEPS, CoarseHistory, Followed, Question, follow, join

RowArray = NDArray[np.intp]
Forecaster = Callable[..., Followed]
"""What answers as `forecasting.follow` does, with its arguments."""

QUANTILE_LADDER: tuple[float, ...] = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99)

ASKED = Question(
    step_s=MINUTE_TIER.step_s,
    horizons=np.array([round(each / MINUTE_TIER.step_s) for each in HORIZON_LADDER_S]),
    quantiles=np.array(QUANTILE_LADDER),
    path=False,
)
"""What is forecast of every workload: the peaks that decisions are made on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """The forecaster's state of every workload that has a forecast."""

    batches: Mapping[tuple[WorkloadId, ...], Followed] = field(default_factory=dict)
    """Of workloads renewed together, rows in their order; no workload is in two of them."""
    forecaster: Forecaster = follow
    """Who goes on from them; must answer in the same way, and is held against what came like any other."""

    def of(self, ids: tuple[WorkloadId, ...]) -> Followed | None:
        """Return the state of the given workloads in that order, gaps for those that have none; None if none has."""
        if ids in self.batches:
            return self.batches[ids]
        wanted = set(ids)
        found = {key: each for key, each in self.batches.items() if wanted & set(key)}
        newest = max((each.last_step for each in found.values()), default=0)
        found = {key: each for key, each in found.items() if each.last_step == newest}
        if not found:
            return None
        position = {each: row for row, each in enumerate(each for key in found for each in key)}
        return join(list(found.values())).select(np.array([position.get(each, -1) for each in ids]))

    def only(self, keep: Set[WorkloadId]) -> "Following":
        """Return the state of the given workloads alone."""
        batches = dict(self.batches)
        for key, each in self.batches.items():
            rows = [row for row, one in enumerate(key) if one in keep]
            if len(rows) < len(key):
                del batches[key]
            if 0 < len(rows) < len(key):
                batches[tuple(key[row] for row in rows)] = each.select(np.array(rows))
        return replace(self, batches=batches)

    def renewed(self, history: History, rows: RowArray) -> tuple["Following", Followed]:
        """Return the state after the rows of a history have been looked at, and that of these rows alone."""
        ids = tuple(history.ids[row] for row in rows.tolist())
        minute = history.minute
        followed = self.forecaster(
            self.of(ids),
            _possible(minute.values[rows]),
            ASKED,
            last_step=round(minute.end / MINUTE_TIER.step_s),
            censored=censored_minutes(history, rows),
            coarse=_days(history, rows),
        )
        others = self.only({each for key in self.batches for each in key} - set(ids))
        return replace(self, batches={**others.batches, ids: followed}), followed


def with_history(history: History, rows: RowArray) -> RowArray:
    """Return those of the rows that have enough minutes to be forecast; following the others would be for nothing."""
    known = np.count_nonzero(~np.isnan(history.minute.values[rows]), axis=1)
    enough: RowArray = rows[known >= MIN_STEPS]
    return enough


def _days(history: History, rows: RowArray) -> CoarseHistory | None:
    """Return the ten-minute demand of two weeks, None while nothing was recorded."""
    coarse = history.coarse
    if np.isnan(coarse.end):
        return None
    age_s = history.minute.end - coarse.end
    return CoarseHistory(values=_possible(coarse.values[rows]), step_s=COARSE_TIER.step_s, age_s=age_s)


def _possible(values: StoredArray) -> FloatArray:
    """Return demand with a gap where a number is so large that the forecaster would refuse all series for it."""
    return np.where(values < LARGEST, values, np.nan).astype(np.float64)
