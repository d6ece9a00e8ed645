"""Twin of adapter/whatif/open_loop.py."""

import io

from rich.console import Console

from adapter.core.signal import Signal
from adapter.whatif.open_loop import replay_tables, replay_variant
from adapter.whatif.study import Study, Variant
from tests.factories import TICK
from tests.fakes import FakeSignalSource, scripted, tuned, tuning_of

LLAMA = tuned("llama")
SIGNALS = (Signal.QUEUE_DEPTH, Signal.REQUESTS_RUNNING, Signal.REPLICAS_REQUESTED, Signal.REPLICAS_READY)


async def test_a_replay_is_shown_with_changes_and_reasons() -> None:
    """Progress adds up to one; what was held is counted."""
    script = scripted(
        {
            Signal.QUEUE_DEPTH: 0.0,
            Signal.REQUESTS_RUNNING: lambda at: None if at > TICK + 3000 else 100.0 if at > TICK + 1500 else 20.0,
            Signal.REPLICAS_REQUESTED: 3.0,
            Signal.REPLICAS_READY: 3.0,
        }
    )
    tuning = tuning_of(LLAMA)
    variant = Variant(name="current", tuning=tuning, tuned=(LLAMA,))
    study = Study(variants=(variant,), prometheus=tuning.prometheus, start=TICK, end=TICK + 3600)
    done: list[float] = []
    replays = await replay_variant(variant, study, FakeSignalSource(script, signals=SIGNALS), advance=done.append)
    console = Console(width=140, file=io.StringIO())
    console.print(replay_tables([("current", replays)]))
    shown = console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO

    assert sum(done) == 1.0
    assert "prod/llama" in shown
    assert " -> 8: " in shown
    assert "held for" in shown
    assert "requests_running" in shown
