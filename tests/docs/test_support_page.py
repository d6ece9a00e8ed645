"""The page of supported systems is generated, current, and claims nothing that is not tested."""

import pytest

from adapter.core.signal import Signal
from adapter.prometheus.preset import load_preset, preset_names
from tests.docs.support_page import COLUMNS, PAGE, cells, render


def test_page_is_current() -> None:
    """When this fails: make update."""
    assert PAGE.read_text(encoding="utf-8") == render()


def test_every_signal_has_one_column() -> None:
    """None is left out of the matrix."""
    assert sorted(signal for signals in COLUMNS.values() for signal in signals) == sorted(Signal)


@pytest.mark.parametrize("name", preset_names())
def test_every_signal_of_every_preset_is_held_by_a_value(name: str) -> None:
    """A signal without a case in the preset table is not supported."""
    known = cells()

    assert [signal for signal in load_preset(name).signals if not known[name, signal]] == []
