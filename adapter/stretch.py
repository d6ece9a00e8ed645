"""A stretch of consecutive ticks: reading it from a source, and folding a fleet over it.

Live ticks and the start of a process use the same two functions; a live tick is a stretch of one.
"""

import asyncio
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from adapter.core.decision import Decision
from adapter.core.fleet_limits import UNLIMITED
from adapter.core.fold import (
    Fleet,
    certain_values,
    decide_fleet,
    demand_of,
    record,
    record_marks,
    refresh_forecasts,
)
from adapter.core.history import COARSE_TIER
from adapter.core.marks import LEARNT_FROM, Marks, read_marks
from adapter.core.sight import BRIDGED
from adapter.core.signal import MEANWHILE, FleetReadings, FloatArray, Grid, Readings, Signal, SignalProblem, State
from adapter.core.tuning import FleetTuning, PrometheusTuning, TickTuning, TunedWorkload
from adapter.core.workload import WorkloadId
from adapter.ports import SignalSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A source together with when and over which window it is asked."""

    source: SignalSource
    prometheus: PrometheusTuning
    tick: TickTuning

    async def read(self, tuned: Sequence[TunedWorkload], grid: Grid, *, window_s: float | None = None) -> FleetReadings:
        """Read the ticks of a grid, each evaluated a settling delay earlier.

        Args:
            tuned: the workloads, rows of the answer.
            grid: tick times.
            window_s: averaging window of rates; the configured one when None.
        """
        delay_s = self.tick.settling_delay
        shifted = replace(grid, start=grid.start - delay_s)
        workloads = [each.workload for each in tuned]
        window = self.prometheus.rate_window if window_s is None else window_s
        answer = await self.source.read(workloads, grid=shifted, window_s=window)
        return replace(answer, grid=grid)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stretch:
    """The readings of some consecutive ticks."""

    ticks: FleetReadings
    coarse: FleetReadings | None
    """The same signals averaged over ten minutes, at the ten-minute marks within the stretch; None without any."""

    @property
    def failed(self) -> frozenset[Signal]:
        """What is remembered and could not be read everywhere."""
        parts = [self.ticks] if self.coarse is None else [self.ticks, self.coarse]
        return frozenset((*BRIDGED, *LEARNT_FROM)).intersection(frozenset().union(*(part.failed for part in parts)))

    @property
    def silent(self) -> bool:
        """Whether the source answered nothing at all."""
        return self.ticks.failed >= set(self.ticks.readings)

    def at_its_end(self) -> "Stretch":
        """Return the last tick of the stretch alone."""
        grid = self.ticks.grid
        readings = {signal: each.at(-1) for signal, each in self.ticks.readings.items()}
        last = Grid(start=grid.end, step_s=grid.step_s)
        return Stretch(ticks=replace(self.ticks, grid=last, readings=readings), coarse=None)


async def read_stretch(reader: Reader, tuned: Sequence[TunedWorkload], grid: Grid) -> Stretch:
    """Read a stretch of ticks and the ten-minute marks within it."""
    first = math.ceil(grid.start / COARSE_TIER.step_s) * COARSE_TIER.step_s
    marks = math.floor((grid.end - first) / COARSE_TIER.step_s) + 1
    ticks = await reader.read(tuned, grid)
    if marks <= 0:
        return Stretch(ticks=ticks, coarse=None)
    coarse_grid = Grid(start=first, step_s=COARSE_TIER.step_s, count=marks)
    coarse = await reader.read(tuned, coarse_grid, window_s=COARSE_TIER.step_s)
    return Stretch(ticks=ticks, coarse=coarse)


async def read_in_time(reader: Reader, tuned: Sequence[TunedWorkload], grid: Grid, *, deadline: float) -> Stretch:
    """Read a stretch; if that is not done in time, return one in which nothing was answered.

    Args:
        reader: where to read.
        tuned: the workloads.
        grid: tick times.
        deadline: time of the event loop.
    """
    try:
        async with asyncio.timeout_at(deadline):
            return await read_stretch(reader, tuned, grid)
    except TimeoutError:
        return Stretch(ticks=_unanswered(reader, tuned, grid), coarse=None)


def _unanswered(reader: Reader, tuned: Sequence[TunedWorkload], grid: Grid) -> FleetReadings:
    missing = Readings.missing(len(tuned), grid.count, State.UNAVAILABLE)
    message = (
        "not all queries were answered before the next tick was due "
        f"(tick.interval is {reader.tick.interval:g} s); {MEANWHILE}"
    )
    return FleetReadings(
        ids=tuple(each.workload.id for each in tuned),
        grid=grid,
        readings=dict.fromkeys(Signal, missing),
        problems=(SignalProblem(signal="every signal", query="all", message=message),),
        failed=frozenset(Signal),
    )


def fold_stretch(
    fleet: Fleet, stretch: Stretch, tuned: Sequence[TunedWorkload], *, limits: FleetTuning = UNLIMITED
) -> tuple[Fleet, dict[WorkloadId, Decision]]:
    """Return the fleet after a stretch, and the decisions of its last tick; pure, so that it may run in a thread.

    Args:
        fleet: what was there before.
        stretch: what was read.
        tuned: the workloads.
        limits: over several workloads; they leave nothing to remember.
    """
    after: tuple[Fleet, dict[WorkloadId, Decision]] = (fleet, {})
    for after in fold_ticks(fleet, stretch, tuned, limits=limits):  # noqa: B007 - the last one counts
        pass
    return after


def fold_ticks(
    fleet: Fleet, stretch: Stretch, tuned: Sequence[TunedWorkload], *, limits: FleetTuning = UNLIMITED
) -> Iterator[tuple[Fleet, dict[WorkloadId, Decision]]]:
    """Yield the fleet after each tick of a stretch, and the decisions of that tick; arguments as of `fold_stretch`."""
    values = certain_values(stretch.ticks, tuned)
    marks = _coarse_columns(stretch, tuned)
    grid = stretch.ticks.grid
    for column, at in enumerate(grid.times().tolist()):
        fleet = _recorded(fleet, values, tuned, column=column, at=at, grid=grid)
        if at in marks:
            fleet = record_marks(fleet, tuned, marks[at], at=at)
        fleet = refresh_forecasts(fleet, tuned, at=at, step_s=grid.step_s)
        fleet, decisions = decide_fleet(fleet, stretch.ticks, tuned, column=column, at=at, limits=limits)
        yield fleet, decisions


def _recorded(
    fleet: Fleet,
    values: Mapping[Signal, FloatArray],
    tuned: Sequence[TunedWorkload],
    *,
    column: int,
    at: float,
    grid: Grid,
) -> Fleet:
    one = {signal: each[:, column : column + 1] for signal, each in values.items()}
    return replace(fleet, history=record(fleet.history, one, tuned, end=at, step_s=grid.step_s))


def _coarse_columns(stretch: Stretch, tuned: Sequence[TunedWorkload]) -> Mapping[float, Marks]:
    """Return what each ten-minute mark of the stretch notes."""
    if stretch.coarse is None:
        return {}
    demand = demand_of(certain_values(stretch.coarse, tuned), tuned)
    marks = read_marks(stretch.coarse, tuned, demand=demand)
    return {at: marks.at(column) for column, at in enumerate(stretch.coarse.grid.times().tolist())}
