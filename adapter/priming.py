"""Priming: the memory of workloads that were not watched until now, rebuilt from the source.

Nothing is stored on disk. A process that starts, or a workload that is added or changed, reads back the bounded
stretch of history that decisions depend on and folds over it; what comes out is what a process that had watched all
along holds.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from adapter.core.fold import Fleet, certain_values, demand_of, load_of, record, taught
from adapter.core.following import Following
from adapter.core.history import COARSE_TIER, MINUTE_TIER, SECONDS_TIER_SPAN_S, History, joined, record_minutes
from adapter.core.landing import window_s
from adapter.core.marks import note, read_marks
from adapter.core.sight import BRIDGED
from adapter.core.signal import Grid, Signal
from adapter.core.tuning import TunedWorkload
from adapter.core.workload import WorkloadId
from adapter.stretch import Reader, fold_stretch, read_stretch

T = TypeVar("T")

_SPARE_S = 120.0  # two forecast refreshes before the longest hold begins


def memory_span_s(tuned: Sequence[TunedWorkload]) -> float:
    """Return how far back a decision's state reaches, in whole minutes.

    That is the longest hold, or window of an HPA, and two forecast refreshes.

    A scale-in hold counts as long as flapping makes it, and twice: whether it starts anew depends on whether anything
    was known during the one before.
    """
    holds = [each.tuning.hold for each in tuned]
    longest = max((max(2 * each.flapping * each.scale_in, each.idle) for each in holds), default=0.0)
    longest = max([longest, *(window_s(each.tuning.hpa) for each in tuned)])
    return math.ceil((longest + _SPARE_S) / MINUTE_TIER.step_s) * MINUTE_TIER.step_s


async def prime(
    reader: Reader, tuned: Sequence[TunedWorkload], *, at: float, without: frozenset[Signal] = frozenset()
) -> Fleet | None:
    """Return a fleet as if it had been watched up to the tick `at`; None when the source does not answer.

    Args:
        reader: where to read.
        tuned: the workloads.
        at: a tick time, seconds since epoch.
        without: signals whose queries may fail, because they have been failing for some time.
    """
    step_s = reader.tick.interval
    begin = math.floor((at - memory_span_s(tuned)) / MINUTE_TIER.step_s) * MINUTE_TIER.step_s
    history = await backfill(reader, tuned, until=begin, without=without)
    if history is None:
        return None
    grid = Grid(start=begin + step_s, step_s=step_s, count=round((at - begin) / step_s))
    stretch = await read_stretch(reader, tuned, grid)
    if stretch.failed - without:
        return None
    before = taught(Fleet(history=history, at=begin), tuned)
    fleet, _ = await asyncio.to_thread(fold_stretch, before, stretch, tuned)
    return fleet


class Primer:
    """Primes in the background, so that a slow source delays the memory of workloads but not the ticks."""

    def __init__(self) -> None:
        self._task: asyncio.Task[Fleet | None] | None = None
        self._wanted: tuple[Reader, Sequence[TunedWorkload], frozenset[Signal]] | None = None

    async def prime(
        self,
        reader: Reader,
        tuned: Sequence[TunedWorkload],
        *,
        at: float,
        without: frozenset[Signal],
        deadline: float,
    ) -> Fleet | None:
        """Return what `prime` returns, or None when it needs longer; then ask again at the next tick.

        The fleet may be one up to an earlier tick than `at`, at which it was begun.

        Args:
            reader: where to read.
            tuned: the workloads; others than the time before begin anew.
            at: a tick time, seconds since epoch.
            without: signals whose queries may fail.
            deadline: time of the event loop at which to stop waiting.
        """
        wanted = (reader, tuned, without)
        if self._task is None or self._wanted != wanted:
            self.cancel()
            self._task, self._wanted = asyncio.create_task(prime(reader, tuned, at=at, without=without)), wanted
        await asyncio.wait([self._task], timeout=max(0.0, deadline - asyncio.get_running_loop().time()))
        if not self._task.done():
            return None
        task, self._task = self._task, None
        return task.result()

    def cancel(self) -> None:
        """Give up what is under way."""
        if self._task is not None:
            self._task.cancel()
            self._task = None


def merge(first: Fleet, second: Fleet, ids: tuple[WorkloadId, ...]) -> Fleet:
    """Return one fleet of two that were watched up to the same tick; where both know a workload the second wins."""
    newer = set(second.history.ids) & set(ids)
    older = set(ids) - newer
    return Fleet(
        history=joined(first.history, second.history, ids),
        forecasts={**_only(first.forecasts, older), **_only(second.forecasts, newer)},
        following=_merged(first.following.only(older), second.following.only(newer)),
        states={**_only(first.states, older), **_only(second.states, newer)},
        lead_times={**_only(first.lead_times, older), **_only(second.lead_times, newer)},
        margins={**_only(first.margins, older), **_only(second.margins, newer)},
        capacities={**_only(first.capacities, older), **_only(second.capacities, newer)},
        at=second.at,
    )


def forget(fleet: Fleet, ids: tuple[WorkloadId, ...]) -> Fleet:
    """Return the fleet with the given workloads only, in their order; those it never saw start empty."""
    keep = set(ids)
    return replace(
        fleet,
        history=fleet.history.reindexed(ids),
        forecasts=_only(fleet.forecasts, keep),
        following=fleet.following.only(keep),
        states=_only(fleet.states, keep),
        lead_times=_only(fleet.lead_times, keep),
        margins=_only(fleet.margins, keep),
        capacities=_only(fleet.capacities, keep),
    )


def _merged(first: Following, second: Following) -> Following:
    return replace(first, batches={**first.batches, **second.batches})


def _only(items: Mapping[WorkloadId, T], keep: set[WorkloadId]) -> dict[WorkloadId, T]:
    return {key: value for key, value in items.items() if key in keep}


async def backfill(
    reader: Reader, tuned: Sequence[TunedWorkload], *, until: float, without: frozenset[Signal]
) -> History | None:
    """Return the history up to `until`, a full minute; None when the source does not answer.

    Args:
        reader: where to read.
        tuned: the workloads, rows of the history.
        until: seconds since epoch.
        without: signals whose queries may fail.

    Starts that could not be read are gaps: lead times are then the configured ones, which is no reason to know nothing.
    """
    step_s = reader.tick.interval
    coarse_end = math.floor(until / COARSE_TIER.step_s) * COARSE_TIER.step_s
    recent = await reader.read(tuned, _ending(until, step_s=step_s, count=round(SECONDS_TIER_SPAN_S / step_s)))
    needed = frozenset(BRIDGED) - without
    if recent.failed & needed:  # spare a source in trouble the heavier queries
        return None
    minutes = await reader.read(tuned, _ending(until, step_s=MINUTE_TIER.step_s, count=MINUTE_TIER.columns))
    coarse = await reader.read(
        tuned,
        _ending(coarse_end, step_s=COARSE_TIER.step_s, count=COARSE_TIER.columns),
        window_s=COARSE_TIER.step_s,
    )
    if (minutes.failed | coarse.failed) & needed:
        return None
    history = History.empty(tuple(each.workload.id for each in tuned))
    history = record(history, certain_values(recent, tuned), tuned, end=until, step_s=step_s)
    load = load_of(certain_values(minutes, tuned), tuned)
    coarse_demand = demand_of(certain_values(coarse, tuned), tuned)
    marks = read_marks(coarse, tuned, demand=coarse_demand)
    day = record_minutes(History.empty(history.ids), load.arriving, load.at_least, end=until)
    return replace(note(history, marks, at=coarse_end), minute=day.minute, at_least=day.at_least)


def _ending(end: float, *, step_s: float, count: int) -> Grid:
    return Grid(start=end - (count - 1) * step_s, step_s=step_s, count=count)
