"""The scaled thing: namespace, name, scale target and bounds.

Must not know where values come from or how replicas are chosen.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, order=True)
class WorkloadId:
    """Identity of a workload: unique in a tuning document, stable over restarts."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class TargetKind(StrEnum):
    """Kinds of scale target whose pod names are known."""

    DEPLOYMENT = "Deployment"
    STATEFUL_SET = "StatefulSet"
    LEADER_WORKER_SET = "LeaderWorkerSet"


# Pod name suffixes: a Deployment's pods carry the ReplicaSet hash and five characters, a StatefulSet's an ordinal, a
# LeaderWorkerSet's leader the group ordinal. `NAME-.+` would also catch targets whose name starts with the same words.
_POD_SUFFIX = {
    TargetKind.DEPLOYMENT: "-[a-z0-9]{1,10}-[a-z0-9]{5}",
    TargetKind.STATEFUL_SET: "-[0-9]+",
    TargetKind.LEADER_WORKER_SET: "-[0-9]+",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleTarget:
    """The Kubernetes object whose scale subresource HPA or KEDA writes."""

    kind: TargetKind
    name: str

    @property
    def pod_pattern(self) -> str:
        """Return the anchored regular expression of this target's pod names.

        Example:
            >>> ScaleTarget(kind=TargetKind.STATEFUL_SET, name="llama").pod_pattern
            'llama-[0-9]+'
        """
        return re.escape(self.name).replace("\\-", "-") + _POD_SUFFIX[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """One condition on a label of a workload's series: equality, or an anchored regular expression."""

    label: str
    value: str
    regex: bool = False

    def accepts(self, text: str) -> bool:
        """Return whether a label value satisfies the condition (an absent label is the empty string)."""
        return re.fullmatch(self.value, text) is not None if self.regex else text == self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Fewest and most replicas, both included, 0 <= min <= max."""

    min: int
    max: int

    def clamp(self, replicas: int) -> int:
        """Return `replicas` moved into the bounds.

        Example:
            >>> Bounds(min=1, max=4).clamp(9)
            4
        """
        return max(self.min, min(self.max, replicas))


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """Latencies that users were promised, in seconds."""

    ttft_s: float
    """To the first token."""
    itl_s: float
    """Between two tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A further preset that is read for a workload, such as its gateway or its queue."""

    preset: str
    matchers: tuple[Matcher, ...] = ()
    """Conditions on the labels of that preset's series; empty for the preset's own ways to recognise a workload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Where a workload's series are and what may be scaled."""

    id: WorkloadId
    target: ScaleTarget
    preset: str
    matchers: tuple[Matcher, ...]
    """Conditions on the labels of engine series; all must hold. Never empty: default is namespace and pod pattern."""
    bounds: Bounds
    objective: Objective
    sources: tuple[Source, ...] = ()
    """Read beside `preset` and what that includes."""
