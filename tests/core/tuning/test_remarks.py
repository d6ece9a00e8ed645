"""Twin of adapter/core/tuning/remarks.py."""

import pytest

from adapter.core.tuning import Tuning, parse_tuning

_HEAD = "apiVersion: scaleahead/v1alpha1\nprometheus: {url: 'http://p:9090'}\n"
_WHO = "until: 2030-01-01T00:00:00Z, author: me"
_WHEN = "name: x, start: 2030-01-01T00:00:00Z, end: 2030-01-02T00:00:00Z"


def _parse(text: str) -> Tuning:
    return parse_tuning(_HEAD + text, file="f", presets=["vllm"])


@pytest.mark.parametrize(
    ("line", "warning"),
    [
        (f"override: {{floor: 11, {_WHO}}}", "override.floor: is above replicas.max (10), which wins (given: 11)"),
        (f"override: {{ceiling: 0, {_WHO}}}", "override.ceiling: is below replicas.min (1), which wins (given: 0)"),
        (f"events: [{{floor: 11, {_WHEN}}}]", "events[0].floor: is above replicas.max (10), which wins (given: 11)"),
    ],
)
def test_what_bounds_overrule_is_a_warning(line: str, warning: str) -> None:
    """The document takes effect, and its author learns what it will not do."""
    tuning = _parse(f"workloads:\n- namespace: a\n  name: b\n  {line}\n")
    assert [str(problem) for problem in tuning.warnings] == [f"f:6: workloads[0].{warning}"]


def test_what_lies_within_the_bounds_is_no_warning() -> None:
    """A bound itself is within."""
    line = f"override: {{floor: 10, ceiling: 10, {_WHO}}}\n  events: [{{floor: 10, {_WHEN}}}]"
    assert _parse(f"workloads:\n- namespace: a\n  name: b\n  {line}\n").warnings == ()


def test_an_inherited_value_is_told_where_it_was_written() -> None:
    """The line is the one in `defaults`."""
    tuning = _parse(f"defaults:\n  override: {{floor: 11, {_WHO}}}\nworkloads:\n- {{namespace: a, name: b}}\n")
    assert [problem.line for problem in tuning.warnings] == [4]
