"""The rules are valid, fire when they should, and every alert leads somewhere."""

import re
import subprocess

import pytest
import yaml

from tests.dashboards.exported import RULES, exported, names_in, rules
from tests.docs.pages import ROOT

_TESTS = RULES.with_name("scaleahead.rules.test.yaml")
_ALERTS = {rule["alert"]: rule for rule in rules() if "alert" in rule}


@pytest.mark.timeout(60)  # promtool plays a day, minute by minute
@pytest.mark.parametrize("arguments", [("check", "rules", str(RULES)), ("test", "rules", str(_TESTS))])
def test_promtool_accepts_the_rules(arguments: tuple[str, ...]) -> None:
    """They parse, and each alert fires and stays silent as its unit tests say."""
    outcome = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_every_metric_in_the_rules_is_exported() -> None:
    """No rule waits for something that never comes."""
    assert set().union(*(names_in(rule["expr"]) for rule in rules())) - exported() == set()


def test_every_alert_is_tested_firing_and_silent() -> None:
    """Both, so that an alert that always fires is no pass."""
    checks = [each for test in yaml.safe_load(_TESTS.read_text())["tests"] for each in test["alert_rule_test"]]

    assert {each["alertname"] for each in checks if each.get("exp_alerts")} == set(_ALERTS)
    assert {each["alertname"] for each in checks if not each.get("exp_alerts")} == set(_ALERTS)


@pytest.mark.parametrize("name", sorted(_ALERTS))
def test_alert_says_what_how_bad_and_what_to_do(name: str) -> None:
    """A person who is woken up reads one sentence, one explanation, and one entry of the runbook."""
    alert = _ALERTS[name]
    entries = re.findall(r"^## (\w+)$", (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert alert["labels"]["severity"] in {"critical", "warning", "info"}
    assert set(alert["annotations"]) == {"summary", "description", "runbook"}
    assert alert["annotations"]["runbook"] == f"docs/runbook.md#{name.lower()}"
    assert name in entries


def test_the_runbook_has_no_entry_for_what_is_no_alert() -> None:
    """An alert that was renamed takes its entry along."""
    entries = re.findall(r"^## (Scaleahead\w+)$", (ROOT / "docs" / "runbook.md").read_text(), re.MULTILINE)
    assert set(entries) == set(_ALERTS)
