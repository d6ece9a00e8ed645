"""What crosses the border between the loop and the outside world: Protocols only.

Each port is as small as its one caller needs. Implementations live in the shells and are put together in `wiring`.
"""

from collections.abc import Sequence
from typing import Protocol

from adapter.core.loop_statistics import LoopStatistics
from adapter.core.signal import FleetReadings, Grid
from adapter.core.snapshot import Snapshot
from adapter.core.tuning import TunedWorkload, Tuning
from adapter.core.workload import Workload


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


class TuningSource(Protocol):
    """Where the tuning in force comes from; a rejected document never gets this far."""

    def current(self) -> Tuning:
        """Return the last good tuning."""
        ...


class WorkloadSource(Protocol):
    """Workloads defined elsewhere than in the tuning document: inline, by the scalers that ask for them."""

    def workloads(self, *, now: float) -> Sequence[TunedWorkload]:
        """Return the workloads that are still asked for at `now`."""
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


class LoopReader(Protocol):
    """Who reports on the loop itself."""

    def statistics(self) -> LoopStatistics:
        """Return the counts and times of the loop so far."""
        ...
