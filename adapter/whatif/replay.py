"""Replay: the decisions that recorded signals lead to, open loop, tick by tick.

It reads what a process that starts would read back, and folds over the ticks that follow with the same functions as the
loop does: on the same data it decides what the loop decided, to the byte. What was planned had no effect on what was
recorded, which is what "open loop" means. Must not know what becomes of the decisions.

A recorded signal that was missing is missing in the replay too. A source that does not answer now says nothing about
the past, so that is an error, and not a hold.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from adapter.core.chunks import pieces
from adapter.core.decision import Decision
from adapter.core.fleet_limits import UNLIMITED
from adapter.core.fold import Fleet
from adapter.core.signal import Grid
from adapter.core.tuning import FleetTuning, TunedWorkload
from adapter.core.workload import WorkloadId
from adapter.priming import prime
from adapter.recall import NothingRead, complain
from adapter.stretch import Reader, Stretch, fold_ticks, read_stretch

_MOST_CELLS = 400_000  # of one signal in one piece, workloads times ticks: 13 MB with its states and ages
_MOST_TICKS = 960  # four hours at 15 s, so that there is progress to see


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replayed:
    """The decisions of one tick."""

    at: float
    decisions: Mapping[WorkloadId, Decision]


async def replay(
    reader: Reader,
    tuned: Sequence[TunedWorkload],
    ticks: Grid,
    *,
    limits: FleetTuning = UNLIMITED,
    most: int = _MOST_TICKS,
) -> AsyncIterator[tuple[Replayed, ...]]:
    """Yield the decisions of all ticks, some hours of them at a time.

    Args:
        reader: where to read.
        tuned: the workloads.
        ticks: tick times, on multiples of the tick interval.
        most: ticks that are read at once, at most.
        limits: over several workloads.

    Raises:
        NothingRead: a query that decisions depend on was not answered.
    """
    fleet = await primed(reader, tuned, at=ticks.start - ticks.step_s)
    most = max(1, min(most, _MOST_CELLS // max(len(tuned), 1)))
    for _, piece in pieces(ticks, most=most):
        stretch = await read_stretch(reader, tuned, piece)
        complain(stretch.ticks, stretch.failed)
        fleet, decided = await asyncio.to_thread(_folded, fleet, stretch, tuned, limits=limits)
        yield tuple(Replayed(at=at, decisions=each) for at, each in zip(piece.times().tolist(), decided, strict=True))


async def primed(reader: Reader, tuned: Sequence[TunedWorkload], *, at: float) -> Fleet:
    """Return the fleet as a process would hold it that has watched until the tick `at`.

    Raises:
        NothingRead: the source did not answer.
    """
    now = await reader.read(tuned, Grid(start=at, step_s=reader.tick.interval))  # to complain before the long queries
    complain(now, now.failed)
    fleet = await prime(reader, tuned, at=at)
    if fleet is None:
        raise NothingRead("the history before the first tick was not answered in full; try again, or fewer workloads")
    return fleet


def _folded(
    fleet: Fleet, stretch: Stretch, tuned: Sequence[TunedWorkload], *, limits: FleetTuning
) -> tuple[Fleet, list[dict[WorkloadId, Decision]]]:
    decided = []
    for after, decisions in fold_ticks(fleet, stretch, tuned, limits=limits):
        fleet = after
        decided.append(decisions)
    return fleet, decided
