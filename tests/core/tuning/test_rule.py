"""Twin of adapter/core/tuning/rule.py."""

import pytest

from adapter.core.errors import TuningError
from adapter.core.tuning import Tuning, parse_tuning

_HEAD = "apiVersion: scaleahead/v1alpha1\nprometheus: {url: 'http://p:9090'}\n"


def _parse(rule: str, *, defaults: str = "{}") -> Tuning:
    text = f"{_HEAD}defaults: {defaults}\ndiscover:\n- {rule}\n"
    return parse_tuning(text, file="config.yaml", presets=["vllm", "sglang"])


def test_rule_is_a_template_with_the_defaults_poured_in() -> None:
    """What it does not write is not taken for written."""
    [rule] = _parse("{namespaces: {regex: team-.*}, replicas: {min: 0}}", defaults="{leadTime: 90s}").discover

    assert (rule.lead_time, rule.replicas.min) == (90.0, 0)
    assert rule.model_fields_set.isdisjoint({"preset", "match", "sources", "names"})


@pytest.mark.parametrize(
    ("rule", "path", "words"),
    [
        ("{replicas: {min: 0}}", "discover[0].namespaces", "required"),
        ("{namespaces: a, scaleTarget: {name: b}}", "discover[0]", "set names instead"),
        ("{namespaces: a, preset: vlm}", "discover[0].preset", "unknown preset"),
        ("{namespaces: {regex: '('}}", "discover[0].namespaces.regex", "regular expression"),
        ("{namespaces: a, replicas: {min: 5, max: 3}}", "discover[0].replicas", "must not exceed"),
    ],
)
def test_mistake_in_a_rule_is_found_where_it_stands(rule: str, path: str, words: str) -> None:
    """As in a workload."""
    with pytest.raises(TuningError) as caught:
        _parse(rule)

    [problem] = caught.value.problems
    assert (problem.line, problem.path) == (5, path)
    assert words in problem.message
