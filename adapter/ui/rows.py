"""The rows of the table of workloads: what is shown, in which order, and which of them.

Pure: a snapshot and the numbers of the last hours in, rows out. Must not know: HTML.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapter.core.course import RECENT, Course, Quantity
from adapter.core.decision import Decision, Outcome
from adapter.core.signal import FloatArray, Reading, State
from adapter.core.snapshot import Snapshot
from adapter.core.workload import WorkloadId
from adapter.ui.sentences import why

PAGE_ROWS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """One workload in the table; NaN and None = not known."""

    workload: WorkloadId
    held: bool
    mode: str
    planned: int | None
    requested: int | None
    ready: int | None
    demand: float
    unit: str
    capacity: float
    """Of one replica, in the unit of demand."""
    headroom: float
    """Share of the capacity of ready replicas that demand leaves."""
    why: str
    skill: float
    trusted: bool | None
    """None without a forecast."""
    age_s: float
    """Age of the oldest of the signals that are known; what is missing has none."""
    worst: State
    """Of the signals that were ever there."""
    demands: FloatArray
    """Demand of each of the last three hours' minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a reader asked to see."""

    sort: str = "workload"
    descending: bool = False
    namespace: str = ""
    text: str = ""
    """Part of a name, or of a reason."""
    page: int = 1

    def order_after(self, column: str) -> str:
        """Return the order that choosing a column asks for: the other one, or what is most telling first."""
        if column == self.sort:
            return "asc" if self.descending else "desc"
        return "asc" if column == "workload" else "desc"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Listed:
    """The rows of one page of the table."""

    rows: tuple[Row, ...]
    found: int
    """Rows on all pages."""
    pages: int
    namespaces: tuple[str, ...]


def list_rows(snapshot: Snapshot, choice: Choice, *, course_of: Callable[[WorkloadId], Course]) -> Listed:
    """Return the rows that a reader asked for.

    Args:
        snapshot: the newest one.
        choice: order, filter and page; a page past the end is the last one.
        course_of: the numbers of the last hours of a workload; asked for rows that are shown only.
    """
    chosen = [each for each in snapshot.decisions.values() if _matches(each, choice)]
    order = ORDERS[choice.sort]
    chosen.sort(key=lambda each: each.workload)
    chosen.sort(key=order, reverse=choice.descending)
    chosen.sort(key=lambda each: _unknown(order(each)))  # in either direction what is not known comes last
    pages = max(math.ceil(len(chosen) / PAGE_ROWS), 1)
    first = (min(choice.page, pages) - 1) * PAGE_ROWS
    return Listed(
        rows=tuple(_row(each, course_of(each.workload)) for each in chosen[first : first + PAGE_ROWS]),
        found=len(chosen),
        pages=pages,
        namespaces=tuple(sorted({each.namespace for each in snapshot.decisions})),
    )


def _matches(decision: Decision, choice: Choice) -> bool:
    if choice.namespace and decision.workload.namespace != choice.namespace:
        return False
    return choice.text.lower() in f"{decision.workload} {why(decision)}".lower()


def _unknown(key: float | str) -> bool:
    return isinstance(key, float) and math.isnan(key)


def _demand(decision: Decision) -> float:
    return decision.demand.arriving + decision.demand.backlog if decision.demand else math.nan


def _headroom(decision: Decision) -> float:
    """Return the share of ready capacity that is free; below 0 where more comes than can be served."""
    ready = decision.replicas.ready
    if not ready or not decision.capacity.per_replica:
        return math.nan
    return 1.0 - _demand(decision) / (ready * decision.capacity.per_replica)


def _number(count: int | None) -> float:
    return math.nan if count is None else float(count)


def _known(decision: Decision) -> list[Reading]:
    return [each for each in decision.signals.values() if each.state is not State.ABSENT]


def _age(decision: Decision) -> float:
    ages = [each.age_s for each in _known(decision) if math.isfinite(each.age_s)]
    return max(ages, default=math.nan)


def _skill(decision: Decision) -> float:
    return decision.forecast.skill if decision.forecast else math.nan


ORDERS: Final[Mapping[str, Callable[[Decision], float | str]]] = {
    "workload": lambda decision: str(decision.workload),
    "planned": lambda decision: _number(decision.planned),
    "requested": lambda decision: _number(decision.replicas.requested),
    "ready": lambda decision: _number(decision.replicas.ready),
    "demand": _demand,
    "capacity": lambda decision: decision.capacity.per_replica,
    "headroom": _headroom,
    "skill": _skill,
    "age": _age,
}
"""Columns that the table can be ordered by."""


def _lately(course: Course) -> FloatArray:
    """Return the demand of the last three hours."""
    if not course.times.size:
        return course.times
    newest = float(course.times[-1])
    return course.between(newest - RECENT.span_s, newest).values[Quantity.DEMAND]


def _row(decision: Decision, course: Course) -> Row:
    known: Sequence[Reading] = _known(decision)
    forecast = decision.forecast
    return Row(
        workload=decision.workload,
        held=decision.outcome is Outcome.HOLD,
        mode=decision.mode,
        planned=decision.planned,
        requested=decision.replicas.requested,
        ready=decision.replicas.ready,
        demand=_demand(decision),
        unit=decision.capacity.unit.value,
        capacity=decision.capacity.per_replica,
        headroom=_headroom(decision),
        why=why(decision),
        skill=_skill(decision),
        trusted=forecast.trusted if forecast else None,
        age_s=_age(decision),
        worst=max((each.state for each in known), default=State.ABSENT),
        demands=_lately(course),
    )
