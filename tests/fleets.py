"""Workloads for tests, made as a tuning document makes them."""

from adapter.core.signal import Signal
from adapter.core.tuning import WorkloadTuning, resolve_workload
from adapter.core.workload import Workload, WorkloadId
from adapter.prometheus.preset import load_preset

SIGNALS_AT_TICKS = frozenset(Signal) - {signal for signal, how in load_preset("vllm").signals.items() if how.at_marks}
"""What a tick asks for; the others are read at the ten-minute marks alone."""


def make_workload(name: str, *, namespace: str = "llm", **tuning: object) -> Workload:
    """Return the workload that `tuning` (keys of a `workloads` entry, snake_case) describes."""
    return resolve_workload(WorkloadId(namespace, name), WorkloadTuning.model_validate(tuning)).workload
