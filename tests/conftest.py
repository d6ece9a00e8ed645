"""Rules for the whole suite: how long a test may take."""

import pytest
from hypothesis import Phase, settings

_LONG_LIMIT_S = 120
_LONG_MARKS = ("integration", "browser")


# A busy machine is no failure (pytest's own limit remains), and explaining one traces every line, which takes minutes.
settings.register_profile("house", deadline=None, phases=set(Phase) - {Phase.explain})
settings.load_profile("house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests that start real processes 120 s; all others keep the 20 s of pyproject.toml."""
    for item in items:
        is_long = any(item.get_closest_marker(mark) for mark in _LONG_MARKS)
        if is_long and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_LONG_LIMIT_S))
