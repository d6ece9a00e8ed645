"""The snapshot: the immutable set of decisions that one tick published, and how to look something up in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapter.core.decision import Decision
from adapter.core.errors import SnapshotStale, WorkloadNotFound
from adapter.core.signal import SignalProblem
from adapter.core.workload import WorkloadId


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """All decisions of one tick."""

    at: float
    """Tick time, seconds since epoch."""
    interval_s: float
    """Time to the next tick."""
    decisions: Mapping[WorkloadId, Decision]
    problems: tuple[SignalProblem, ...] = ()
    tuning_digest: str = ""
    step_seconds: Mapping[str, float] = field(default_factory=dict)
    """Wall time of each step of the tick, for self-metrics only; no answer about a workload contains it."""

    @property
    def max_age_s(self) -> float:
        """Age above which the snapshot must not be acted on: three ticks missed, at least ten seconds."""
        return max(10.0, 3.0 * self.interval_s)


def staleness(snapshot: Snapshot | None, *, now: float) -> str | None:
    """Return why the snapshot must not be acted on, or None while it may.

    Example:
        >>> staleness(Snapshot(at=100.0, interval_s=15.0, decisions={}), now=150.0)
        'the last decision is 50 s old, allowed are 45 s: the loop is stuck'
    """
    if snapshot is None:
        return "no decision yet: the first tick has not finished"
    age_s = now - snapshot.at
    if age_s <= snapshot.max_age_s:
        return None
    return f"the last decision is {age_s:.0f} s old, allowed are {snapshot.max_age_s:.0f} s: the loop is stuck"


def require_any(snapshot: Snapshot | None) -> Snapshot:
    """Return the snapshot, however old, for people who are told its age.

    Raises:
        SnapshotStale: there is none yet.
    """
    if snapshot is None:
        raise SnapshotStale(staleness(None, now=0.0))
    return snapshot


def require_fresh(snapshot: Snapshot | None, *, now: float) -> Snapshot:
    """Return the snapshot if it may be acted on.

    Raises:
        SnapshotStale: there is none yet, or it is too old.
    """
    fault = staleness(snapshot, now=now)
    if snapshot is None or fault is not None:
        raise SnapshotStale(fault)
    return snapshot


def lookup(snapshot: Snapshot | None, workload: WorkloadId, *, now: float) -> Decision:
    """Return the decision on a workload.

    Raises:
        SnapshotStale: there is no snapshot, or it is too old.
        WorkloadNotFound: the snapshot knows no such workload.
    """
    fresh = require_fresh(snapshot, now=now)
    if workload not in fresh.decisions:
        # Those of other namespaces are not for whoever may read in this one.
        beside = sorted(each for each in fresh.decisions if each.namespace == workload.namespace)
        known = ", ".join(str(each) for each in beside[:5]) or f"none in namespace {workload.namespace}"
        raise WorkloadNotFound(f"workload {workload} is not configured; configured are: {known}")
    return fresh.decisions[workload]
