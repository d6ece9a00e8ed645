"""Twin of adapter/whatif/replay.py."""

import pytest

from adapter.core.signal import Grid, Signal
from adapter.recall import NothingRead
from adapter.stretch import Reader
from adapter.whatif.replay import Replayed, replay
from tests.factories import TICK
from tests.fakes import FakeSignalSource, scripted, tuned, tuning_of

LLAMA = tuned("llama")
SIGNALS = (Signal.QUEUE_DEPTH, Signal.REQUESTS_RUNNING)


def make_source() -> FakeSignalSource:
    """Return a source of a load that rises."""
    script = scripted({Signal.QUEUE_DEPTH: 0.0, Signal.REQUESTS_RUNNING: lambda at: 40.0 + (at - TICK) / 100})
    return FakeSignalSource(script, signals=SIGNALS)


async def replayed(source: FakeSignalSource, ticks: Grid, *, most: int = 20) -> list[tuple[Replayed, ...]]:
    """Return what is decided, piece by piece."""
    tuning = tuning_of(LLAMA)
    reader = Reader(source=source, prometheus=tuning.prometheus, tick=tuning.tick)
    return [piece async for piece in replay(reader, [LLAMA], ticks, most=most)]


async def test_every_tick_is_decided_once_in_pieces_of_some_hours() -> None:
    """At its own time,."""
    source, ticks = make_source(), Grid(start=TICK + 15, step_s=15.0, count=50)
    pieces = await replayed(source, ticks)
    assert max(grid.count for grid in source.reads) < 11_000  # points per series, at which a Prometheus refuses
    assert [len(piece) for piece in pieces] == [20, 20, 10]
    assert [each.at for piece in pieces for each in piece] == ticks.times().tolist()
    assert all(each.decisions[LLAMA.workload.id].at == each.at for piece in pieces for each in piece)


async def test_a_source_that_does_not_answer_is_an_error_at_once() -> None:
    """And not a hold: it says nothing about the past. The long queries are spared."""
    source = make_source()
    source.down = frozenset({Signal.QUEUE_DEPTH})
    with pytest.raises(NothingRead, match="down"):
        await replayed(source, Grid(start=TICK + 15, step_s=15.0, count=10))
    assert [grid.count for grid in source.reads] == [1]
