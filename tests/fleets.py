"""Workloads for tests, made as a tuning document makes them."""

from adapter.core.tuning import WorkloadTuning, resolve_workload
from adapter.core.workload import Workload, WorkloadId
from adapter.prometheus.preset import load_composed

_READ = {signal: how for preset in load_composed("vllm") for signal, how in preset.signals.items()}

SIGNALS_OF_VLLM = frozenset(_READ)
"""What a workload with the default preset has."""

SIGNALS_AT_TICKS = frozenset(signal for signal, how in _READ.items() if not how.at_marks)
"""What a tick asks for of it; the others are read at the ten-minute marks alone."""


def make_workload(name: str, *, namespace: str = "llm", **tuning: object) -> Workload:
    """Return the workload that `tuning` (keys of a `workloads` entry, snake_case) describes."""
    return resolve_workload(WorkloadId(namespace, name), WorkloadTuning.model_validate(tuning)).workload
