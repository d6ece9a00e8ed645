"""`scalerMetadata` -> what a trigger asks for, or everything that is wrong with it at once.

A trigger either refers to a configured workload (`workload`, by default the ScaledObject's name) or, when it has a
`preset`, defines one inline under that name. It is untrusted input: anyone who reaches the port can claim to be any
ScaledObject, so nothing in it may reach another namespace.
Must not know: gRPC, which workloads exist.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from adapter.core.errors import ScaleaheadError
from adapter.core.metric import FORECAST_SIGNALS, RAW_SIGNALS, Metric
from adapter.core.tuning import TunedWorkload, WorkloadTuning
from adapter.core.tuning.fields import DnsName
from adapter.core.workload import WorkloadId
from adapter.keda.definition import define
from adapter.keda.keys import PATHS, Entry, SortedKeys, sort_keys

_NAME: TypeAdapter[str] = TypeAdapter(DnsName)
_SIGNAL_METRICS = frozenset({*RAW_SIGNALS, *FORECAST_SIGNALS})
_SMALLEST_TARGET = 0.001  # KEDA prints targets with three decimals; a target of 0 breaks the whole HPA
_LARGEST = 1e9
_MOST_PROBLEMS = 20


class InvalidMetadata(ScaleaheadError):
    """The metadata of a trigger is wrong; `problems` lists everything, each with its key and what is allowed."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        more = f"; and {len(problems) - _MOST_PROBLEMS} more" if len(problems) > _MOST_PROBLEMS else ""
        super().__init__("scalerMetadata: " + "; ".join(problems[:_MOST_PROBLEMS]) + more)
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What one trigger of a ScaledObject asks for."""

    workload: WorkloadId
    metric: Metric
    target: float | None
    """Target of a signal metric, in its unit; None for the planned ones, whose target is ours."""
    activation_threshold: float
    """A signal metric above it makes the trigger active; unused for the planned ones."""
    definition: TunedWorkload | None
    """The inline definition; None for a reference to a configured workload."""
    warnings: tuple[str, ...]


def parse_trigger(
    scaled_object: WorkloadId,
    metadata: Mapping[str, str],
    *,
    defaults: WorkloadTuning,
    presets: Collection[str],
) -> Trigger:
    """Return what a trigger asks for.

    Args:
        scaled_object: namespace and name of the ScaledObject or ScaledJob.
        metadata: its `scalerMetadata`, keys of KEDA included.
        defaults: values that an inline definition does not set.
        presets: names of the presets there are.

    Raises:
        InvalidMetadata: anything in it is wrong.

    Example:
        >>> asked = parse_trigger(WorkloadId("prod", "llama"), {}, defaults=WorkloadTuning(), presets=["vllm"])
        >>> str(asked.workload), str(asked.metric), asked.definition
        ('prod/llama', 'scaleahead-replicas', None)
    """
    keys = sort_keys(metadata, namespace=scaled_object.namespace)
    problems = list(keys.problems)
    workload = _workload(scaled_object, keys, problems)
    metric = _metric(keys, problems)
    target = _number(keys, "target", problems, at_least=_SMALLEST_TARGET)
    threshold = _number(keys, "activationThreshold", problems, at_least=0.0)
    problems.extend(_misplaced(metric, keys))
    definition = None
    if "preset" in keys.entries:
        definition, wrong = define(workload, keys.entries, defaults=defaults, presets=presets)
        problems.extend(wrong)
    if problems:
        raise InvalidMetadata(tuple(problems))
    return Trigger(
        workload=workload,
        metric=metric or Metric.REPLICAS,
        target=target,
        activation_threshold=threshold or 0.0,
        definition=definition,
        warnings=keys.warnings,
    )


def _workload(scaled_object: WorkloadId, keys: SortedKeys, problems: list[str]) -> WorkloadId:
    entry = keys.entries.get("workload", Entry(key="scaledObjectRef.name", text=scaled_object.name))
    for each in (entry, Entry(key="scaledObjectRef.namespace", text=scaled_object.namespace)):
        try:
            _NAME.validate_python(each.text)
        except ValidationError:
            problems.append(each.complain("must be a Kubernetes name: lower case letters, digits, `-` and `.`"))
    return WorkloadId(scaled_object.namespace, entry.text)


def _metric(keys: SortedKeys, problems: list[str]) -> Metric | None:
    """Return the metric asked for, None when it is unknown."""
    entry = keys.entries.get("metric")
    if entry is None:
        return Metric.REPLICAS
    if entry.text.lower() in list(Metric):
        return Metric(entry.text.lower())
    problems.append(entry.complain(f"no such metric; there are: {', '.join(Metric)}"))
    return None


def _number(keys: SortedKeys, key: str, problems: list[str], *, at_least: float) -> float | None:
    entry = keys.entries.get(key)
    if entry is None:
        return None
    try:
        value = float(entry.text)
    except ValueError:
        value = math.nan
    if at_least <= value <= _LARGEST:
        return value
    problems.append(entry.complain(f"must be a number from {at_least:g} to {_LARGEST:g}"))
    return None


def _misplaced(metric: Metric | None, keys: SortedKeys) -> list[str]:
    """Return problems with keys that are missing, or mean nothing, beside the others."""
    problems = []
    if metric in _SIGNAL_METRICS and "target" not in keys.entries:
        problems.append(f"target: required with metric {metric}: the value per replica, in the metric's unit")
    if metric is not None and metric not in _SIGNAL_METRICS:
        problems.extend(
            keys.entries[key].complain(f"means nothing with metric {metric}, which brings its own; remove it")
            for key in ("target", "activationThreshold")
            if key in keys.entries
        )
    if "preset" not in keys.entries:
        problems.extend(
            keys.entries[key].complain("belongs to an inline definition; add `preset`, or configure the workload")
            for key in PATHS
            if key in keys.entries
        )
    return problems
