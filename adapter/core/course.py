"""What became of each workload over the last day: a bounded, regular record of the numbers that decisions were made of.

Each minute for three hours, every ten minutes for a day; NaN where nothing was known. It is for people and pictures:
no decision depends on it, and a process that starts begins it anew. What was decided in words is kept apart, see
`adapter.decision_log`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapter.core.decision import Decision
from adapter.core.history import Tier, TierSpec, append
from adapter.core.signal import FloatArray
from adapter.core.sizing import peak_within
from adapter.core.snapshot import Snapshot
from adapter.core.workload import WorkloadId

RECENT: Final = TierSpec(step_s=60.0, columns=180)
DAY: Final = TierSpec(step_s=600.0, columns=144)
BAND: Final = (0.5, 0.95)
"""Quantiles of the forecast that are kept."""


class Quantity(StrEnum):
    """What is kept of a decision."""

    PLANNED = "planned"
    SERVED = "served"
    REQUESTED = "requested"
    READY = "ready"
    DEMAND = "demand"
    """Load to serve now, backlog included, in the unit of the decision's demand."""
    EXPECTED = "expected"
    """The chosen quantile of the peak within the lead time; same unit."""
    MEDIAN = "median"
    """Half of the peaks within the lead time are below it; same unit."""
    HIGH = "high"
    """95 % of the peaks within the lead time are below it; same unit."""
    CAPACITY = "capacity"
    """What one replica sustains; same unit."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """The record of one workload."""

    times: FloatArray
    """Ascending, seconds since epoch, shape (t,); those within three hours a minute apart, older ones ten minutes."""
    values: Mapping[Quantity, FloatArray]
    """Shape (t,) each, NaN = not known."""

    def between(self, start: float, end: float) -> "Course":
        """Return the part with times from `start` to `end`, both included."""
        inside = (self.times >= start) & (self.times <= end)
        return Course(times=self.times[inside], values={key: each[inside] for key, each in self.values.items()})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Courses:
    """The record of a fleet."""

    ids: tuple[WorkloadId, ...] = ()
    """Each has as many rows in a tier as there are quantities, in the order of both."""
    recent: Tier = field(default_factory=lambda: Tier.empty(RECENT, 0))
    day: Tier = field(default_factory=lambda: Tier.empty(DAY, 0))

    def of(self, workload: WorkloadId) -> Course:
        """Return the record of a workload; empty for one that is not decided on."""
        if workload not in self.ids:
            return Course(times=np.empty(0), values={key: np.empty(0) for key in Quantity})
        first = self.ids.index(workload) * len(Quantity)
        rows = slice(first, first + len(Quantity))
        older = self.day.times() < self.recent.times()[0]  # nowhere, while the tier has no end yet
        times = np.concatenate([self.day.times()[older], self.recent.times()])
        values = np.concatenate([self.day.values[rows][:, older], self.recent.values[rows]], axis=1)
        known = np.isfinite(values).any(axis=0)
        return Course(
            times=times[known],
            values={key: values[index, known].astype(np.float64) for index, key in enumerate(Quantity)},
        )

    def reindexed(self, ids: tuple[WorkloadId, ...]) -> "Courses":
        """Return the record for another set of workloads; those it never saw start empty."""
        if ids == self.ids:
            return self
        position = {each: row for row, each in enumerate(self.ids)}
        rows = np.array([position.get(each, -1) for each in ids], dtype=np.intp)
        offsets = np.arange(len(Quantity))
        spread = np.where(rows[:, None] < 0, -1, rows[:, None] * len(Quantity) + offsets).ravel()
        return Courses(ids=ids, recent=_selected(self.recent, spread), day=_selected(self.day, spread))


def record(courses: Courses, snapshot: Snapshot) -> Courses:
    """Return the record with a snapshot added, if its time is a whole minute; else as it was.

    A workload that is no longer decided on is forgotten.
    """
    at = snapshot.at
    if at % RECENT.step_s or not snapshot.decisions or not _later(courses.recent, at):
        return courses
    ids = tuple(sorted(snapshot.decisions))
    known = courses.reindexed(ids)
    column = np.array([value for each in ids for value in _numbers(snapshot.decisions[each])])[:, None]
    day = append(known.day, column, end=at) if at % DAY.step_s == 0 else known.day
    return replace(known, recent=append(known.recent, column, end=at), day=day)


def _later(tier: Tier, at: float) -> bool:
    """Tell whether a time continues the tier; a clock that was set back must not rewrite the past."""
    return not at <= tier.end


def _selected(tier: Tier, rows: NDArray[np.intp]) -> Tier:
    return tier.select(rows) if tier.values.size else replace(Tier.empty(tier.spec, rows.size), end=tier.end)


def _numbers(decision: Decision) -> tuple[float, ...]:
    """Return one number per quantity, in their order."""
    demand, counts = decision.demand, decision.replicas
    return (
        _known(decision.planned),
        _known(decision.served),
        _known(counts.requested),
        _known(counts.ready),
        demand.arriving + demand.backlog if demand else math.nan,
        demand.at_lead_time if demand else math.nan,
        *(peak_within(decision.forecast, each, lead_s=decision.lead_time_s, now=decision.at) for each in BAND),
        decision.capacity.per_replica,
    )


def _known(count: int | None) -> float:
    return math.nan if count is None else float(count)
