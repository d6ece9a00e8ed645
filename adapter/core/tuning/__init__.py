"""Tuning: the live configuration, as pydantic models that are also the ConfigMap's schema."""

from adapter.core.tuning.document import (
    API_VERSION,
    TunedWorkload,
    Tuning,
    TuningDocument,
    WorkloadEntry,
    resolve_workload,
)
from adapter.core.tuning.source import PrometheusTuning, TickTuning
from adapter.core.tuning.workload import EventTuning, OverrideTuning, WorkloadTuning

__all__ = [
    "API_VERSION",
    "EventTuning",
    "OverrideTuning",
    "PrometheusTuning",
    "TickTuning",
    "TunedWorkload",
    "Tuning",
    "TuningDocument",
    "WorkloadEntry",
    "WorkloadTuning",
    "resolve_workload",
]
