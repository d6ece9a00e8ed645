"""Which queries answer for which workloads; pure.

The number of queries depends on the presets and their signals only: a thousand workloads cost as many as one.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapter.core.history import COARSE_TIER
from adapter.core.signal import Signal, SignalProblem
from adapter.core.tuning import PrometheusTuning
from adapter.core.workload import Workload
from adapter.prometheus.matching import Member, Owners, grouping, inherited, members_of, namespaces_in_use
from adapter.prometheus.preset import Layer, Preset, SignalQuery, UnknownPreset, load_composed, load_preset
from adapter.prometheus.promql import AnchorQueries, Scope, anchor_queries, render


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSignal:
    """One signal of one preset, ready to be sent."""

    signal: Signal
    how: SignalQuery
    query: str
    per: str | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlannedPreset:
    """All queries of one preset and who owns their series."""

    name: str
    owners: Owners
    rows: tuple[int, ...]
    """Rows of the workloads that the preset serves."""
    engine: bool
    """Whether it speaks for engines themselves: nothing stands in for a signal of it that is absent."""
    by_pod: tuple[int, ...]
    """Those of them whose engine series are matched pod by pod, so that targets can be held against ready replicas."""
    anchor: AnchorQueries
    signals: tuple[PlannedSignal, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """Everything to ask at one tick."""

    workloads: tuple[Workload, ...]
    window_s: float
    presets: tuple[PlannedPreset, ...]
    problems: tuple[SignalProblem, ...]
    """Workloads that cannot be served, for example because their preset does not exist."""


def make_plan(workloads: Sequence[Workload], tuning: PrometheusTuning, *, window_s: float) -> Plan:
    """Return the queries for a fleet.

    Args:
        workloads: the fleet; rows are positions in it.
        tuning: label restrictions and the label of highly available replicas.
        window_s: window of rates.
    """
    members: dict[str, dict[int, Member]] = defaultdict(dict)
    presets: dict[str, Preset] = {}
    problems = []
    for name, named in _by_preset(workloads).items():
        try:
            composed = load_composed(name)
        except UnknownPreset as error:
            first = next(iter(named.values())).workload.id
            message = f"{error}. Its {len(named)} workloads, {first} first, hold what they have"
            problems.append(SignalProblem(signal="all", query="", message=message))
            continue
        for preset in composed:
            presets[preset.name] = preset
            known = members[preset.name]
            if preset.name == name:  # what a workload names itself comes before what another preset includes
                members[preset.name] = known | named
            else:
                members[preset.name] = {row: inherited(member.workload) for row, member in named.items()} | known
    planned = tuple(_planned(preset, members[preset.name], _Common(tuning, window_s)) for preset in _trusted(presets))
    return Plan(workloads=tuple(workloads), window_s=window_s, presets=planned, problems=tuple(problems))


def presets_of(workload: Workload) -> Iterator[tuple[Preset, Member]]:
    """Yield every preset that is read for a workload, and the workload as that preset sees it.

    Raises:
        UnknownPreset: one of them does not exist.
    """
    named = members_of(workload)
    for name, member in named.items():
        yield load_preset(name), member
    for name in named:
        yield from ((each, inherited(workload)) for each in load_composed(name) if each.name not in named)


def _trusted(presets: Mapping[str, Preset]) -> list[Preset]:
    """Return the presets in the order in which their signals are preferred."""
    layers = list(Layer)
    return sorted(presets.values(), key=lambda preset: (layers.index(preset.layer), preset.name))


@dataclass(frozen=True, slots=True)
class _Common:
    tuning: PrometheusTuning
    window_s: float


def _by_preset(workloads: Sequence[Workload]) -> dict[str, dict[int, Member]]:
    found: dict[str, dict[int, Member]] = defaultdict(dict)
    for row, workload in enumerate(workloads):
        for name, member in members_of(workload).items():
            found[name][row] = member
    return found


def _planned(preset: Preset, members: Mapping[int, Member], common: _Common) -> PlannedPreset:
    listed = [members[row] for row in sorted(members)]
    as_stored = preset.namespaced and "namespace" not in preset.anchor.adopt
    scope = Scope(
        by=grouping(preset, listed),
        window_s=common.window_s,
        match=common.tuning.match,
        replica_label=common.tuning.replica_label,
        namespaces=namespaces_in_use(listed) if as_stored else (),
        adopt=preset.anchor.adopt,
    )
    own_targets = not preset.anchor.shared_exporter
    return PlannedPreset(
        name=preset.name,
        owners=Owners(preset, members),
        rows=tuple(sorted(members)),
        engine=preset.layer is Layer.ENGINE,
        by_pod=tuple(row for row in sorted(members) if own_targets and _matches_pods(members[row])),
        anchor=anchor_queries(preset.anchor, scope),
        signals=tuple(
            PlannedSignal(
                signal=signal,
                how=how,
                query=render(how.query, scope),
                per=render(how.per, scope) if how.per is not None else None,
            )
            for signal, how in preset.signals.items()
            if not how.at_marks or common.window_s >= COARSE_TIER.step_s
        ),
    )


def _matches_pods(member: Member) -> bool:
    return any(matcher.label == "pod" for matcher in member.matchers)
