"""The whole tuning document, and the workloads it resolves to.

`TuningDocument` is the schema of the file and of the ConfigMap key `config.yaml`. `Tuning` is what the program uses:
every workload with its defaults filled in.
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from adapter.core.errors import Problem
from adapter.core.tuning.fields import DnsName, Section
from adapter.core.tuning.fleet import FleetTuning
from adapter.core.tuning.rule import RuleTuning
from adapter.core.tuning.series import LabelCondition, LabelPattern, SourceTuning
from adapter.core.tuning.source import PrometheusTuning, TickTuning
from adapter.core.tuning.workload import WorkloadTuning
from adapter.core.workload import Bounds, Matcher, Objective, ScaleTarget, Source, Workload, WorkloadId

API_VERSION = "scaleahead/v1alpha1"


class WorkloadEntry(WorkloadTuning):
    """One entry of `workloads`: identity plus whatever differs from `defaults`."""

    namespace: DnsName = Field(description="Namespace of the workload.")
    name: DnsName = Field(description="Name of the workload, as metrics and scalers refer to it.")


class TuningDocument(Section):
    """The document as users write it."""

    # That no workload is listed twice is checked in `parse`, where lines are known.

    api_version: Literal["scaleahead/v1alpha1"] = Field(description="Schema version.")
    prometheus: PrometheusTuning = Field(description="Where samples come from.")
    tick: TickTuning = Field(default=TickTuning(), description="When signals are read.")
    defaults: WorkloadTuning = Field(
        default=WorkloadTuning(), description="Values for every workload that does not set its own."
    )
    workloads: tuple[WorkloadEntry, ...] = Field(default=(), description="The workloads.")
    discover: tuple[RuleTuning, ...] = Field(
        default=(), description="Rules for workloads that are found in Prometheus; those that are listed win."
    )
    fleet: FleetTuning = Field(default=FleetTuning(), description="Limits over several workloads.")


@dataclass(frozen=True, slots=True, kw_only=True)
class TunedWorkload:
    """A workload and the tuning that is in force for it."""

    workload: Workload
    tuning: WorkloadTuning
    hpa_from: str = ""
    """HPA in the cluster that `tuning.hpa` was read from, namespace and name; empty if it is the configured one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """The tuning in force: immutable, replaced as a whole."""

    prometheus: PrometheusTuning
    tick: TickTuning
    defaults: WorkloadTuning
    workloads: tuple[TunedWorkload, ...]
    discover: tuple[RuleTuning, ...] = ()
    """Rules for workloads that are found, with defaults filled in."""
    fleet: FleetTuning = FleetTuning()  # noqa: RUF009 - frozen, so sharing the default instance is safe
    digest: str
    """First 12 hexadecimal digits of the SHA-256 of what the document says; comments and layout do not count."""
    warnings: tuple[Problem, ...] = ()
    """What is in force but should be looked at: deprecated keys, and values that others overrule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningState:
    """How the newest document stands."""

    valid: bool
    """Whether the document as it is now is the one in force."""
    digest: str
    """That of the tuning in force, whatever the document says now."""
    since: float
    """Since when it has stood like this (valid, or wrong in this way), in seconds since the epoch."""
    problems: tuple[Problem, ...] = ()


def resolve_workload(workload_id: WorkloadId, tuning: WorkloadTuning) -> TunedWorkload:
    """Return the workload that a fully defaulted tuning describes."""
    target = ScaleTarget(kind=tuning.scale_target.kind, name=tuning.scale_target.name or workload_id.name)
    return TunedWorkload(
        workload=Workload(
            id=workload_id,
            target=target,
            preset=tuning.preset,
            matchers=_matchers(workload_id.namespace, target, tuning.match),
            bounds=Bounds(min=tuning.replicas.min, max=tuning.replicas.max),
            objective=Objective(ttft_s=tuning.slo.ttft, itl_s=tuning.slo.itl),
            sources=tuple(_source(source) for source in tuning.sources),
        ),
        tuning=tuning,
    )


def _source(tuning: SourceTuning) -> Source:
    return Source(preset=tuning.preset, matchers=tuple(_conditions(tuning.match)))


def _conditions(match: dict[str, LabelCondition]) -> list[Matcher]:
    return [
        Matcher(label=label, value=value.regex, regex=True)
        if isinstance(value, LabelPattern)
        else Matcher(label=label, value=value)
        for label, value in sorted(match.items())
    ]


def _matchers(namespace: str, target: ScaleTarget, match: dict[str, LabelCondition]) -> tuple[Matcher, ...]:
    named = _conditions(match)
    if "namespace" not in match:
        named.insert(0, Matcher(label="namespace", value=namespace))
    if not match:
        named.append(Matcher(label="pod", value=target.pod_pattern, regex=True))
    return tuple(named)
