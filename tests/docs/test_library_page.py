"""The example of the library page runs as it stands, and the page names the signals that there are."""

import re

from adapter.core.settled import GAUGES
from adapter.core.signal import Signal
from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "docs" / "library.md"


def test_the_example_follows_the_load() -> None:
    """Replicas rise with the load, without a hold, to at least what it fills at 16 requests each."""
    [example] = [block for block in blocks("python") if block.page == PAGE]
    printed: list[str] = []
    scope: dict[str, object] = {"print": printed.append}
    exec(compile(example.text, str(PAGE), "exec"), scope)
    assert len(printed) >= 2
    assert isinstance(scope["requested"], int)
    assert 16 * scope["requested"] >= 75
    assert getattr(scope["decision"], "hold_reason") == ""  # noqa: B009 - the page's own variable


def test_the_page_names_every_signal_that_a_decision_reads() -> None:
    """And no signal that does not exist."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    told = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row.split("|")[1]) if "_" in name}
    shown_only = {Signal.PREEMPTIONS, Signal.TTFT, Signal.ITL, Signal.E2E_LATENCY}
    shown_only |= set(GAUGES)  # read at ten-minute marks; a loop of one's own takes means of its steps
    shown_only |= {Signal.GPU_MEMORY, Signal.QUOTA_AVAILABLE, Signal.GUARD_QUEUE}
    assert told & set(Signal) == set(Signal) - shown_only
