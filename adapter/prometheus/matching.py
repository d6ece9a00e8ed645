"""Which workloads a series belongs to.

A query returns the series of all workloads of a preset. Most workloads name their namespace and one more label, or
match the pods of their target, so candidates are found by that; and a label set is judged once. Regular expressions are
Python's here and RE2 in Prometheus; on label values the two agree.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import assert_never

from adapter.core.workload import Matcher, Workload
from adapter.prometheus.preset import (
    Identity,
    MatcherIdentity,
    MatchersIdentity,
    NamesIdentity,
    PodsIdentity,
    Preset,
    TargetIdentity,
)

Labels = Mapping[str, str]

_MOST_REMEMBERED = 200_000  # label sets: pods come and go for months, the memory of them must not grow for months


def grouping(preset: Preset, workloads: Sequence[Workload]) -> tuple[str, ...]:
    """Return the labels by which a preset's queries are grouped, namespace first.

    Example:
        Engines are grouped by what any workload matches on, for example ('namespace', 'model_name', 'pod').
    """
    if preset.group is not None:
        return preset.group
    used = {matcher.label for workload in workloads for matcher in workload.matchers}
    return ("namespace", *sorted(used - {"namespace"}))


def namespaces_in_use(workloads: Sequence[Workload]) -> tuple[str, ...]:
    """Return the namespaces of the workloads, sorted; nothing if one of them is a pattern."""
    found = [_namespace(workload) for workload in workloads]
    return () if any(matcher.regex for matcher in found) else tuple(sorted({matcher.value for matcher in found}))


def _namespace(workload: Workload) -> Matcher:
    exact = Matcher(label="namespace", value=workload.id.namespace)
    return next((matcher for matcher in workload.matchers if matcher.label == "namespace"), exact)


def conditions(identity: Identity, workload: Workload) -> tuple[Matcher, ...] | None:
    """Return what a series' labels must satisfy besides the namespace; None if this way does not apply."""
    match identity:
        case MatchersIdentity():
            return tuple(matcher for matcher in workload.matchers if matcher.label != "namespace")
        case PodsIdentity():
            return _relabelled(workload, "pod", identity.label) or (
                Matcher(label=identity.label, value=workload.target.pod_pattern, regex=True),
            )
        case TargetIdentity():
            applies = workload.target.kind in identity.targets
            return (Matcher(label=identity.label, value=workload.target.name),) if applies else None
        case MatcherIdentity():
            return _relabelled(workload, identity.matcher, identity.label) or None
        case NamesIdentity():
            names = (name.format(target=workload.target.name, workload=workload.id.name) for name in identity.names)
            return (Matcher(label=identity.label, value="|".join(map(re.escape, names)), regex=True),)
        case _:
            assert_never(identity)


def _relabelled(workload: Workload, label: str, to: str) -> tuple[Matcher, ...]:
    return tuple(
        Matcher(label=to, value=matcher.value, regex=matcher.regex)
        for matcher in workload.matchers
        if matcher.label == label
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """One way in which a series can belong to one row, compiled."""

    row: int
    tests: tuple[tuple[str, Callable[[str], object]], ...]

    def accepts(self, labels: Labels) -> bool:
        return all(test(labels.get(label, "")) for label, test in self.tests)


def _compiled(matcher: Matcher) -> tuple[str, Callable[[str], object]]:
    return matcher.label, _pattern(matcher.value).fullmatch if matcher.regex else matcher.value.__eq__


@lru_cache(maxsize=50_000)
def _pattern(text: str) -> re.Pattern[str]:
    """Compile once per process: fleets change by one workload, and `re` itself remembers 512 patterns only."""
    return re.compile(text)


class Owners:
    """Finds the rows of the workloads that a label set belongs to, and remembers them.

    Rows are positions in the sequence of workloads that the source was asked for; several workloads may own a series.
    """

    def __init__(self, preset: Preset, workloads: Mapping[int, Workload]) -> None:
        """Prepare for the workloads of one preset, by row."""
        self._found_by: dict[_Key, list[_Candidate]] = defaultdict(list)
        self._rest: list[_Candidate] = []
        self._known: dict[tuple[tuple[str, str], ...], tuple[int, ...]] = {}
        for row, workload in workloads.items():
            for identity in preset.identity:
                found = conditions(identity, workload)
                if found is not None:
                    self._add(row, workload, (_namespace(workload), *found))

    def _add(self, row: int, workload: Workload, matchers: tuple[Matcher, ...]) -> None:
        candidate = _Candidate(row=row, tests=tuple(map(_compiled, matchers)))
        key = _key(workload, matchers)
        (self._rest if key is None else self._found_by[key]).append(candidate)

    def rows(self, labels: Labels) -> tuple[int, ...]:
        """Return the rows that own a series with these labels, ascending."""
        key = tuple(labels.items())
        rows = self._known.get(key)
        if rows is None:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            rows = self._known[key] = self._judge(labels)
        return rows

    def _judge(self, labels: Labels) -> tuple[int, ...]:
        near = (each for key in _keys(labels) for each in self._found_by.get(key, ()))
        return tuple(sorted({each.row for each in chain(near, self._rest) if each.accepts(labels)}))


_Key = tuple[str, str, str]
"""Namespace, label, and the label's value or what its value begins with, up to a dash."""


def _key(workload: Workload, matchers: tuple[Matcher, ...]) -> _Key | None:
    """Return under which key a workload is looked up; None if its matchers are too general for any.

    Without it, each new pod would be held against every workload of its namespace.
    """
    namespace = matchers[0]
    if namespace.regex:
        return None
    for matcher in matchers[1:]:
        if not matcher.regex and matcher.value:
            return namespace.value, matcher.label, matcher.value
        if matcher.regex and matcher.value == workload.target.pod_pattern:
            return namespace.value, matcher.label, f"{workload.target.name}-"
    return None


def _keys(labels: Labels) -> Iterator[_Key]:
    """Yield every key under which an owner of these labels can be."""
    namespace = labels.get("namespace", "")
    for label, value in labels.items():
        yield namespace, label, value
        for end, letter in enumerate(value, start=1):
            if letter == "-" and end < len(value):
                yield namespace, label, value[:end]
