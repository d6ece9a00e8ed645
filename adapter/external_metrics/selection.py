"""Which workload's value a metric read asks for: exactly one, or an error that says what to write.

The HPA adds up whatever it gets, so a selector that fits two workloads would be answered with a number that is nobody's
plan. Pure. Must not know: HTTP, how the selector was written.
"""

from typing import Final

from adapter.core.decision import Decision
from adapter.core.errors import WorkloadNotFound
from adapter.core.snapshot import Snapshot
from adapter.core.workload import WorkloadId
from adapter.external_metrics.selector import Operator, Selector, selects
from adapter.external_metrics.wire import WORKLOAD_LABEL, labels_of

_NAMED: Final = 5  # in messages: they become events, which are cut at 1 KiB


class AmbiguousSelector(ValueError):
    """The selector fits several workloads."""


def select_decision(snapshot: Snapshot, *, namespace: str, selector: Selector) -> Decision:
    """Return the decision on the one workload of the namespace that the selector fits.

    The labels of a workload are `workload` (its name) and `namespace`.

    Raises:
        WorkloadNotFound: it fits none.
        AmbiguousSelector: it fits several.
    """
    found = [each for each in _candidates(snapshot, namespace, selector) if selects(selector, labels_of(each))]
    if len(found) == 1:
        return snapshot.decisions[found[0]]
    if not found:
        raise WorkloadNotFound(_none_message(snapshot, namespace))
    raise AmbiguousSelector(
        f"the selector fits {len(found)} workloads of namespace {namespace}, whose values would be added up: "
        f"{_names(found)}; write matchLabels {{{WORKLOAD_LABEL}: <one of them>}}"
    )


def _candidates(snapshot: Snapshot, namespace: str, selector: Selector) -> list[WorkloadId]:
    """Return the workloads that can fit; with a named one, as every HPA should send, without walking the fleet."""
    for requirement in selector:
        if requirement.key == WORKLOAD_LABEL and requirement.operator is Operator.IN:
            named = (WorkloadId(namespace, name) for name in sorted(requirement.values))
            return [each for each in named if each in snapshot.decisions]
    return [each for each in snapshot.decisions if each.namespace == namespace]


def _none_message(snapshot: Snapshot, namespace: str) -> str:
    known = [each for each in snapshot.decisions if each.namespace == namespace]
    there = f"configured there are: {_names(known)}" if known else "none is configured there"
    return f"the selector fits no workload of namespace {namespace}; {there}; write matchLabels {{workload: <name>}}"


def _names(workloads: list[WorkloadId]) -> str:
    names = sorted(each.name for each in workloads)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
