"""From evidence to workloads: preset, target, labels, demand at zero, how sure, and what is missing; pure.

Whether a gateway belongs to a workload is decided by the presets' own rules. A model's name is proposed as a label only
where one target of the namespace serves it, since otherwise two workloads would be read as one.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from adapter.core.signal import Signal
from adapter.core.tuning import WorkloadTuning, resolve_workload
from adapter.core.workload import TargetKind, Workload, WorkloadId
from adapter.discovery.evidence import Evidence, Target
from adapter.discovery.seats import Seat, seats
from adapter.prometheus.matching import Owners, inherited
from adapter.prometheus.preset import Layer, Preset, load_composed, load_preset, preset_names


class Confidence(StrEnum):
    """How sure a proposal is."""

    SURE = "sure"
    """The system reports, and kube-state-metrics knows the target."""
    LIKELY = "likely"
    """The system reports; the target's name was read off its pods'."""
    GUESS = "guess"
    """Nothing of it runs: which system it is cannot be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandSeen:
    """What tells of demand while there is no replica."""

    preset: str
    kind: str
    """`held`, `in_flight` or `lost`, as presets say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One workload."""

    namespace: str
    name: str
    preset: str
    target: Target | None
    """None for what is no object of Kubernetes' workload kinds, such as a deployment of Ray Serve."""
    match: Mapping[str, str]
    sources: tuple[str, ...]
    """Further presets."""
    models: tuple[str, ...] = ()
    """What it serves, where engines tell."""
    replicas: int | None
    """Requested now; None if nobody knows."""
    demand: DemandSeen | None
    confidence: Confidence
    missing: tuple[str, ...]
    """What is not there, what that means, and what to do."""


_TRUST = ("held", "in_flight", "lost")


def propose(evidence: Evidence) -> tuple[Proposal, ...]:
    """Return a proposal per workload that is seen, sorted by namespace and name."""
    seated = seats(evidence)
    serving = Counter((seat.target.namespace, model) for seat in seated for model in seat.models)
    found = [_seated(seat, evidence, serving) for seat in seated]
    found += _asleep(evidence, {seat.target for seat in seated})
    found += _of_ray(evidence)
    found += _of_dapr(evidence, {(seat.target.namespace, seat.target.name) for seat in seated})
    return tuple(sorted(found, key=lambda each: (each.namespace, each.name)))


def _seated(seat: Seat, evidence: Evidence, serving: Mapping[tuple[str, str], int]) -> Proposal:
    bare = Proposal(
        namespace=seat.target.namespace,
        name=seat.target.name,
        preset=seat.preset,
        target=seat.target,
        match={},
        sources=(),
        models=seat.models,
        replicas=evidence.targets.get(seat.target),
        demand=None,
        confidence=Confidence.SURE if seat.known else Confidence.LIKELY,
        missing=(),
    )
    plain = _complete(bare, evidence)
    alone = [model for model in seat.models if serving[seat.target.namespace, model] == 1]
    if len(seat.models) != 1 or not alone:
        return plain
    named = _complete(replace(bare, match={"model_name": alone[0]}), evidence)
    return named if _rank(named.demand) < _rank(plain.demand) else plain


def _asleep(evidence: Evidence, awake: set[Target]) -> list[Proposal]:
    """Return the targets without a replica that some gateway knows."""
    found = []
    for target, replicas in evidence.targets.items():
        if replicas == 0 and target not in awake:
            bare = Proposal(
                namespace=target.namespace,
                name=target.name,
                preset="vllm",
                target=target,
                match={},
                sources=(),
                replicas=0,
                demand=None,
                confidence=Confidence.GUESS,
                missing=("no replica runs, so which system serves is a guess: set preset",),
            )
            complete = _complete(bare, evidence)
            found += [complete] if complete.demand is not None else []
    return found


def _of_ray(evidence: Evidence) -> list[Proposal]:
    return [
        _complete(
            Proposal(
                namespace=labels["namespace"],
                name=_dns(labels["deployment"].rpartition(":")[2]),
                preset="ray-serve",
                target=None,
                match={"application": labels["application"], "deployment": labels["deployment"]},
                sources=(),
                replicas=None,
                demand=None,
                confidence=Confidence.SURE,
                missing=(),
            ),
            evidence,
        )
        for labels in evidence.series["ray-serve"]
    ]


