"""What crosses the border between the loop and the outside world: Protocols only.

Each port is as small as its one caller needs. Implementations live in the shells and are put together in `wiring`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from adapter.core.course import Course
from adapter.core.decision import Decision
from adapter.core.loop_statistics import LoopStatistics
from adapter.core.seen_hpa import SeenHpa
from adapter.core.signal import FleetReadings, FloatArray, Grid, SignalProblem
from adapter.core.snapshot import Snapshot
from adapter.core.tuning import TunedWorkload, Tuning, TuningState
from adapter.core.workload import Workload, WorkloadId


class SignalSource(Protocol):
    """Where signals come from."""

    async def read(self, workloads: Sequence[Workload], *, grid: Grid, window_s: float) -> FleetReadings:
        """Return every signal of the workloads at every time of the grid.

        A source that does not answer is no exception: its cells are `UNAVAILABLE` and `problems` says why.

        Args:
            workloads: rows of the answer, in this order.
            grid: evaluation times; a count of 1 is an instant query, more is a range.
            window_s: averaging window of rates, in seconds.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RecordedLoad:
    """Load of the past on one regular grid."""

    names: tuple[str, ...]
    """One name per row of `values`."""
    values: FloatArray
    """Shape (n, t), finite and >= 0; NaN where nothing was recorded."""
    step_s: float


class LoadArchive(Protocol):
    """Where load of the past comes from, to score forecasts with."""

    def read(self, query: str, grid: Grid) -> RecordedLoad:
        """Return every series that answers `query`, at every time of the grid.

        Raises:
            SignalUnavailable: the archive does not answer.
            SignalMalformed: the query is rejected, has no series, or has values that are no load; says which.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Glimpse:
    """Demand that is visible at the moment."""

    waiting: Mapping[WorkloadId, float]
    """Requests that wait, > 0. A workload that is not there shows none or is not known, which is the same here: nobody
    is put to sleep by a glimpse."""
    where: str
    """Where it was seen, for people to read."""
    problems: tuple[SignalProblem, ...] = ()


class DemandSource(Protocol):
    """Where demand for workloads without a replica can be looked up quickly."""

    async def look(self, workloads: Sequence[TunedWorkload], *, now: float) -> Glimpse:
        """Return what waits for the workloads at the moment; never longer than a few seconds.

        A source that does not answer is no exception: `problems` says why.

        Args:
            workloads: those that sleep.
            now: seconds since epoch.
        """
        ...


class TuningSource(Protocol):
    """Where the tuning in force comes from; a rejected document never gets this far."""

    def current(self) -> Tuning:
        """Return the last good tuning."""
        ...


class TuningStanding(Protocol):
    """Who knows how the newest tuning document stands."""

    @property
    def state(self) -> TuningState:
        """Whether it is in force, since when, and what is wrong with it."""
        ...


class WorkloadSource(Protocol):
    """Workloads defined elsewhere than in the tuning document: inline, by the scalers that ask for them."""

    def workloads(self, *, now: float) -> Sequence[TunedWorkload]:
        """Return the workloads that are still asked for at `now`."""
        ...


class HpaSource(Protocol):
    """Where the HPAs that read our metrics are seen."""

    def hpas(self, workloads: Sequence[TunedWorkload]) -> Mapping[WorkloadId, SeenHpa]:
        """Return the HPAs of the workloads as last read; for one that is not there the configured one stands."""
        ...


class Clock(Protocol):
    """Wall-clock time, so that tests and the demo can bring their own."""

    def now(self) -> float:
        """Return seconds since the epoch, UTC."""
        ...

    async def sleep_until(self, at: float) -> None:
        """Return once `now()` has reached `at`."""
        ...


class SnapshotSink(Protocol):
    """Who is told of a new snapshot."""

    def publish(self, snapshot: Snapshot) -> None:
        """Replace the current snapshot."""
        ...


class SnapshotReader(Protocol):
    """Who answers requests from the newest snapshot."""

    def current(self) -> Snapshot | None:
        """Return the newest snapshot, or None before the first tick has finished."""
        ...


class DecisionArchive(Protocol):
    """Who remembers what was decided."""

    def course(self, workload: WorkloadId) -> Course:
        """Return the numbers of the last day; empty where there are none."""
        ...

    def changes(self, workload: WorkloadId) -> tuple[Decision, ...]:
        """Return the decisions that changed something and are still kept, oldest first."""
        ...

    def decision_at(self, workload: WorkloadId, at: float) -> Decision | None:
        """Return the decision that was in force at a time, or None where that is not known any more."""
        ...


class LoopReader(Protocol):
    """Who reports on the loop itself."""

    def statistics(self) -> LoopStatistics:
        """Return the counts and times of the loop so far."""
        ...
