"""The page on signals says what the presets do."""

from pathlib import Path

import pytest

from adapter.core.signal import UNITS, State
from adapter.prometheus.preset import Preset, load_composed, preset_names
from adapter.prometheus.promql import EXPECTED_WITHIN
from tests.fleets import SIGNALS_OF_VLLM

_PAGE = (Path(__file__).parents[2] / "docs" / "signals.md").read_text()


def _row(first: str) -> list[str]:
    [line] = [line for line in _PAGE.splitlines() if line.startswith(f"| {first} |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize("preset", load_composed("vllm"), ids=lambda preset: preset.name)
def test_every_signal_of_the_default_preset_has_its_row(preset: Preset) -> None:
    """Unit, preset and visibility at zero are those of the data."""
    for signal, how in preset.signals.items():
        _, unit, presets, _, at_zero = _row(f"`{signal}`")

        assert f"`{preset.name}`" in presets
        assert (unit, at_zero) == (UNITS[signal], "yes" if how.exists_at_zero else "")


def test_page_lists_no_signal_that_is_not_there() -> None:
    """Nor any state, nor any preset."""
    table = _PAGE.split("| signal | unit |", maxsplit=1)[1].split("\n\n", maxsplit=1)[0]
    signals = [line.split("`")[1] for line in table.splitlines() if line.startswith("| `")]

    assert sorted(signals) == sorted(SIGNALS_OF_VLLM)
    assert [state for state in State if len(_row(state.name.lower())) != 3] == []
    assert [name for name in preset_names() if f"`{name}`" not in _PAGE] == []


def test_page_knows_how_long_a_target_is_expected() -> None:
    """The number of the page is the number of the query."""
    assert EXPECTED_WITHIN == "15m"
    assert "within the last 15 minutes" in _PAGE
