"""Signals from a Prometheus: implements `SignalSource` and `DemandSource` for all presets at once.

Queries run in a few worker threads, because the client library blocks. A query that fails takes down the signals that
depend on it and nothing else. A `PrometheusSignalSource` reports ages and leaves it to the core to call a value stale,
since the allowed age is tuned per workload.
"""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from adapter.core.signal import FleetReadings, Grid
from adapter.core.tuning import PrometheusTuning, TunedWorkload
from adapter.core.workload import Workload
from adapter.ports import Glimpse
from adapter.prometheus.assembly import assemble
from adapter.prometheus.client import CONNECTIONS, PrometheusClient
from adapter.prometheus.demand import DemandQueries
from adapter.prometheus.jobs import preset_jobs
from adapter.prometheus.plan import Plan, make_plan
from adapter.prometheus.reader import Fetched, Job, fetch


class PrometheusSignalSource:
    """Reads the signals of a fleet; a context manager, or call `close`.

    Args:
        tuning: the Prometheus to ask.
    """

    def __init__(self, tuning: PrometheusTuning) -> None:
        self._tuning = tuning
        self._client = PrometheusClient(tuning)
        self._threads = ThreadPoolExecutor(max_workers=CONNECTIONS, thread_name_prefix="prometheus")
        self._plan = make_plan((), tuning, window_s=tuning.rate_window)
        self._lookout = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prometheus-demand")
        self._demand = DemandQueries(tuning)

    async def read(self, workloads: Sequence[Workload], *, grid: Grid, window_s: float) -> FleetReadings:
        """Return every signal of the workloads at every time of the grid; see `ports.SignalSource`."""
        plan = self._planned(workloads, window_s)
        jobs = [preset_jobs(preset, workloads) for preset in plan.presets]
        loop = asyncio.get_running_loop()
        fetched = await asyncio.gather(*(self._submit(loop, job, grid) for job in _flat(jobs)))
        return assemble(plan, grid, list(fetched))

    async def look(self, workloads: Sequence[TunedWorkload], *, now: float) -> Glimpse:
        """Return what waits for workloads that sleep; see `ports.DemandSource`. Ticks do not keep it waiting."""
        asked = [each.workload for each in workloads]
        glimpse = partial(self._demand.glimpse, self._client.query, asked, now=now)
        return await asyncio.get_running_loop().run_in_executor(self._lookout, glimpse)

    def _submit(self, loop: asyncio.AbstractEventLoop, job: Job, grid: Grid) -> asyncio.Future[Fetched]:
        return loop.run_in_executor(self._threads, partial(fetch, self._client.query, job, grid))

    def _planned(self, workloads: Sequence[Workload], window_s: float) -> Plan:
        # The plan remembers whose series is whose, so it is kept as long as the fleet stays the same.
        if self._plan.workloads != tuple(workloads) or self._plan.window_s != window_s:
            self._plan = make_plan(workloads, self._tuning, window_s=window_s)
        return self._plan

    def close(self) -> None:
        """Close connections and let the threads go; a query under way ends at once."""
        for pool in (self._threads, self._lookout):
            pool.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    def __enter__(self) -> "PrometheusSignalSource":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _flat(jobs: Sequence[Sequence[Job]]) -> Iterator[Job]:
    for each in jobs:
        yield from each
