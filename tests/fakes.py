"""Fakes of the ports: parts that behave as documented, from values that a test writes down."""

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from adapter.core.signal import ABSENT, FleetReadings, Grid, Reading, Readings, Signal, SignalProblem, State
from adapter.core.snapshot import Snapshot
from adapter.core.tuning import PrometheusTuning, TickTuning, TunedWorkload, Tuning, WorkloadTuning, resolve_workload
from adapter.core.workload import Workload, WorkloadId

Script = Callable[[Workload, Signal, float], float | Reading | None]
"""What a workload's signal shows at a time: a number is fresh, None is absent."""


def tuned(name: str, *, namespace: str = "prod", **values: Any) -> TunedWorkload:
    """Return a workload tuned as a `workloads` entry of a document says (keys in snake_case)."""
    return resolve_workload(WorkloadId(namespace, name), WorkloadTuning.model_validate(values))


def tuning_of(*workloads: TunedWorkload, interval_s: float = 15.0) -> Tuning:
    """Return a tuning that is in force for some workloads."""
    return Tuning(
        prometheus=PrometheusTuning.model_validate({"url": "http://prometheus:9090"}),
        tick=TickTuning(interval=interval_s),
        defaults=WorkloadTuning(),
        workloads=workloads,
        digest="sha256:fake",
    )


@dataclass
class FakeSignalSource:
    """Serves scripted readings, for instants and ranges alike, so that a range equals its instants."""

    script: Script
    signals: Sequence[Signal] = tuple(Signal)
    down: frozenset[Signal] = frozenset()
    """Signals whose queries fail at the moment, whatever time they ask about."""
    reads: list[Grid] = field(default_factory=list)
    """Every grid that was asked for."""

    async def read(self, workloads: Sequence[Workload], *, grid: Grid, window_s: float) -> FleetReadings:  # noqa: ARG002 - the port's; scripts know no windows
        """Return what the script says."""
        self.reads.append(grid)
        shape = (len(workloads), grid.count)
        answers = {
            signal: Readings.missing(*shape, State.UNAVAILABLE)
            if signal in self.down
            else _answer(self.script, workloads, signal=signal, grid=grid)
            for signal in self.signals
        }
        problems = tuple(SignalProblem(signal=each, query=each, message="down") for each in sorted(self.down))
        ids = tuple(each.id for each in workloads)
        failed = self.down & set(self.signals)
        return FleetReadings(ids=ids, grid=grid, readings=answers, problems=problems, failed=failed)


def _answer(script: Script, workloads: Sequence[Workload], *, signal: Signal, grid: Grid) -> Readings:
    times = grid.times().tolist()
    shown = [script(each, signal, at) for each in workloads for at in times]
    cells = [each if isinstance(each, Reading) else ABSENT if each is None else None for each in shown]
    numbers = [math.nan if isinstance(each, Reading) or each is None else each for each in shown]
    readings = Readings(
        value=np.array(numbers, dtype=np.float64),
        state=np.full(len(shown), State.FRESH, dtype=np.uint8),
        age_s=np.full(len(shown), 3.0),
        coverage=np.full(len(shown), 1.0),
    )
    for at, cell in enumerate(cells):
        if cell is not None:
            _put(readings, at, cell)
    return Readings(**{name: getattr(readings, name).reshape(len(workloads), len(times)) for name in _CELL})


_CELL = ("value", "state", "age_s", "coverage")


def _put(readings: Readings, at: int, cell: Reading) -> None:
    for name in _CELL:
        getattr(readings, name)[at] = getattr(cell, name)


def scripted(values: Mapping[Signal, float | Reading | Callable[[float], float | Reading | None] | None]) -> Script:
    """Return a script in which every workload shows the same: constants, or functions of time; the rest is absent."""

    def script(_workload: Workload, signal: Signal, at: float) -> float | Reading | None:
        shown = values.get(signal)
        return shown(at) if callable(shown) else shown

    return script


@dataclass
class StaticTuning:
    """A tuning source that serves what the test puts there."""

    tuning: Tuning

    def current(self) -> Tuning:
        """Return the tuning."""
        return self.tuning

    def put(self, *workloads: TunedWorkload) -> None:
        """Replace the workloads."""
        self.tuning = replace(self.tuning, workloads=workloads)


@dataclass
class InlineWorkloads:
    """Workloads defined by scalers."""

    items: tuple[TunedWorkload, ...] = ()

    def workloads(self, *, now: float) -> Sequence[TunedWorkload]:  # noqa: ARG002 - the port's; these never expire
        """Return the workloads."""
        return self.items


@dataclass
class FakeClock:
    """A clock that jumps to whenever somebody sleeps until, and stops the sleeper after a while."""

    at: float
    until: float = float("inf")

    def now(self) -> float:
        """Return the time."""
        return self.at

    async def sleep_until(self, at: float) -> None:
        """Jump to the time.

        Raises:
            CancelledError: the time lies after the end of the test.
        """
        if at > self.until:
            raise asyncio.CancelledError
        self.at = max(self.at, at)
        await asyncio.sleep(0)


@dataclass
class MemorySink:
    """Keeps every snapshot that was published."""

    snapshots: list[Snapshot] = field(default_factory=list)

    def publish(self, snapshot: Snapshot) -> None:
        """Keep the snapshot."""
        self.snapshots.append(snapshot)

    def current(self) -> Snapshot | None:
        """Return the newest snapshot."""
        return self.snapshots[-1] if self.snapshots else None
