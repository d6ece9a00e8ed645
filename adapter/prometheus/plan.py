"""Which queries answer for which workloads; pure.

The number of queries depends on the presets and their signals only: a thousand workloads cost as many as one.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapter.core.history import COARSE_TIER
from adapter.core.signal import Signal, SignalProblem
from adapter.core.tuning import PrometheusTuning
from adapter.core.workload import Workload
from adapter.prometheus.matching import Owners, grouping, namespaces_in_use
from adapter.prometheus.preset import Preset, SignalQuery, UnknownPreset, load_composed
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
    members: dict[str, dict[int, Workload]] = defaultdict(dict)
    presets: dict[str, Preset] = {}
    problems = []
    for name, rows in _by_preset(workloads).items():
        try:
            composed = load_composed(name)
        except UnknownPreset as error:
            message = f"{error}. Its {len(rows)} workloads, {workloads[rows[0]].id} first, hold what they have"
            problems.append(SignalProblem(signal="all", query="", message=message))
            continue
        for preset in composed:
            presets[preset.name] = preset
            members[preset.name].update((row, workloads[row]) for row in rows)
    planned = tuple(_planned(presets[name], members[name], _Common(tuning, window_s)) for name in sorted(presets))
    return Plan(workloads=tuple(workloads), window_s=window_s, presets=planned, problems=tuple(problems))


@dataclass(frozen=True, slots=True)
class _Common:
    tuning: PrometheusTuning
    window_s: float


def _by_preset(workloads: Sequence[Workload]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for row, workload in enumerate(workloads):
        found[workload.preset].append(row)
    return found


def _planned(preset: Preset, members: Mapping[int, Workload], common: _Common) -> PlannedPreset:
    workloads = [members[row] for row in sorted(members)]
    scope = Scope(
        by=grouping(preset, workloads),
        window_s=common.window_s,
        match=common.tuning.match,
        replica_label=common.tuning.replica_label,
        namespaces=namespaces_in_use(workloads),
    )
    own_targets = not preset.anchor.shared_exporter
    return PlannedPreset(
        name=preset.name,
        owners=Owners(preset, members),
        rows=tuple(sorted(members)),
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


def _matches_pods(workload: Workload) -> bool:
    return any(matcher.label == "pod" for matcher in workload.matchers)
