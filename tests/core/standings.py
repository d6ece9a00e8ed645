"""Workloads as the limits of a fleet see them, for tests."""

from typing import Any

from adapter.core.decision import ReplicaCounts
from adapter.core.shaping import shape
from adapter.core.standing import Standing
from adapter.core.workload import WorkloadId
from tests.factories import decision, hold
from tests.fakes import tuned


def standing(
    name: str, served: int | None, *, requested: int | None = 2, most: int = 20, least: int = 1, **changes: Any
) -> Standing:
    """Return a workload that is served some replicas, None for a hold; `scale` and `fallback` are tuning."""
    scale, fallback = changes.pop("scale", {}), changes.pop("fallback", None)
    counts = ReplicaCounts(requested=requested, status=requested, ready=requested)
    each = tuned(name, replicas={"min": least, "max": most}, scale=scale, fallback=fallback)
    who = WorkloadId("prod", name)
    if served is None:
        return Standing(tuned=each, decision=hold(who, replicas=counts), **changes)
    said = decision(
        who, planned=served, served=served, replicas=counts, emitted=shape(served, status_replicas=requested)
    )
    return Standing(tuned=each, decision=said, **changes)
