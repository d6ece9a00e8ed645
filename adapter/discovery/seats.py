"""From pods to the scale targets that they belong to, and which preset tells most of each; pure."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from adapter.core.workload import TargetKind
from adapter.discovery.evidence import Evidence, Target
from adapter.prometheus.matching import Labels
from adapter.prometheus.preset import Layer, load_preset

_DEPLOYMENT_POD = re.compile(r"(.+)-[a-z0-9]{1,10}-[a-z0-9]{5}")
_STATEFUL_POD = re.compile(r"(.+)-[0-9]+")
_BY_POD = {"kserve": "kserve", "modelmesh": "modelmesh", "aibrix": "aibrix", "knative-queue-proxy": "knative"}
"""Platforms whose series name pods, and the preset to propose for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A scale target with pods that serve."""

    target: Target
    known: bool
    """Whether kube-state-metrics knows the target; otherwise its name was read off its pods'."""
    preset: str
    models: tuple[str, ...]
    """Served models, as the engine's label `model_name` has them."""


def seats(evidence: Evidence) -> list[Seat]:
    """Return the targets with serving pods, sorted; the preset that shows most pods is theirs, engines first."""
    pods: dict[Target, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    models: dict[Target, set[str]] = defaultdict(set)
    for name, preset in _readers(evidence.series):
        for labels in evidence.series[name]:
            target = target_of(labels, evidence.targets)
            if target is not None:
                pods[target][preset].add(labels["pod"])
                models[target].update(filter(None, (labels.get("model_name"),)))
    return [
        Seat(
            target=target,
            known=target in evidence.targets,
            preset=max(shown, key=lambda preset: (len(shown[preset]), _is_engine(preset), preset)),
            models=tuple(sorted(models[target])),
        )
        for target, shown in sorted(pods.items())
    ]


def _readers(series: Mapping[str, Collection[Labels]]) -> Iterator[tuple[str, str]]:
    for name in series:
        if _is_engine(name):
            yield name, name
        elif name in _BY_POD:
            yield name, _BY_POD[name]


def _is_engine(name: str) -> bool:
    return load_preset(name).layer is Layer.ENGINE


def target_of(labels: Labels, known: Collection[Target]) -> Target | None:
    """Return the scale target of a pod: one that is known, otherwise the one that the pod's name speaks for.

    Example:
        >>> target_of({"namespace": "llm", "pod": "llama-7c9f8d6b5-x2x7k"}, ()).name
        'llama'
    """
    namespace, pod = labels.get("namespace", ""), labels.get("pod", "")
    candidates = [
        Target(namespace, kind, found[1])
        for kind, pattern in (
            (TargetKind.LEADER_WORKER_SET, _STATEFUL_POD),
            (TargetKind.STATEFUL_SET, _STATEFUL_POD),
            (TargetKind.DEPLOYMENT, _DEPLOYMENT_POD),
        )
        if (found := pattern.fullmatch(pod)) is not None
    ]
    sure = [each for each in candidates if each in known]
    guesses = [each for each in candidates if each.kind is not TargetKind.LEADER_WORKER_SET]
    return next(iter(sure or guesses), None)
