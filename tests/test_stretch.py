import numpy as np
import pytest

from adapter.core.fold import Fleet
from adapter.core.history import History
from adapter.core.signal import Grid, Signal
from adapter.stretch import Reader, fold_stretch, read_stretch
from tests.factories import TICK
from tests.fakes import FakeSignalSource, scripted, tuned, tuning_of

LLAMA = tuned("llama")
TUNING = tuning_of(LLAMA)
SIGNALS = (Signal.QUEUE_DEPTH, Signal.REQUESTS_RUNNING)


def make_reader() -> tuple[Reader, FakeSignalSource]:
    """Return a reader of a source whose running requests are the seconds since the first tick."""
    script = scripted({Signal.QUEUE_DEPTH: 0.0, Signal.REQUESTS_RUNNING: lambda at: at - TICK + 600.0})
    source = FakeSignalSource(script, signals=SIGNALS)
    return Reader(source=source, prometheus=TUNING.prometheus, tick=TUNING.tick), source


async def test_ticks_are_read_a_settling_delay_earlier() -> None:
    """The source is asked about 5 s before; the answer is labelled with the tick."""
    reader, source = make_reader()
    readings = await reader.read([LLAMA], Grid(start=TICK, step_s=15.0))
    assert source.reads[0].start == TICK - 5.0
    assert readings.grid.start == TICK


@pytest.mark.parametrize(("first", "count", "marks"), [(TICK + 15, 39, 0), (TICK, 1, 1), (TICK - 15, 42, 2)])
async def test_ten_minute_marks_are_read_where_the_stretch_has_any(first: float, count: int, marks: int) -> None:
    """Both ends count."""
    reader, _ = make_reader()
    stretch = await read_stretch(reader, [LLAMA], Grid(start=first, step_s=15.0, count=count))
    assert (stretch.coarse.grid.count if stretch.coarse else 0) == marks


@pytest.mark.parametrize(
    ("down", "failed", "silent"),
    [((), (), False), (SIGNALS[:1], SIGNALS[:1], False), (SIGNALS, SIGNALS, True)],
)
async def test_a_stretch_knows_what_failed(
    down: tuple[Signal, ...], failed: tuple[Signal, ...], *, silent: bool
) -> None:
    """Part of it, or all of it."""
    reader, source = make_reader()
    source.down = frozenset(down)
    stretch = await read_stretch(reader, [LLAMA], Grid(start=TICK, step_s=15.0))
    assert (stretch.failed, stretch.silent) == (frozenset(failed), silent)


async def test_the_end_of_a_stretch_is_its_last_tick() -> None:
    """Alone, with its own values."""
    reader, _ = make_reader()
    stretch = (await read_stretch(reader, [LLAMA], Grid(start=TICK, step_s=15.0, count=3))).at_its_end()
    assert stretch.ticks.grid == Grid(start=TICK + 30, step_s=15.0)
    assert stretch.ticks.readings[Signal.REQUESTS_RUNNING].value.tolist() == [[625.0]]


async def test_folding_two_halves_is_folding_the_whole() -> None:
    """Twenty minutes at once, or in two parts: the same decisions, states and memory, to the byte."""
    reader, _ = make_reader()
    empty = Fleet(history=History.empty((LLAMA.workload.id,)))
    whole_grid = Grid(start=TICK, step_s=15.0, count=80)
    halves = [Grid(start=TICK, step_s=15.0, count=37), Grid(start=TICK + 37 * 15.0, step_s=15.0, count=43)]
    whole, decisions = fold_stretch(empty, await read_stretch(reader, [LLAMA], whole_grid), [LLAMA])
    parts = empty
    for grid in halves:
        parts, last = fold_stretch(parts, await read_stretch(reader, [LLAMA], grid), [LLAMA])
    assert repr(last) == repr(decisions)
    assert repr(parts.states) == repr(whole.states)
    for tier in ("minute", "coarse"):
        one, other = getattr(whole.history, tier), getattr(parts.history, tier)
        assert np.array_equal(one.values, other.values, equal_nan=True)
        assert one.end == other.end
