"""The Prometheus that the tuning in force names; implements the ports `SignalSource` and `DemandSource`.

A changed `prometheus` section means another server or other credentials, so connections are made anew. Reads under way
end on the old ones, which are closed afterwards.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from adapter.core.signal import FleetReadings, Grid
from adapter.core.tuning import PrometheusTuning, TunedWorkload
from adapter.core.workload import Workload
from adapter.ports import DemandSource, Glimpse, SignalSource, TuningSource

_log = logging.getLogger(__name__)


class ClosableSource(SignalSource, DemandSource, Protocol):
    """A source that holds connections."""

    def close(self) -> None:
        """Close them."""
        ...


@dataclass(slots=True, kw_only=True, eq=False)
class _Lease:
    """A source and how many reads it is serving."""

    tuning: PrometheusTuning
    source: ClosableSource
    reads: int = 0


class CurrentSource:
    """Reads from the source that the tuning in force names.

    Args:
        tuning: names it.
        connect: makes a source; nothing may be sent before its first read.
    """

    def __init__(self, tuning: TuningSource, connect: Callable[[PrometheusTuning], ClosableSource]) -> None:
        self._tuning = tuning
        self._connect = connect
        self._lease = self._new_lease(tuning.current().prometheus)

    async def read(self, workloads: Sequence[Workload], *, grid: Grid, window_s: float) -> FleetReadings:
        """Return every signal of the workloads at every time of the grid; see `ports.SignalSource`."""
        with self._leased() as source:
            return await source.read(workloads, grid=grid, window_s=window_s)

    async def look(self, workloads: Sequence[TunedWorkload], *, now: float) -> Glimpse:
        """Return what waits for workloads that sleep; see `ports.DemandSource`."""
        with self._leased() as source:
            return await source.look(workloads, now=now)

    @contextmanager
    def _leased(self) -> Iterator[ClosableSource]:
        lease = self._renewed()
        lease.reads += 1
        try:
            yield lease.source
        finally:
            lease.reads -= 1
            self._close_if_done(lease)

    def close(self) -> None:
        """Close the connections."""
        self._lease.source.close()

    def _renewed(self) -> _Lease:
        wanted = self._tuning.current().prometheus
        old = self._lease
        if wanted != old.tuning:
            self._lease = self._new_lease(wanted)
            self._close_if_done(old)
            _log.info("asking %s from now on", wanted.url)
        return self._lease

    def _new_lease(self, tuning: PrometheusTuning) -> _Lease:
        return _Lease(tuning=tuning, source=self._connect(tuning))

    def _close_if_done(self, lease: _Lease) -> None:
        if lease is not self._lease and lease.reads == 0:
            lease.source.close()
