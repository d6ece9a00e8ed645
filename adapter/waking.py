"""Watching over workloads that sleep, apart from the ticks: demand that becomes visible wakes them at once.

Each source is watched by a task of its own, so that a slow one does not keep a quick one from being heard. What is
decided comes from `core.wake`; here are only the order of things and the hand-over to the ticks.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from adapter.core.decision import Decision
from adapter.core.signal import SignalProblem
from adapter.core.snapshot import Snapshot
from adapter.core.wake import Sighting, Ticked, awaken, outstanding, sleepers
from adapter.core.workload import WorkloadId
from adapter.ports import Clock, DemandSource, Glimpse, SnapshotSink, TuningSource

_LOG = logging.getLogger(__name__)


class Waker:
    """Looks at the demand of workloads that sleep, and publishes the snapshot anew when one wakes.

    Args:
        sources: where demand can be seen.
        tuning: says how often to look.
        clock: wall-clock time.
        sink: who is told of a snapshot; the same that ticks tell.
    """

    def __init__(
        self, *, sources: Sequence[DemandSource], tuning: TuningSource, clock: Clock, sink: SnapshotSink
    ) -> None:
        self._sources = tuple(sources)
        self._tuning = tuning
        self._clock = clock
        self._sink = sink
        self._ticked: Ticked | None = None
        self._snapshot: Snapshot | None = None
        self._sighted: dict[WorkloadId, Sighting] = {}
        self._problems: dict[DemandSource, tuple[SignalProblem, ...]] = {}
        self._turn = asyncio.Lock()
        self.wakes = 0
        """Workloads woken so far."""

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as group:
            for source in self._sources:
                group.create_task(self._watch(source))

    async def settle(self, snapshot: Snapshot, ticked: Ticked) -> Snapshot:
        """Return the snapshot of a tick, to be published at once, with what is awake although that tick cannot know.

        Args:
            snapshot: as the tick decided.
            ticked: everything it decided from.
        """
        async with self._turn:
            self._sighted = outstanding(self._sighted, ticked)
            self._ticked = ticked
            known = tuple(problem for each in self._problems.values() for problem in each)
            snapshot = replace(snapshot, problems=(*snapshot.problems, *known))
            self._snapshot = _with(snapshot, await self._awakened(ticked))
            return self._snapshot

    async def look(self, source: DemandSource) -> None:
        """Look once; nothing is asked while nobody sleeps."""
        asleep = () if self._ticked is None else sleepers(self._ticked)
        if not asleep:
            self._problems.pop(source, None)
            return
        glimpse = await source.look(asleep, now=self._clock.now())
        self._problems[source] = glimpse.problems
        if glimpse.waiting:
            await self._wake(glimpse)

    async def _watch(self, source: DemandSource) -> None:
        while True:
            await asyncio.sleep(self._tuning.current().tick.wake_interval)
            try:
                await self.look(source)
            except Exception:  # noqa: BLE001 - the edge of a look: a bug here must not stop the ticks
                _LOG.exception("looking at the demand of sleeping workloads failed; the next tick looks at it too")

    async def _wake(self, glimpse: Glimpse) -> None:
        async with self._turn:
            if self._ticked is None or self._snapshot is None:
                return
            known = {each.workload.id for each in sleepers(self._ticked)}
            at, before = self._clock.now(), self._snapshot
            seen = {
                key: Sighting(at=at, waiting=waiting, where=glimpse.where)
                for key, waiting in glimpse.waiting.items()
                if key in known
            }
            self._sighted |= seen
            if all(before.decisions[key].active for key in seen):
                return
            awakened = await self._awakened(self._ticked)
            news = [key for key, each in awakened.items() if each.active and not before.decisions[key].active]
            if news:
                self.wakes += len(news)
                self._snapshot = _with(before, awakened)
                self._sink.publish(self._snapshot)

    async def _awakened(self, ticked: Ticked) -> Mapping[WorkloadId, Decision]:
        if not self._sighted:
            return {}
        return await asyncio.to_thread(awaken, ticked, dict(self._sighted))


def _with(snapshot: Snapshot, decisions: Mapping[WorkloadId, Decision]) -> Snapshot:
    """Return the snapshot with other decisions in it; what back-tests say of a workload is as the tick said."""
    told = {key: replace(each, verdict=snapshot.decisions[key].verdict) for key, each in decisions.items()}
    return replace(snapshot, decisions={**snapshot.decisions, **told})
