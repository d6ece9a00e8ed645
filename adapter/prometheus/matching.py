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
    NamespaceIdentity,
    PodsIdentity,
    Preset,
    TargetIdentity,
)

Labels = Mapping[str, str]

_MOST_REMEMBERED = 200_000  # label sets: pods come and go for months, the memory of them must not grow for months


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A workload as one preset sees it."""

    workload: Workload
    matchers: tuple[Matcher, ...]
    """Conditions on the labels of the series."""
    named: bool = False
    """Whether the conditions were written for this very preset, so that nothing else may identify the workload."""


def inherited(workload: Workload) -> Member:
    """Return the workload as presets see it that another one includes."""
    return Member(workload=workload, matchers=workload.matchers)


def members_of(workload: Workload) -> dict[str, Member]:
    """Return the workload as each preset sees it that the workload names itself, by preset."""
    found = {workload.preset: inherited(workload)}
    for source in workload.sources:
        named = Member(workload=workload, matchers=source.matchers, named=True)
        found.setdefault(source.preset, named if source.matchers else inherited(workload))
    return found


def grouping(preset: Preset, members: Sequence[Member]) -> tuple[str, ...]:
    """Return the labels by which a preset's queries are grouped, namespace first.

    Example:
        Engines are grouped by what any workload matches on, for example ('namespace', 'model_name', 'pod').
    """
    used = {matcher.label for member in members if member.named or preset.group is None for matcher in member.matchers}
    own = preset.group or ("namespace",)
    return (*own, *sorted(used - set(own)))


def namespaces_in_use(members: Sequence[Member]) -> tuple[str, ...]:
    """Return the namespaces of the workloads, sorted; nothing if one of them is a pattern."""
    found = [_namespace(member) for member in members]
    return () if any(matcher.regex for matcher in found) else tuple(sorted({matcher.value for matcher in found}))


def _namespace(member: Member) -> Matcher:
    exact = Matcher(label="namespace", value=member.workload.id.namespace)
    return next((matcher for matcher in member.matchers if matcher.label == "namespace"), exact)


def conditions(identity: Identity, member: Member, *, namespaced: bool) -> tuple[Matcher, ...] | None:
    """Return what a series' labels must satisfy besides the namespace; None if this way does not apply.

    Args:
        identity: a way to recognise a workload.
        member: the workload as the preset sees it.
        namespaced: whether the namespace is a condition of its own.
    """
    target = member.workload.target
    match identity:
        case MatchersIdentity():
            own = Matcher(label="namespace", value=member.workload.id.namespace)  # not written by the user
            return tuple(
                each for each in member.matchers if each != own and (each.label != "namespace" or not namespaced)
            )
        case PodsIdentity():
            return _relabelled(member, "pod", identity.label) or (
                Matcher(label=identity.label, value=target.pod_pattern, regex=True),
            )
        case TargetIdentity():
            applies = target.kind in identity.targets
            return (Matcher(label=identity.label, value=target.name),) if applies else None
        case MatcherIdentity():
            found = _relabelled(member, identity.matcher, identity.label)
            return (tuple(map(_in_any_case, found)) if identity.ignore_case else found) or None
        case NamesIdentity():
            return (_named(identity, member.workload),)
        case NamespaceIdentity():
            return ()
        case _:
            assert_never(identity)


def _relabelled(member: Member, label: str, to: str) -> tuple[Matcher, ...]:
    return tuple(
        Matcher(label=to, value=matcher.value, regex=matcher.regex)
        for matcher in member.matchers
        if matcher.label == label
    )


def _in_any_case(matcher: Matcher) -> Matcher:
    pattern = matcher.value if matcher.regex else re.escape(matcher.value)
    return Matcher(label=matcher.label, value=f"(?i:{pattern})", regex=True)


def _named(identity: NamesIdentity, workload: Workload) -> Matcher:
    names = {"target": workload.target.name, "workload": workload.id.name}
    parts = {key: re.escape(name.removesuffix(identity.without)) for key, name in names.items()}
    parts["namespace"] = re.escape(workload.id.namespace)
    patterns = dict.fromkeys(_filled(name, parts) for name in identity.names)
    return Matcher(label=identity.label, value="|".join(patterns), regex=True)


def _filled(pattern: str, parts: Mapping[str, str]) -> str:
    """Return the pattern with its names filled in; other braces are repetitions."""
    for key, part in parts.items():
        pattern = pattern.replace(f"{{{key}}}", part)
    return pattern


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

    def __init__(self, preset: Preset, members: Mapping[int, Member]) -> None:
        """Prepare for the members of one preset, by row."""
        self._namespaced = preset.namespaced
        self._found_by: dict[_Key, list[_Candidate]] = defaultdict(list)
        self._rest: list[_Candidate] = []
        self._known: dict[tuple[tuple[str, str], ...], tuple[int, ...]] = {}
        for row, member in members.items():
            for identity in _NAMED if member.named else preset.identity:
                found = conditions(identity, member, namespaced=preset.namespaced)
                if found is not None:
                    self._add(row, member, found)

    def _add(self, row: int, member: Member, found: tuple[Matcher, ...]) -> None:
        namespace = _namespace(member) if self._namespaced else None
        matchers = found if namespace is None else (namespace, *found)
        candidate = _Candidate(row=row, tests=tuple(map(_compiled, matchers)))
        key = _key(member.workload, namespace, found)
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
        namespace = labels.get("namespace", "") if self._namespaced else ""
        near = (each for key in _keys(namespace, labels) for each in self._found_by.get(key, ()))
        return tuple(sorted({each.row for each in chain(near, self._rest) if each.accepts(labels)}))


_NAMED = (MatchersIdentity(kind="matchers"),)
_Key = tuple[str, str, str]
"""Namespace, label, and the label's value or what its value begins with, up to a dash; no namespace is empty."""


def _key(workload: Workload, namespace: Matcher | None, matchers: tuple[Matcher, ...]) -> _Key | None:
    """Return under which key a workload is looked up; None if its matchers are too general for any.

    Without it, each new pod would be held against every workload of its namespace.
    """
    if namespace is not None and namespace.regex:
        return None
    within = "" if namespace is None else namespace.value
    for matcher in matchers:
        if not matcher.regex and matcher.value:
            return within, matcher.label, matcher.value
        if matcher.regex and matcher.value == workload.target.pod_pattern:
            return within, matcher.label, f"{workload.target.name}-"
    return None


def _keys(namespace: str, labels: Labels) -> Iterator[_Key]:
    """Yield every key under which an owner of these labels can be."""
    for label, value in labels.items():
        yield namespace, label, value
        for end, letter in enumerate(value, start=1):
            if letter == "-" and end < len(value):
                yield namespace, label, value[:end]
