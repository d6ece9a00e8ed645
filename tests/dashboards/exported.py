"""Which metric names an expression may use."""

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from tests.docs.metrics_page import families
from tests.docs.pages import ROOT

RULES: Final = ROOT / "dashboards" / "rules" / "scaleahead.rules.yaml"
_NAME: Final = re.compile(r"\b(?:[a-z_]+:)?scaleahead_\w+(?::\w+)?")
_SUFFIXES: Final = {"counter": "_total", "info": "_info"}


def exported() -> set[str]:
    """Return the names under which a process exports samples."""
    return {family.name + _SUFFIXES.get(family.type, "") for family in families()}


def rules() -> Iterator[dict[str, Any]]:
    """Yield every recording and alerting rule."""
    for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]:
        yield from group["rules"]


def recorded() -> set[str]:
    """Return the names that recording rules make."""
    return {rule["record"] for rule in rules() if "record" in rule}


def names_in(expression: str) -> set[str]:
    """Return the names of our metrics in an expression.

    Example:
        >>> sorted(names_in('sum(a:scaleahead_x:max{job="scaleahead"}) / scaleahead_y'))
        ['a:scaleahead_x:max', 'scaleahead_y']
    """
    return set(_NAME.findall(expression))
