"""The page on signals says what the presets do."""

from pathlib import Path

import pytest

from adapter.core.signal import UNITS, Signal, State
from adapter.prometheus.preset import load_preset, preset_names
from adapter.prometheus.promql import EXPECTED_WITHIN

_PAGE = (Path(__file__).parents[2] / "docs" / "signals.md").read_text()


def _row(first: str) -> list[str]:
    [line] = [line for line in _PAGE.splitlines() if line.startswith(f"| {first} |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize("name", preset_names())
def test_every_signal_of_every_preset_has_its_row(name: str) -> None:
    """Unit, preset and visibility at zero are those of the data."""
    for signal, how in load_preset(name).signals.items():
        _, unit, preset, _, at_zero = _row(f"`{signal}`")

        assert (unit, preset, at_zero) == (UNITS[signal], f"`{name}`", "yes" if how.exists_at_zero else "")


def test_page_lists_no_signal_that_is_not_there() -> None:
    """Nor any state."""
    signals = [line.split("`")[1] for line in _PAGE.splitlines() if line.startswith("| `")]

    assert sorted(signals) == sorted(Signal)
    assert [state for state in State if len(_row(state.name.lower())) != 3] == []


def test_page_knows_how_long_a_target_is_expected() -> None:
    """The number of the page is the number of the query."""
    assert EXPECTED_WITHIN == "15m"
    assert "within the last 15 minutes" in _PAGE
