"""Twin of adapter/priming.py: what is read back when, and how long a tick waits for it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from adapter.core.signal import FleetReadings, Grid, Signal
from adapter.core.workload import Workload
from adapter.priming import Primer
from adapter.stretch import Reader, read_in_time
from tests.fakes import FakeSignalSource, scripted, tuned, tuning_of

_AT = 1_787_220_000.0
_NOTHING: frozenset[Signal] = frozenset()


@dataclass
class GatedSource(FakeSignalSource):
    """Answers once the gate is open."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, workloads: Sequence[Workload], *, grid: Grid, window_s: float) -> FleetReadings:
        """Wait, then answer."""
        await self.gate.wait()
        return await super().read(workloads, grid=grid, window_s=window_s)


def _reader(source: GatedSource) -> Reader:
    tuning = tuning_of()
    return Reader(source=source, prometheus=tuning.prometheus, tick=tuning.tick)


@pytest.fixture
def source() -> GatedSource:
    """A source that does not answer yet."""
    return GatedSource(scripted({Signal.QUEUE_DEPTH: 2.0, Signal.REQUESTS_RUNNING: 3.0}))


def _soon() -> float:
    return asyncio.get_running_loop().time() + 0.05


async def test_a_slow_source_costs_a_tick_no_more_than_its_deadline(source: GatedSource) -> None:
    """Priming goes on behind the ticks; a later one gets the fleet of the tick at which it was begun."""
    primer, reader, fleet = Primer(), _reader(source), [tuned("chat")]
    assert await primer.prime(reader, fleet, at=_AT, without=_NOTHING, deadline=_soon()) is None
    source.gate.set()
    later = asyncio.get_running_loop().time() + 10
    primed = await primer.prime(reader, fleet, at=_AT + 15, without=_NOTHING, deadline=later)
    assert primed is not None
    assert primed.at == _AT


async def test_other_workloads_begin_anew(source: GatedSource) -> None:
    """What was begun for a fleet that is no longer wanted is given up."""
    primer, reader = Primer(), _reader(source)
    assert await primer.prime(reader, [tuned("chat")], at=_AT, without=_NOTHING, deadline=_soon()) is None
    source.gate.set()
    later = asyncio.get_running_loop().time() + 10
    primed = await primer.prime(reader, [tuned("code")], at=_AT + 15, without=_NOTHING, deadline=later)
    assert primed is not None
    assert (primed.at, [each.name for each in primed.history.ids]) == (_AT + 15, ["code"])


async def test_what_is_not_read_in_time_is_unavailable_and_says_so(source: GatedSource) -> None:
    """Never absent, never zero: the source may well know."""
    stretch = await read_in_time(
        _reader(source), [tuned("chat")], Grid(start=_AT, step_s=15.0, count=2), deadline=_soon()
    )
    assert stretch.silent
    cell = stretch.ticks.readings[Signal.QUEUE_DEPTH].cell(0, 1)
    assert cell.state.name == "UNAVAILABLE"
    assert not cell.known
    assert "before the next tick was due (tick.interval is 15 s)" in stretch.ticks.problems[0].message
