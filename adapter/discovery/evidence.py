"""What is asked of a Prometheus before anything is proposed: series of each preset, and scale targets.

One query per preset and one for the targets, whatever the size of the fleet.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from adapter.core.signal import Grid, Signal
from adapter.core.tuning import PrometheusTuning
from adapter.core.workload import TargetKind
from adapter.prometheus.matching import Labels
from adapter.prometheus.preset import Layer, Preset, load_preset, preset_names
from adapter.prometheus.promql import Scope, anchor_queries, render, sighted_within
from adapter.prometheus.reader import Ask

_ENGINE_LABELS = ("namespace", "pod", "model_name", "model")
"""By which the series of engines are told apart, as their presets leave it to the workload."""


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """An object that can be scaled."""

    namespace: str
    kind: TargetKind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a Prometheus shows."""

    series: Mapping[str, tuple[Labels, ...]]
    """Label sets of the series of each preset, by its name; none for presets that are not there."""
    targets: Mapping[Target, int]
    """Scale targets that kube-state-metrics knows, with the replicas that are requested."""


def gather(ask: Ask, tuning: PrometheusTuning, *, at: float, back_s: float = 0.0) -> Evidence:
    """Return what a Prometheus shows at a time.

    Args:
        ask: sends a query.
        tuning: label restrictions.
        at: seconds since epoch.
        back_s: how long ago engines may have reported last; 0 for now.

    Raises:
        SignalError: it does not answer.
    """
    grid = Grid(start=at, step_s=1.0)
    presets = [load_preset(name) for name in preset_names()]
    series = {
        preset.name: tuple(each["metric"] for each in ask(_sighting(preset, tuning, back_s), grid).result)
        for preset in presets
    }
    return Evidence(series=series, targets=_targets(ask, tuning, grid))


def _sighting(preset: Preset, tuning: PrometheusTuning, back_s: float) -> str:
    by = preset.group or _ENGINE_LABELS
    if back_s and preset.layer is Layer.ENGINE:
        return sighted_within(preset.anchor, by, match=tuning.match, back_s=back_s)
    scope = Scope(by=by, window_s=tuning.rate_window, match=tuning.match, replica_label=tuning.replica_label)
    return anchor_queries(preset.anchor, scope).reporting


def _targets(ask: Ask, tuning: PrometheusTuning, grid: Grid) -> dict[Target, int]:
    preset = load_preset("kube-state-metrics")
    assert preset.group is not None  # it has its own labels
    scope = Scope(
        by=preset.group,
        window_s=tuning.rate_window,
        match=tuning.match,
        replica_label=tuning.replica_label,
        adopt=preset.anchor.adopt,
    )
    found: dict[Target, int] = {}
    for each in ask(render(preset.signals[Signal.REPLICAS_REQUESTED].query, scope), grid).result:
        labels, replicas = each["metric"], int(float(each["value"][1]))
        kind = TargetKind.DEPLOYMENT if labels.get("deployment") else TargetKind.STATEFUL_SET
        name = labels.get("deployment") or labels.get("statefulset", "")
        found[Target(labels.get("namespace", ""), kind, name)] = replicas
    return _with_groups(found)


def _with_groups(found: Mapping[Target, int]) -> dict[Target, int]:
    """Return the targets with LeaderWorkerSets for what they are: a StatefulSet of leaders, and workers for each.

    Their workers are no targets of their own.
    """
    sets = {(each.namespace, each.name) for each in found if each.kind is TargetKind.STATEFUL_SET}
    led = {each for each in sets if (each[0], f"{each[1]}-0") in sets}
    targets: dict[Target, int] = {}
    for each, replicas in found.items():
        leader, _, number = each.name.rpartition("-")
        if each.kind is TargetKind.STATEFUL_SET and number.isdigit() and (each.namespace, leader) in led:
            continue
        grouped = each.kind is TargetKind.STATEFUL_SET and (each.namespace, each.name) in led
        targets[Target(each.namespace, TargetKind.LEADER_WORKER_SET, each.name) if grouped else each] = replicas
    return targets
