"""Query text from preset templates: pure text in, text out.

Freshness cannot be read off an instant vector: an aggregate carries the evaluation time, and `rate` outlives its target
by a window. So the anchor of a preset is asked four things, by group: how old its newest sample is, how many targets
report it, how many are expected to, and whether any series is there twice.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from string import Template

from adapter.prometheus.preset import Anchor

EXPECTED_WITHIN = "15m"
"""A target that reported within this time and is still discovered is expected to report."""

_LONGEST_NAMESPACES = 1000  # characters; a longer restriction costs more to send and to match than it saves


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What every query of one preset shares."""

    by: tuple[str, ...]
    """Grouping labels, never empty."""
    window_s: float
    match: Mapping[str, str] = field(default_factory=dict)
    """Label values that every query is restricted to."""
    replica_label: str | None = None
    """Label that tells highly available Prometheus replicas apart."""
    namespaces: tuple[str, ...] = ()
    """Namespaces in use; empty when they cannot be told, or not by the label `namespace` as it is stored."""
    adopt: Mapping[str, str] = field(default_factory=dict)
    """Label → label that replaces it where present."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorQueries:
    """The four questions to an anchor; each answers by group."""

    age: str
    """Seconds since the newest sample."""
    reporting: str
    """Targets that report now."""
    expected: str
    """Targets that should."""
    copies: str
    """Series per exporter and series labels; more than 1 means doubles."""


def quote(text: str) -> str:
    r"""Return a PromQL string literal.

    Example:
        >>> print(quote('a"b'))
        "a\"b"
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def duration(seconds: float) -> str:
    """Return a PromQL duration.

    Example:
        >>> duration(60.0), duration(2.5)
        ('60s', '2500ms')
    """
    return f"{int(seconds)}s" if seconds == int(seconds) else f"{round(seconds * 1000)}ms"


def _conditions(match: Mapping[str, str]) -> str:
    return ",".join(f"{label}={quote(value)}" for label, value in sorted(match.items()))


def _where(scope: Scope) -> str:
    parts = [_conditions(scope.match)] if scope.match else []
    if len(scope.namespaces) == 1:
        parts.append(f"namespace={quote(scope.namespaces[0])}")
    elif 0 < sum(len(name) + 1 for name in scope.namespaces) <= _LONGEST_NAMESPACES:
        pattern = "|".join(name.replace(".", "\\.") for name in scope.namespaces)
        parts.append(f"namespace=~{quote(pattern)}")
    return ",".join(parts)


def render(template: str, scope: Scope) -> str:
    """Return the query of a template, on one line.

    Raises:
        ValueError: a parenthesis of `$adopt(...)` is not closed.

    Example:
        >>> render("sum by ($by) ($dedup(x{$where}))", Scope(by=("namespace",), window_s=60, namespaces=("llm",)))
        'sum by (namespace) ((x{namespace="llm"}))'
    """
    text = Template(template).substitute(
        by=", ".join(scope.by),
        where=_where(scope),
        match=_conditions(scope.match),
        window=duration(scope.window_s),
        seconds=f"{scope.window_s:g}",
        dedup=f"max without ({scope.replica_label}) " if scope.replica_label else "",
        adopt=_ADOPT,
    )
    return " ".join(_adopting(text, scope.adopt).split())


_ADOPT = "\0adopt"  # no text of a query


def _adopting(text: str, adopt: Mapping[str, str]) -> str:
    before, mark, rest = text.partition(f"{_ADOPT}(")
    if not mark:
        return text
    end = _closing(rest)
    return before + _adopted(rest[:end], adopt) + _adopting(rest[end + 1 :], adopt)


def _closing(text: str) -> int:
    """Return where the parenthesis closes that is open before the text; those in literals do not count."""
    depth = 1
    for found in re.finditer(r'"(?:\\.|[^"\\])*"|[()]', text):
        depth += {"(": 1, ")": -1}.get(found.group(), 0)
        if depth == 0:
            return found.start()
    raise ValueError(f"a parenthesis is not closed: {text}")


def _adopted(expression: str, adopt: Mapping[str, str]) -> str:
    for label, source in sorted(adopt.items()):
        expression = f'label_replace({expression}, "{label}", "$1", "{source}", "(.+)")'
    return expression


def _selectors(metrics: Sequence[str], matchers: str, each: Callable[[str], str]) -> str:
    return " or ".join(each(f"{metric}{{{matchers}}}") for metric in metrics)


def _by(labels: Sequence[str]) -> str:
    return f"by ({', '.join(dict.fromkeys(labels))})"


def sighted_within(anchor: Anchor, by: Sequence[str], *, match: Mapping[str, str], back_s: float) -> str:
    """Return the query for the groups of an anchor that reported within so many seconds.

    Example:
        >>> anchor = Anchor(metrics=("x",), series=())
        >>> sighted_within(anchor, ["pod"], match={}, back_s=60)
        'count by (pod) (last_over_time(x{}[60s]))'
    """
    within = duration(back_s)
    found = _selectors(anchor.metrics, _conditions(match), lambda selector: f"last_over_time({selector}[{within}])")
    return f"count {_by(by)} ({found})"


def anchor_queries(anchor: Anchor, scope: Scope) -> AnchorQueries:
    """Return the questions about an anchor's freshness."""
    matchers = ",".join(part for part in (anchor.where, _where(scope)) if part)

    def over(each: Callable[[str], str]) -> str:
        return _adopted(_selectors(anchor.metrics, matchers, each), anchor.adopt)

    def deduplicated(selector: str) -> str:
        return f"max without ({scope.replica_label}) ({selector})" if scope.replica_label else selector

    group, target = _by(scope.by), _by([*scope.by, "job", "instance"])
    now = f"count {target} ({over(str)})"
    recently = f"count {target} ({over(lambda selector: f'last_over_time({selector}[{EXPECTED_WITHIN}])')})"
    up = f"up{{{_conditions(scope.match)}}}"
    # A shared exporter that is up may well have stopped to export a group: that pod or flow is simply gone.
    expected = f"{recently} and on (job, instance) " + (f"({up} == 0) or {now}" if anchor.shared_exporter else up)
    doubles = f"({over(str)}) * 0 + 1"
    if anchor.series is not None:
        series = _by([*scope.by, "job", "instance", *anchor.series])
        doubles = f"count {series} ({over(deduplicated)})"
    return AnchorQueries(
        age=f"min {group} (time() - ({over(lambda selector: f'timestamp({selector})')}))",
        reporting=f"count {group} ({now})",
        expected=f"count {group} ({expected})",
        copies=f"max {group} ({doubles})",
    )
