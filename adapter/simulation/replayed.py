"""What a replay comes to, per workload: what would have been planned next to what was requested, and why.

Kept slim: of a tick only its numbers stay, and of a change the sentence that explains it. Must not know where decisions
come from.
"""

import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from adapter.core.decision import Decision, Outcome
from adapter.core.workload import WorkloadId
from adapter.simulation.arrays import Floats
from adapter.simulation.score import ScaleEvent, count_flaps

_NUMBER = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A tick at which the plan became another."""

    at: float
    before: int
    after: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lane:
    """Replicas over time, one value a tick; NaN = not known, or no plan."""

    replicas: Floats
    step_s: float

    @property
    def hours(self) -> float:
        """Return the replica-hours of the ticks that have a value.

        Example:
            >>> Lane(replicas=np.array([2.0, np.nan, 4.0]), step_s=600.0).hours
            1.0
        """
        return float(np.nansum(self.replicas)) * self.step_s / 3600

    @property
    def changes(self) -> int:
        """Return how often the value became another; gaps are skipped over."""
        return len(self._events())

    @property
    def flaps(self) -> int:
        """Return how many changes undo the one before within ten minutes."""
        return count_flaps(self._events())

    def _events(self) -> list[ScaleEvent]:
        known = np.flatnonzero(~np.isnan(self.replicas)).tolist()
        pairs = ((index, self.replicas[before], self.replicas[index]) for before, index in itertools.pairwise(known))
        return [
            ScaleEvent(at_s=index * self.step_s, before=int(before), after=int(after))
            for index, before, after in pairs
            if before != after
        ]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WorkloadReplay:
    """One workload."""

    workload: WorkloadId
    start: float
    """Time of the first tick, seconds since epoch."""
    planned: Lane
    requested: Lane
    holds: Mapping[str, int]
    """Reasons of ticks without a plan, most frequent first, numbers in them blanked, with how many ticks each."""
    changes: tuple[Change, ...]

    @property
    def ticks(self) -> int:
        """Return how many there were."""
        return len(self.planned.replicas)

    @property
    def held(self) -> int:
        """Return how many had no plan."""
        return sum(self.holds.values())

    @property
    def both(self) -> tuple[float, float]:
        """Return replica-hours planned and requested over the ticks that have both, which alone compare."""
        known = ~np.isnan(self.planned.replicas) & ~np.isnan(self.requested.replicas)
        step_s = self.planned.step_s
        lanes = (self.planned.replicas, self.requested.replicas)
        planned, requested = (Lane(replicas=np.where(known, each, np.nan), step_s=step_s).hours for each in lanes)
        return planned, requested


@dataclass(slots=True, kw_only=True, eq=False)
class _Book:
    """What is noted of one workload so far."""

    planned: list[float] = field(default_factory=list)
    requested: list[float] = field(default_factory=list)
    holds: Counter[str] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)
    last: int | None = None


class ReplayBook:
    """Notes decisions tick by tick.

    Args:
        step_s: tick interval.
        why: explains a decision in a sentence; asked at changes only.
    """

    def __init__(self, *, step_s: float, why: Callable[[Decision], str]) -> None:
        self._step_s = step_s
        self._why = why
        self._books: dict[WorkloadId, _Book] = {}
        self._start = math.nan

    def note(self, decisions: Iterable[Decision]) -> None:
        """Note one tick's decisions; every tick has the same workloads."""
        for each in decisions:
            self._start = each.at if math.isnan(self._start) else self._start
            self._note(self._books.setdefault(each.workload, _Book()), each)

    def _note(self, book: _Book, decision: Decision) -> None:
        requested = decision.replicas.requested
        book.planned.append(math.nan if decision.planned is None else decision.planned)
        book.requested.append(math.nan if requested is None else requested)
        if decision.outcome is Outcome.HOLD:
            book.holds[_NUMBER.sub("…", decision.hold_reason)] += 1
        if decision.planned is None:
            return
        if book.last not in (None, decision.planned):
            book.changes.append(
                Change(at=decision.at, before=book.last or 0, after=decision.planned, why=self._why(decision))
            )
        book.last = decision.planned

    def replays(self) -> tuple[WorkloadReplay, ...]:
        """Return what was noted, in the order in which workloads came."""
        return tuple(
            WorkloadReplay(
                workload=workload,
                start=self._start,
                planned=Lane(replicas=np.array(book.planned), step_s=self._step_s),
                requested=Lane(replicas=np.array(book.requested), step_s=self._step_s),
                holds=dict(book.holds.most_common()),
                changes=tuple(book.changes),
            )
            for workload, book in self._books.items()
        )


def replay_summary(replays: Iterable[WorkloadReplay]) -> dict[str, object]:
    """Return what `scaleahead whatif --replay --json` prints: `result`, the sum, and every workload."""
    known = tuple(replays)
    return {
        "result": {
            "ticks": sum(each.ticks for each in known),
            "held_ticks": sum(each.held for each in known),
            "planned_replica_hours": math.fsum(each.both[0] for each in known),
            "requested_replica_hours": math.fsum(each.both[1] for each in known),
            "planned_changes": sum(each.planned.changes for each in known),
            "requested_changes": sum(each.requested.changes for each in known),
            "scale_flaps": sum(each.planned.flaps for each in known),
        },
        "workloads": [_replayed(each) for each in known],
    }


def _replayed(each: WorkloadReplay) -> dict[str, object]:
    planned, requested = each.both
    return {
        "workload": str(each.workload),
        "ticks": each.ticks,
        "held_ticks": each.held,
        "planned_replica_hours": planned,
        "requested_replica_hours": requested,
        "planned_changes": each.planned.changes,
        "requested_changes": each.requested.changes,
        "scale_flaps": each.planned.flaps,
        "holds": [{"reason": reason, "ticks": ticks} for reason, ticks in each.holds.items()],
        "changes": [{"at": one.at, "before": one.before, "after": one.after, "why": one.why} for one in each.changes],
    }