def _of_dapr(evidence: Evidence, awake: set[tuple[str, str]]) -> list[Proposal]:
    """Return the applications of Dapr that no engine speaks for."""
    found = []
    for labels in evidence.series["dapr"]:
        target = Target(labels["namespace"], TargetKind.DEPLOYMENT, labels["app_id"])
        if (target.namespace, target.name) not in awake:
            bare = Proposal(
                namespace=target.namespace,
                name=target.name,
                preset="dapr",
                target=target,
                match={},
                sources=(),
                replicas=evidence.targets.get(target),
                demand=None,
                confidence=Confidence.SURE if target in evidence.targets else Confidence.LIKELY,
                missing=(),
            )
            found.append(_complete(bare, evidence))
    return found


def _dns(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "workload"


def _complete(bare: Proposal, evidence: Evidence) -> Proposal:
    """Return the proposal with its sources and with what is missing."""
    workload = workload_of(bare)
    read = {preset.name for preset in load_composed(bare.preset)}
    theirs = [preset for preset in _with_demand() if _owns(preset, workload, evidence)]
    best = min(theirs, key=lambda preset: (_rank(_seen(preset)), preset.name not in read, preset.name), default=None)
    sources = [best.name] if best is not None and best.name not in read else []
    sources += ["resource-quota"] if _owns(load_preset("resource-quota"), workload, evidence) else []
    completed = replace(bare, sources=tuple(sources), demand=None if best is None else _seen(best))
    return replace(completed, missing=(*bare.missing, *_missing(completed, workload, evidence)))


def _with_demand() -> Iterator[Preset]:
    """Yield the presets that tell of demand at zero and recognise workloads by themselves."""
    for name in preset_names():
        preset = load_preset(name)
        if Signal.DEMAND_AT_ZERO in preset.signals and preset.layer is not Layer.QUEUE:
            yield preset


def _seen(preset: Preset) -> DemandSeen:
    return DemandSeen(preset=preset.name, kind=str(preset.signals[Signal.DEMAND_AT_ZERO].demand))


def _rank(demand: DemandSeen | None) -> int:
    return len(_TRUST) if demand is None else _TRUST.index(demand.kind)


def _owns(preset: Preset, workload: Workload, evidence: Evidence) -> bool:
    owners = Owners(preset, {0: inherited(workload)})
    return any(owners.rows(labels) for labels in evidence.series[preset.name])


def workload_of(proposal: Proposal) -> Workload:
    """Return the workload that a proposal would make."""
    kind = TargetKind.DEPLOYMENT if proposal.target is None else proposal.target.kind
    name = proposal.name if proposal.target is None else proposal.target.name
    tuning = WorkloadTuning.model_validate(
        {"preset": proposal.preset, "match": proposal.match, "scale_target": {"kind": kind, "name": name}}
    )
    return resolve_workload(WorkloadId(proposal.namespace, proposal.name), tuning).workload


_TARGETLESS = ("ray-serve",)


def _missing(proposal: Proposal, workload: Workload, evidence: Evidence) -> Iterator[str]:
    if proposal.replicas is None and proposal.preset not in _TARGETLESS:
        yield (
            "no replica counts, without which nothing is decided: let Prometheus scrape kube-state-metrics, and check "
            f"that {workload.target.kind} {workload.target.name} is the scale target"
        )
    if proposal.demand is None:
        yield (
            "no signal at zero replicas, so waking will not work and replicas.min must be at least 1: put a gateway in "
            "front that holds requests, such as llm-d's endpoint picker with flow control or KEDA's HTTP add-on"
        )
    elif proposal.demand.kind == "lost":
        yield f"{proposal.demand.preset} holds nothing: at zero replicas the first requests are refused and wake it"
    if proposal.replicas != 0 and not any(_owns(load_preset(name), workload, evidence) for name in ("dcgm", "amd")):
        yield "no GPU utilisation: let Prometheus scrape the exporter of DCGM or of AMD; nothing is decided on it"


def unpaired(evidence: Evidence) -> Sequence[str]:
    """Return what is there and belongs to a workload only by a label that nobody but the user knows."""
    found = []
    for name in preset_names():
        preset = load_preset(name)
        if preset.layer is Layer.QUEUE and preset.identity[0].kind == "matchers":
            for labels in evidence.series[name]:
                match = ", ".join(f"{label}: {value}" for label, value in sorted(labels.items()))
                found.append(
                    f"{preset.description}: add to its workload the source {{preset: {name}, match: {{{match}}}}}"
                )
    return found
