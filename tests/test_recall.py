"""Records of the past are read in pieces; half of the truth is a gap, and silence is an error."""

import numpy as np
import pytest

from adapter.core.signal import Grid, Reading, Signal, State
from adapter.recall import NothingRead, read_records
from adapter.simulation.recorded import RECORDED
from adapter.stretch import Reader
from tests.factories import TICK
from tests.fakes import FakeSignalSource, scripted, tuned, tuning_of

LLAMA, CODE = tuned("llama"), tuned("code")


def reader_of(source: FakeSignalSource) -> Reader:
    """Return a reader of the source."""
    tuning = tuning_of(LLAMA, CODE)
    return Reader(source=source, prometheus=tuning.prometheus, tick=tuning.tick)


def doubtful(at: float) -> float | Reading | None:
    """Fresh in even minutes, partial in odd ones."""
    minute = round((at - TICK) / 60)
    return 2.0 if minute % 2 == 0 else Reading(state=State.PARTIAL, value=1.0, age_s=3.0, coverage=0.5)


async def test_records_are_read_in_pieces_and_keep_what_is_certain() -> None:
    """Half of the truth is a gap; a signal that nobody has is one all along; progress adds up to one."""
    source = FakeSignalSource(scripted({Signal.ARRIVAL_RATE: doubtful}), signals=(Signal.ARRIVAL_RATE,))
    minutes, done = Grid(start=TICK, step_s=60.0, count=2000), list[float]()
    records = await read_records(reader_of(source), [LLAMA, CODE], minutes, advance=done.append)
    record = records[CODE.workload.id]
    assert [grid.count for grid in source.reads] == [1440, 560]
    assert sum(done) == pytest.approx(1.0)
    assert (record.start, record.minutes) == (TICK - 60, 2000)
    assert set(record.values) == set(RECORDED)
    assert np.array_equal(record[Signal.ARRIVAL_RATE][:4], [2.0, np.nan, 2.0, np.nan], equal_nan=True)
    assert np.isnan(record[Signal.TTFT]).all()


async def test_a_query_that_is_not_answered_is_an_error() -> None:
    """No record is better than half of one."""
    source = FakeSignalSource(scripted({}), down=frozenset({Signal.ARRIVAL_RATE, Signal.QUEUE_DEPTH}))
    minutes = Grid(start=TICK, step_s=60.0, count=10)
    with pytest.raises(NothingRead, match="down"):
        await read_records(reader_of(source), [LLAMA], minutes, advance=lambda _: None)
