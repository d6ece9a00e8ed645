import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from adapter.core.decision import StepName
from adapter.core.signal import Signal, SignalProblem
from adapter.core.snapshot import Snapshot
from adapter.core.tuning import TickTuning, TunedWorkload
from adapter.core.workload import WorkloadId
from adapter.loop import Loop
from adapter.ports import DemandSource, Glimpse
from adapter.waking import Waker
from tests.factories import TICK
from tests.fakes import (
    FakeClock,
    FakeSignalSource,
    InlineWorkloads,
    MemorySink,
    StaticTuning,
    scripted,
    tuned,
    tuning_of,
)
from tests.waiting import wait_until

LLAMA = tuned("llama", replicas={"min": 0})
PROBLEM = SignalProblem(signal=Signal.DEMAND_AT_ZERO, query="http://epp", message="connection refused")
ZERO = {
    Signal.DEMAND_AT_ZERO: 0.0,
    Signal.REPLICAS_REQUESTED: 0.0,
    Signal.REPLICAS_STATUS: 0.0,
    Signal.REPLICAS_READY: 0.0,
}


@dataclass(eq=False)
class FakeDemand:
    """Shows the demand that a test sets."""

    waiting: dict[WorkloadId, float] = field(default_factory=dict)
    problems: tuple[SignalProblem, ...] = ()
    gate: asyncio.Event | None = None
    bug: Exception | None = None
    asked: list[tuple[WorkloadId, ...]] = field(default_factory=list)

    async def look(self, workloads: Sequence[TunedWorkload], *, now: float) -> Glimpse:  # noqa: ARG002 - the port's
        """Return what is set, once the gate is open."""
        self.asked.append(tuple(each.workload.id for each in workloads))
        if self.bug is not None:
            raise self.bug
        if self.gate is not None:
            await self.gate.wait()
        return Glimpse(waiting=dict(self.waiting), where="the test", problems=self.problems)


@dataclass
class World:
    """A loop over a sleeping workload, with somebody who watches over it."""

    sources: tuple[FakeDemand, ...]
    demand: list[float] = field(default_factory=lambda: [0.0])
    """What ticks see."""

    def __post_init__(self) -> None:
        tick = TickTuning(wake_interval=0.1)
        self.tuning = StaticTuning(replace(tuning_of(LLAMA), tick=tick))
        self.clock, self.sink = FakeClock(TICK), MemorySink()
        sources: Sequence[DemandSource] = self.sources
        self.waker = Waker(sources=sources, tuning=self.tuning, clock=self.clock, sink=self.sink)
        script = scripted({**ZERO, Signal.DEMAND_AT_ZERO: lambda _: self.demand[0]})
        self.loop = Loop(
            source=FakeSignalSource(script, signals=tuple(ZERO)),
            tuning=self.tuning,
            inline=InlineWorkloads(),
            clock=self.clock,
            sink=self.sink,
            waker=self.waker,
        )

    async def tick(self, at: float) -> Snapshot:
        """Let a tick happen at a time."""
        self.clock.at = at
        return await self.loop.tick(at)

    def active(self) -> bool | None:
        """Return what everybody is told at the moment."""
        current = self.sink.current()
        assert current is not None
        return current.decisions[LLAMA.workload.id].active


async def test_demand_between_ticks_is_published_at_once() -> None:
    """The snapshot of the tick is published again, with one workload awake; it is no younger for that."""
    gateway = FakeDemand()
    world = World((gateway,))
    await world.tick(TICK)
    assert world.active() is False
    gateway.waiting = {LLAMA.workload.id: 2.0}
    world.clock.at = TICK + 3.0
    await world.waker.look(gateway)
    current = world.sink.snapshots[-1]
    assert (world.active(), current.at, len(world.sink.snapshots)) == (True, TICK, 2)
    assert current.decisions[LLAMA.workload.id].steps[0].name is StepName.WAKE
    assert world.loop.statistics().wakes == 1


async def test_the_next_ticks_agree_and_take_over() -> None:
    """A tick that looked too early leaves it awake; the next one sees the demand itself and needs no help."""
    gateway = FakeDemand(waiting={LLAMA.workload.id: 2.0})
    world = World((gateway,))
    await world.tick(TICK)
    world.clock.at = TICK + 12.0
    await world.waker.look(gateway)
    early = await world.tick(TICK + 15.0)
    world.demand[0] = 2.0
    late = await world.tick(TICK + 30.0)
    told = [each.decisions[LLAMA.workload.id] for each in (early, late)]
    assert [each.active for each in told] == [True, True]
    assert [each.steps[0].name is StepName.WAKE for each in told] == [True, False]


async def test_demand_that_went_away_is_forgotten_by_a_tick_that_looked_later() -> None:
    """A request that gave up keeps nobody awake: ticks decide."""
    gateway = FakeDemand(waiting={LLAMA.workload.id: 2.0})
    world = World((gateway,))
    await world.tick(TICK)
    await world.waker.look(gateway)
    gateway.waiting = {}
    await world.waker.look(gateway)
    assert world.active() is True
    await world.tick(TICK + 15.0)
    assert world.active() is False


async def test_the_same_demand_is_told_once() -> None:
    """Looks that see nothing new publish nothing."""
    gateway = FakeDemand(waiting={LLAMA.workload.id: 2.0})
    world = World((gateway,))
    await world.tick(TICK)
    for _ in range(3):
        await world.waker.look(gateway)
    assert (len(world.sink.snapshots), world.waker.wakes) == (2, 1)


async def test_nobody_is_asked_while_nobody_sleeps() -> None:
    """Before the first tick and while everything is awake, a look costs nothing."""
    gateway = FakeDemand()
    world = World((gateway,), demand=[1.0])
    await world.waker.look(gateway)
    await world.tick(TICK)
    await world.waker.look(gateway)
    assert gateway.asked == []


async def test_what_is_wrong_with_a_look_is_told_with_the_next_tick() -> None:
    """And no longer than it is wrong."""
    gateway = FakeDemand(problems=(PROBLEM,))
    world = World((gateway,))
    await world.tick(TICK)
    await world.waker.look(gateway)
    assert PROBLEM in (await world.tick(TICK + 15.0)).problems
    assert world.active() is False
    gateway.problems = ()
    await world.waker.look(gateway)
    assert PROBLEM not in (await world.tick(TICK + 30.0)).problems


async def test_a_slow_source_does_not_keep_another_from_being_heard(caplog: pytest.LogCaptureFixture) -> None:
    """One never answers, one has a bug, the third one wakes."""
    stuck, broken = FakeDemand(gate=asyncio.Event()), FakeDemand(bug=ZeroDivisionError())
    quick = FakeDemand(waiting={LLAMA.workload.id: 1.0})
    world = World((stuck, broken, quick))
    await world.tick(TICK)
    with caplog.at_level(logging.CRITICAL):
        watching = asyncio.create_task(world.waker.run())
        await asyncio.to_thread(wait_until, world.active)
        watching.cancel()
        await asyncio.wait([watching])
    assert len(stuck.asked) == 1
    assert broken.asked
