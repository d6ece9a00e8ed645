"""Twin of adapter/whatif/recording.py."""

import pytest

from adapter.core.history import MINUTE_TIER
from adapter.core.signal import Signal
from adapter.recall import NothingRead
from adapter.stretch import Reader
from adapter.whatif.recording import read_memory
from tests.factories import TICK
from tests.fakes import FakeSignalSource, scripted, tuned, tuning_of

LLAMA, CODE = tuned("llama"), tuned("code")


def reader_of(source: FakeSignalSource) -> Reader:
    """Return a reader of the source."""
    tuning = tuning_of(LLAMA, CODE)
    return Reader(source=source, prometheus=tuning.prometheus, tick=tuning.tick)


async def test_memory_is_that_of_a_process_that_watched() -> None:
    """Until the time that is asked for."""
    steady = scripted({Signal.QUEUE_DEPTH: 0.0, Signal.REQUESTS_RUNNING: 20.0})
    source = FakeSignalSource(steady, signals=(Signal.QUEUE_DEPTH, Signal.REQUESTS_RUNNING))
    history = await read_memory(reader_of(source), [LLAMA], until=TICK)
    assert history.minute.end == TICK
    assert history.minute.values.shape == (1, MINUTE_TIER.columns)
    assert (history.minute.values == 20.0).all()


async def test_a_query_that_is_not_answered_is_an_error() -> None:
    """No record is better than half of one."""
    source = FakeSignalSource(scripted({}), down=frozenset({Signal.ARRIVAL_RATE, Signal.QUEUE_DEPTH}))
    with pytest.raises(NothingRead, match="not answered in full"):
        await read_memory(reader_of(source), [LLAMA], until=TICK)
