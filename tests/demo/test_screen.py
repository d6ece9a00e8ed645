from rich.console import Console

from adapter.demo.cluster import SimulatedService
from adapter.demo.consumers import Move
from adapter.demo.replay import Frame, Line
from adapter.demo.scenario import bundled_services
from adapter.demo.screen import live_table, plain_line
from tests.factories import decision, hold


def _frame() -> Frame:
    services = [SimulatedService(each, epoch=0.0) for each in bundled_services()]
    decisions = (decision(), hold(reason="cannot see the load: queue_depth is absent"))
    moves = (Move(before=2, replicas=3, value=3.0), Move(before=0, replicas=0, value=None, note="the scaler failed"))
    lines = tuple(Line(service=s, decision=d, move=m) for s, d, m in zip(services, decisions, moves, strict=True))
    return Frame(at_s=900.0, end_s=3600.0, lines=lines)


def test_the_live_table_fits_eighty_columns_and_gives_every_reason_in_full() -> None:
    """No cell of the table is cut, and a hold says why."""
    console = Console(width=80, record=True)
    console.print(live_table(_frame()))
    text = console.export_text()

    assert "…" not in text
    assert "the scaler failed; cannot see the load: queue_depth is absent" in text
    assert "error" in text
    assert "2 → 3" in text


def test_a_plain_line_tells_the_same_on_one_line() -> None:
    """Where there is no terminal, a frame is one line with both services."""
    line = plain_line(_frame())

    assert "\n" not in line
    assert "code:" in line
    assert "chat:" in line
