"""The suite's own rules are in force."""

import pytest


@pytest.mark.parametrize(
    "mark",
    [pytest.param("integration", marks=pytest.mark.integration), pytest.param("browser", marks=pytest.mark.browser)],
)
def test_tests_of_real_processes_get_two_minutes(request: pytest.FixtureRequest, mark: str) -> None:
    """Their limit is 120 s."""
    limit = request.node.get_closest_marker("timeout")
    assert request.node.get_closest_marker(mark) is not None
    assert limit.args == (120,)


def test_other_tests_keep_the_default(request: pytest.FixtureRequest) -> None:
    """The default limit is the 20 s of pyproject.toml, and no mark overrides it."""
    assert request.node.get_closest_marker("timeout") is None
    assert float(request.config.getini("timeout")) == 20


@pytest.mark.parametrize("mark", ["envtest", "benchmark", "soak"])
def test_slow_kinds_run_only_when_asked_for(pytestconfig: pytest.Config, mark: str) -> None:
    """The default selection leaves them out; `make bench` and its like select them."""
    default = pytestconfig.getini("addopts")
    assert f"not {mark}" in default[default.index("-m") + 1]
