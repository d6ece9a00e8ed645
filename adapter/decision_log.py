"""What was decided lately: the numbers of every minute, and in full every decision that changed something.

It listens to snapshots like everybody else and is lost with the process; Prometheus and the log keep what must last.
Bounded: a day of numbers for each workload, and so many full decisions over all of them, the oldest of which go first.
"""

from collections import deque
from typing import Final

from adapter.core.course import Course, Courses, record
from adapter.core.decision import Decision
from adapter.core.snapshot import Snapshot
from adapter.core.workload import WorkloadId

MOST_DECISIONS: Final = 20_000
"""Full decisions that are kept over all workloads; about 100 MB where each has a forecast of its own."""


class DecisionLog:
    """Keeps what was decided; implements the ports `SnapshotSink` and `DecisionArchive`."""

    def __init__(self, *, most: int = MOST_DECISIONS) -> None:
        self._most = most
        self._courses = Courses()
        self._order: deque[WorkloadId] = deque()
        self._kept: dict[WorkloadId, deque[Decision]] = {}

    def publish(self, snapshot: Snapshot) -> None:
        """Take note of a snapshot."""
        self._courses = record(self._courses, snapshot)
        for workload, decision in snapshot.decisions.items():
            before = self._kept.get(workload)
            if not before or gist(before[-1]) != gist(decision):
                self._keep(decision)

    def course(self, workload: WorkloadId) -> Course:
        """Return the numbers of the last day."""
        return self._courses.of(workload)

    def changes(self, workload: WorkloadId) -> tuple[Decision, ...]:
        """Return the decisions that changed something, oldest first."""
        return tuple(self._kept.get(workload, ()))

    def decision_at(self, workload: WorkloadId, at: float) -> Decision | None:
        """Return the newest decision that is kept of a time or before, or None where that is too long ago."""
        return next((each for each in reversed(self._kept.get(workload, ())) if each.at <= at), None)

    def _keep(self, decision: Decision) -> None:
        self._order.append(decision.workload)
        self._kept.setdefault(decision.workload, deque()).append(decision)
        if len(self._order) > self._most:
            oldest = self._order.popleft()
            self._kept[oldest].popleft()
            if not self._kept[oldest]:
                del self._kept[oldest]


def gist(decision: Decision) -> tuple[object, ...]:
    """Return what makes a decision worth keeping when it differs from the one before: outcome, numbers, who set them.

    Reasons carry numbers that move at every tick, so they do not count; which steps changed the number does.
    """
    moved = tuple(step.name for step in decision.steps if step.before != step.after)
    return decision.outcome, decision.mode, decision.planned, decision.served, decision.replicas, moved
