"""The loop: the only place that knows the order read → record → forecast → decide → publish.

Ticks fall on multiples of the interval. A tick whose reading failed is decided on what is known, but not remembered:
the next tick that can read catches up on every tick since, so that the memory of a process does not depend on its own
bad moments, and two processes agree again as soon as both can read.

A query that goes on failing while others are answered must not stop that for ever: after a minute its signal counts as
one that this source cannot give, and when it comes back, everything is read back anew.

A tick ends before the next one is due, however slow the source is: what was not answered by then is unavailable, and
reading back goes on behind the following ticks. Until it is done, a workload is on hold: a restart may keep consumers
waiting for a moment, but never tells them something else than the process before it.
"""

import asyncio
import logging
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from adapter.core.decision import Decision, Outcome, name_cause, withhold
from adapter.core.fold import Fleet
from adapter.core.history import History
from adapter.core.loop_statistics import LoopStatistics
from adapter.core.seen_hpa import adopt
from adapter.core.signal import Grid, Signal
from adapter.core.snapshot import Snapshot
from adapter.core.tuning import TunedWorkload, Tuning
from adapter.core.wake import Ticked
from adapter.core.workload import WorkloadId
from adapter.ports import Clock, HpaSource, SignalSource, SnapshotSink, TuningSource, WorkloadSource
from adapter.priming import Primer, forget, memory_span_s, merge
from adapter.stretch import Reader, Stretch, fold_stretch, read_in_time
from adapter.tuner import Tuner, stand, with_verdicts
from adapter.waking import Waker

_LOG = logging.getLogger(__name__)
_PATIENCE_S = 60.0  # how long a query may fail before the others stop waiting for it
_NO_MEMORY = "the history that holds and forecasts depend on is still being read back"
_SHARE_FOR_SOURCE = 0.9  # of the interval; the rest is for deciding
_LEAST_FOR_SOURCE_S = 3.6  # for short intervals; even if used up at every tick, no snapshot gets too old to act on


