"""Tuning: the live configuration, as pydantic models that are also the ConfigMap's schema."""

from adapter.core.tuning.back_test import TuneTuning
from adapter.core.tuning.deprecation import DEPRECATIONS, Deprecation
from adapter.core.tuning.document import (
    API_VERSION,
    TunedWorkload,
    Tuning,
    TuningDocument,
    TuningState,
    WorkloadEntry,
    resolve_workload,
)
from adapter.core.tuning.fleet import BudgetTuning, FleetTuning, RatioTuning, ScaleTuning
from adapter.core.tuning.gateway import GatewayTuning
from adapter.core.tuning.hpa import HpaTuning
from adapter.core.tuning.interventions import EventTuning, OverrideTuning
from adapter.core.tuning.parse import parse_tuning
from adapter.core.tuning.rule import RuleTuning
from adapter.core.tuning.schema import document_schema
from adapter.core.tuning.source import PrometheusTuning, TickTuning
from adapter.core.tuning.workload import WorkloadTuning

__all__ = [
    "API_VERSION",
    "DEPRECATIONS",
    "BudgetTuning",
    "Deprecation",
    "EventTuning",
    "FleetTuning",
    "GatewayTuning",
    "HpaTuning",
    "OverrideTuning",
    "PrometheusTuning",
    "RatioTuning",
    "RuleTuning",
    "ScaleTuning",
    "TickTuning",
    "TuneTuning",
    "TunedWorkload",
    "Tuning",
    "TuningDocument",
    "TuningState",
    "WorkloadEntry",
    "WorkloadTuning",
    "document_schema",
    "parse_tuning",
    "resolve_workload",
]
