"""Twin of adapter/priming.py: what is read back when, and how long a tick waits for it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from adapter.core.fold import Fleet
from adapter.core.history import COARSE_TIER, MINUTE_TIER
from adapter.core.signal import FleetReadings, Grid, Signal
from adapter.core.workload import Workload
from adapter.priming import Primer, forget, memory_span_s, merge, prime
from adapter.stretch import Reader, read_in_time
from tests.factories import TICK
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


A, B = tuned("a"), tuned("b")
SIGNALS = (Signal.QUEUE_DEPTH, Signal.REQUESTS_RUNNING)


def make_source() -> FakeSignalSource:
    """Return a source of a steady load."""
    return FakeSignalSource(scripted({Signal.QUEUE_DEPTH: 0.0, Signal.REQUESTS_RUNNING: 20.0}), signals=SIGNALS)


def reader_of(source: FakeSignalSource) -> Reader:
    """Return a reader of the source."""
    tuning = tuning_of(A)
    return Reader(source=source, prometheus=tuning.prometheus, tick=tuning.tick)


def test_memory_reaches_back_two_holds_or_one_idle_time() -> None:
    """And two forecast refreshes, in whole minutes."""
    assert memory_span_s([tuned("a", hold={"scale_in": 180, "idle": 300, "flapping": 1})]) == 480.0
    assert memory_span_s([tuned("a", hold={"scale_in": 180, "idle": 300})]) == 660.0
    assert memory_span_s([A, tuned("b", hold={"scale_in": 0, "idle": 1500})]) == 1620.0
    assert memory_span_s([]) == 120.0


async def test_priming_fills_every_tier_up_to_the_tick() -> None:
    """A day of minutes, two weeks of ten minutes, an hour of ticks, a state and a forecast."""
    fleet = await prime(reader_of(make_source()), [A], at=TICK + 15)
    assert fleet is not None
    history = fleet.history
    assert (history.minute.end, history.coarse.end) == (TICK, TICK)
    assert not np.isnan(history.minute.values).any()
    assert not np.isnan(history.coarse.values).any()
    assert (history.minute.values.shape[1], history.coarse.values.shape[1]) == (
        MINUTE_TIER.columns,
        COARSE_TIER.columns,
    )
    assert history.signals[Signal.REQUESTS_RUNNING].end == TICK + 15
    assert fleet.at == TICK + 15
    assert set(fleet.states) == set(fleet.forecasts) == {A.workload.id}


async def test_no_answer_is_no_memory() -> None:
    """And a source in trouble is spared the heavy queries: one read is enough to know."""
    source = make_source()
    source.down = frozenset({Signal.QUEUE_DEPTH})
    assert await prime(reader_of(source), [A], at=TICK) is None
    assert len(source.reads) == 1


async def test_a_signal_that_was_given_up_may_fail() -> None:
    """The rest is remembered."""
    source = make_source()
    source.down = frozenset({Signal.QUEUE_DEPTH})
    fleet = await prime(reader_of(source), [A], at=TICK, without=source.down)
    assert fleet is not None
    assert fleet.history.signals[Signal.REQUESTS_RUNNING].values[0, -1] == 20.0


async def primed(*names: str) -> Fleet:
    """Return a primed fleet."""
    fleet = await prime(reader_of(make_source()), [tuned(name) for name in names], at=TICK)
    assert fleet is not None
    return fleet


async def test_merging_lets_the_second_win_and_forgets_the_rest() -> None:
    """Forecasts, states and rows belong together: a workload's come from one side only."""
    first, second = await primed("a", "b"), await primed("b")
    bare = Fleet(history=second.history, at=TICK)
    ids = (B.workload.id, A.workload.id)
    both = merge(first, bare, ids)
    assert both.history.ids == ids
    assert set(both.states) == set(both.forecasts) == {A.workload.id}
    assert set(merge(first, second, ids).states) == set(ids)


async def test_forgetting_drops_what_left() -> None:
    """Newcomers start empty."""
    newcomer = tuned("c").workload.id
    fleet = forget(await primed("a", "b"), (newcomer, B.workload.id))
    assert set(fleet.states) == {B.workload.id}
    assert np.isnan(fleet.history.minute.values[0]).all()
    assert not np.isnan(fleet.history.minute.values[1]).any()
