"""The HPA of a workload as the cluster has it, in place of the configured one.

What is emitted is shaped for the HPA that reads it, so its real spec is worth more than what somebody once wrote down
about it. Where the cluster does not show it, the configured one stands; a decision says which of both was used.
Must not know: how it was read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from adapter.core.tuning import HpaTuning, TunedWorkload
from adapter.core.workload import WorkloadId


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenHpa:
    """What an HPA's spec says, as far as it changes where the HPA lands."""

    name: str
    """Namespace and name, for people to read."""
    spec: HpaTuning
    """Its `tolerance` says nothing: that of the cluster is a flag of its controller, and is taken as configured."""


def adopt(tuned: Sequence[TunedWorkload], seen: Mapping[WorkloadId, SeenHpa]) -> tuple[TunedWorkload, ...]:
    """Return workloads with the HPAs that were seen, the others as configured."""
    return tuple(_adopted(each, seen.get(each.workload.id)) for each in tuned)


def _adopted(each: TunedWorkload, seen: SeenHpa | None) -> TunedWorkload:
    if seen is None:
        return each
    spec = seen.spec.model_copy(update={"tolerance": each.tuning.hpa.tolerance})
    return replace(each, tuning=each.tuning.model_copy(update={"hpa": spec}), hpa_from=seen.name)