class Loop:
    """Runs ticks and keeps what one leaves to the next.

    Args:
        source: of signals.
        tuning: in force.
        inline: workloads defined elsewhere.
        clock: wall-clock time.
        sink: who is told of a snapshot.
        hpas: shows the HPAs as the cluster has them; None: all are as configured.
        waker: is shown every snapshot before that, and adds what is awake already; None: ticks alone wake.
    """

    def __init__(  # noqa: PLR0913 - its ports, by name
        self,
        *,
        source: SignalSource,
        tuning: TuningSource,
        inline: WorkloadSource,
        clock: Clock,
        sink: SnapshotSink,
        hpas: HpaSource | None = None,
        waker: Waker | None = None,
        tuner: Tuner | None = None,
    ) -> None:
        self._source = source
        self._tuning = tuning
        self._inline = inline
        self._clock = clock
        self._sink = sink
        self._hpas = hpas
        self._waker = waker
        self._tuner = tuner
        self._reader: Reader | None = None
        self._primer = Primer()
        self._fleet = Fleet(history=History.empty(()))
        self._remembered: Mapping[WorkloadId, TunedWorkload] = {}
        self._failing_since: Mapping[Signal, float] = {}
        self._strange_since: Mapping[WorkloadId, float] = {}
        self._statistics = LoopStatistics(started_at=clock.now(), interval_s=tuning.current().tick.interval)

    def statistics(self) -> LoopStatistics:
        """Return the counts and times of the loop so far."""
        wakes = 0 if self._waker is None else self._waker.wakes
        return replace(self._statistics, wakes=wakes)

    async def run(self) -> None:
        """Tick on every multiple of the interval, until cancelled."""
        try:
            await self._tick_on()
        finally:
            self._primer.cancel()

    async def _tick_on(self) -> None:
        while True:
            at = next_tick(self._clock.now(), self._tuning.current().tick.interval)
            await self._clock.sleep_until(at)
            try:
                await self.tick(at)
            except Exception:  # noqa: BLE001 - the edge of a tick: one bad tick must not stop the loop
                self._count(tick_failures=1)
                _LOG.exception("tick failed; the last snapshot stays in force until it is too old to act on")

    async def tick(self, at: float) -> Snapshot:
        """Read, record, forecast, decide and publish for the tick at `at`."""
        tuning = self._tuning.current()
        interval_s = tuning.tick.interval
        self._statistics = replace(self._statistics, last_tick_start=at, interval_s=interval_s)
        seconds: dict[str, float] = {}
        reader = self._reader_for(tuning)
        said = merge_workloads(tuning.workloads, self._inline.workloads(now=at))
        standings = stand(self._tuner, reader, said, at=at)
        tuned = tuple(each.tuned for each in standings)
        deadline = asyncio.get_running_loop().time() + max(_SHARE_FOR_SOURCE * interval_s, _LEAST_FOR_SOURCE_S)
        with _timed(seconds, "read"):
            stretch = await self._read(reader, tuned, at=at, deadline=deadline)
        with _timed(seconds, "prime"):
            await self._prime(reader, tuned, stretch=stretch, deadline=deadline)
        with _timed(seconds, "decide"):
            fold = partial(fold_stretch, limits=tuning.fleet)
            read = adopt(tuned, {} if self._hpas is None else self._hpas.hpas(tuned))
            fleet, decisions = await asyncio.to_thread(fold, self._fleet, stretch, read)
        if self._may_remember(stretch, tuned):
            self._fleet = fleet
        decisions = with_verdicts(self._vetted(decisions, stretch, at=at), standings)
        snapshot = Snapshot(
            at=at,
            interval_s=interval_s,
            decisions=decisions,
            problems=stretch.ticks.problems,
            tuning_digest=tuning.digest,
            step_seconds=seconds,
        )
        self._note_memory(stretch, tuned)
        if self._waker is not None:
            ticked = _ticked(snapshot, fleet, stretch, tuned=read, tuning=tuning)
            snapshot = await self._waker.settle(snapshot, ticked)
        self._statistics = replace(self._statistics, untuned=sum(bool(each.waits) for each in standings))
        self._sink.publish(snapshot)
        self._count(ticks=1)
        return snapshot

    def _vetted(
        self, decisions: Mapping[WorkloadId, Decision], stretch: Stretch, *, at: float
    ) -> dict[WorkloadId, Decision]:
        """Hold what has no memory yet, as it would decide otherwise than a process that has, and say why else it holds.

        After `_PATIENCE_S` a workload whose history cannot be read back is decided on what there is.
        """
        strange = decisions.keys() - self._remembered.keys()
        self._strange_since = {key: self._strange_since.get(key, at) for key in strange}
        waited = {key: at - since for key, since in self._strange_since.items()}
        unread = [key for key in strange if waited[key] < _PATIENCE_S and decisions[key].outcome is Outcome.PLAN]
        cause = next((each.message for each in stretch.ticks.problems if stretch.failed), "")
        held = {key: withhold(decisions[key], reason=_NO_MEMORY) for key in unread}
        return {key: name_cause(held.get(key, each), cause=cause) for key, each in decisions.items()}

    def _note_memory(self, stretch: Stretch, tuned: Sequence[TunedWorkload]) -> None:
        """Tell until the first time that every workload is known; a source that is silent is not waited for."""
        if self._statistics.ticks == 0 or not self._statistics.recalls:
            known = len(self._remembered) == len(tuned)
            self._statistics = replace(self._statistics, recalls=known or stretch.silent)

    def _count(self, *, ticks: int = 0, tick_failures: int = 0) -> None:
        before = self._statistics
        self._statistics = replace(
            before, ticks=before.ticks + ticks, tick_failures=before.tick_failures + tick_failures
        )

    def _reader_for(self, tuning: Tuning) -> Reader:
        """Return how to read; with another source or interval, what is remembered lies on another grid and must go."""
        reader = Reader(source=self._source, prometheus=tuning.prometheus, tick=tuning.tick)
        if reader != self._reader:
            self._reader = reader
            self._forget()
        return reader

    def _forget(self) -> None:
        self._fleet = Fleet(history=History.empty(()))
        self._remembered = {}

    def _blind(self, tuned: Sequence[TunedWorkload], at: float) -> bool:
        """Tell whether the last tick that is remembered is too long ago to catch up on."""
        return math.isnan(self._fleet.at) or at - self._fleet.at > memory_span_s(tuned)

    async def _read(self, reader: Reader, tuned: Sequence[TunedWorkload], *, at: float, deadline: float) -> Stretch:
        """Read every tick since the last one remembered; if part of that fails, this tick alone."""
        step_s = reader.tick.interval
        missed = 0 if self._blind(tuned, at) else max(0, round((at - self._fleet.at) / step_s) - 1)
        grid = Grid(start=at - missed * step_s, step_s=step_s, count=missed + 1)
        stretch = await read_in_time(reader, tuned, grid, deadline=deadline)
        self._note_failures(stretch, at=at)
        if not stretch.failed - self._given_up(at) or not missed:
            return stretch
        if stretch.silent:
            return stretch.at_its_end()
        return await read_in_time(reader, tuned, Grid(start=at, step_s=step_s), deadline=deadline)

    def _may_remember(self, stretch: Stretch, tuned: Sequence[TunedWorkload]) -> bool:
        """Tell whether a stretch was read in full, follows on what is remembered, and finds every workload known."""
        grid = stretch.ticks.grid
        follows = grid.start - self._fleet.at == grid.step_s
        return follows and not stretch.failed - self._given_up(grid.end) and len(self._remembered) == len(tuned)

    def _note_failures(self, stretch: Stretch, *, at: float) -> None:
        """Keep count of signals that fail while others are answered; one that was given up and answers starts anew."""
        if stretch.silent:
            return
        recovered = self._given_up(at) - stretch.failed
        self._failing_since = {signal: self._failing_since.get(signal, at) for signal in stretch.failed}
        if recovered:
            self._forget()

    def _given_up(self, at: float) -> frozenset[Signal]:
        return frozenset(signal for signal, since in self._failing_since.items() if at - since >= _PATIENCE_S)

    async def _prime(
        self, reader: Reader, tuned: Sequence[TunedWorkload], *, stretch: Stretch, deadline: float
    ) -> None:
        """Give a memory to workloads that are new or changed, and to all of them after too long a blindness."""
        grid, ids = stretch.ticks.grid, tuple(each.workload.id for each in tuned)
        blind = self._blind(tuned, grid.end)
        strangers = [each for each in tuned if blind or self._remembered.get(each.workload.id) != each]
        primed = None
        if strangers and not stretch.silent:
            until = grid.start - grid.step_s if blind else self._fleet.at
            without = self._given_up(grid.end)
            primed = await self._primer.prime(reader, strangers, at=until, without=without, deadline=deadline)
        if primed is not None and not blind:
            primed = merge(self._fleet, primed, ids) if primed.at == self._fleet.at else None
        if primed is not None:
            _LOG.info("history read back", extra={"workloads": len(strangers)})
        unknown = set() if primed is not None else {each.workload.id for each in strangers}
        self._fleet = forget(self._fleet, ids) if primed is None else primed
        self._remembered = {each.workload.id: each for each in tuned if each.workload.id not in unknown}


def next_tick(now: float, interval_s: float) -> float:
    """Return the first multiple of the interval after `now`.

    Example:
        >>> next_tick(61.0, 15.0)
        75.0
    """
    return (math.floor(now / interval_s) + 1) * interval_s


def merge_workloads(configured: Sequence[TunedWorkload], inline: Sequence[TunedWorkload]) -> tuple[TunedWorkload, ...]:
    """Return all workloads; where both define one, the configured wins."""
    taken = {each.workload.id for each in configured}
    return (*configured, *(each for each in inline if each.workload.id not in taken))


def _ticked(
    snapshot: Snapshot, fleet: Fleet, stretch: Stretch, *, tuned: Sequence[TunedWorkload], tuning: Tuning
) -> Ticked:
    return Ticked(
        at=snapshot.at,
        looked_at=snapshot.at - tuning.tick.settling_delay,
        fleet=fleet,
        readings=stretch.at_its_end().ticks,
        tuned=tuple(tuned),
        decisions=snapshot.decisions,
        limits=tuning.fleet,
    )


@contextmanager
def _timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    """Note the wall time of one step of a tick."""
    start = time.perf_counter()
    try:
        yield
    finally:
        seconds[step] = time.perf_counter() - start
