"""Twin of adapter/core/tuning/deprecation.py; the rule is exercised with a made-up row, whatever the table holds."""

import pytest

from adapter.core.errors import TuningError
from adapter.core.tuning import Deprecation, Tuning, parse_tuning
from adapter.core.tuning.deprecation import DEPRECATIONS
from adapter.core.tuning.schema import names_at

_RULE = Deprecation(section=("defaults", "targets"), old="inFlight", new="concurrency", since="0.2", removed="0.4")
_HEAD = "apiVersion: scaleahead/v1alpha1\nprometheus: {url: 'http://p:9090'}\n"
_OLD = _HEAD + "workloads:\n- namespace: a\n  name: b\n  targets: {inFlight: 8}\n"


def _parse(text: str, *rules: Deprecation) -> Tuning:
    return parse_tuning(text, file="f", presets=["vllm"], deprecations=rules)


def test_a_deprecated_key_works_and_warns() -> None:
    """The value counts, and the warning names line, versions and the new key."""
    tuning = _parse(_OLD, _RULE)
    assert tuning.workloads[0].tuning.targets.concurrency == 8
    [warning] = tuning.warnings
    text = "f:6: workloads[0].targets.inFlight: deprecated since 0.2 and gone in 0.4: write concurrency (given: 8)"
    assert str(warning) == text


def test_old_and_new_key_together_are_refused() -> None:
    """Which of them counts is not guessed."""
    with pytest.raises(TuningError) as caught:
        _parse(_HEAD + "defaults:\n  targets:\n    inFlight: 8\n    concurrency: 9\n", _RULE)
    assert [(problem.line, problem.path) for problem in caught.value.problems] == [(5, "defaults.targets.inFlight")]


def test_a_removed_key_is_unknown() -> None:
    """Without its row the old name is refused as any other."""
    with pytest.raises(TuningError, match="unknown key"):
        _parse(_OLD)


@pytest.mark.parametrize("rule", [_RULE, *DEPRECATIONS])
def test_every_rule_leads_to_a_key_that_exists_after_two_minor_versions(rule: Deprecation) -> None:
    """A row with a typing error, or one that removes too early, does not pass."""
    names = names_at(rule.section)
    since, removed = (tuple(int(part) for part in text.split(".")) for text in (rule.since, rule.removed))
    assert rule.new in names
    assert rule.old not in names
    assert removed[0] > since[0] or removed[1] - since[1] >= 2
