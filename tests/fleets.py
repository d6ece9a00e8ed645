"""Workloads for tests, made as a tuning document makes them."""

from adapter.core.tuning import WorkloadTuning, resolve_workload
from adapter.core.workload import Workload, WorkloadId


def make_workload(name: str, *, namespace: str = "llm", **tuning: object) -> Workload:
    """Return the workload that `tuning` (keys of a `workloads` entry, snake_case) describes."""
    return resolve_workload(WorkloadId(namespace, name), WorkloadTuning.model_validate(tuning)).workload
