"""The JSON documents of the JSON API, built from decisions alone.

Field names are public: they may be added to, not renamed. The same decision gives the same bytes in every process, so
nothing here may depend on the time of asking, on the process, or on the order of mappings.
Must not know: HTTP, how a decision is made.
"""

import math
from dataclasses import asdict

from adapter.core.decision import Capacity, Decision, Demand, Step, WorkloadForecast
from adapter.core.lead_time import LeadTime
from adapter.core.metric import Metric, metric_value
from adapter.core.shaping import Shaped
from adapter.core.signal import ABSENT, UNITS, Reading, Signal, SignalProblem
from adapter.core.snapshot import Snapshot
from adapter.core.starts import stuck_after_s
from adapter.core.tuning import TuningState
from adapter.core.units import to_milli
from adapter.core.verdict import Verdict
from adapter.core.workload import WorkloadId
from adapter.ui.sentences import why, why_not

JsonObject = dict[str, object]


def tuning_view(state: TuningState) -> JsonObject:
    """Return how the newest tuning document stands: a condition with its problems, each with its line."""
    return {
        "valid": state.valid,
        "digest": state.digest,
        "since": state.since,
        "problems": [asdict(problem) for problem in state.problems],
    }


def target_view(decision: Decision, metric: Metric) -> JsonObject:
    """Return the value of a metric for KEDA's `metrics-api` scaler and for people.

    The value is the very number the HPA reads through the metrics API: thousandths, rounded up.

    Raises:
        CannotDecide: there is no honest value; see `adapter.core.metric`.
        ValueError: the value is not a finite number.
    """
    found = metric_value(decision, metric)
    return {
        **_identity(decision.workload),
        "metric": metric.value,
        "value": to_milli(found.value) / 1000,
        "target": found.target,
        "active": decision.active,
        "at": found.at,
        "planned": decision.planned,
        "served": decision.served,
    }


def list_view(snapshot: Snapshot, *, stale: str | None) -> JsonObject:
    """Return all workloads in order of namespace and name, each in short.

    Args:
        snapshot: the newest one.
        stale: why it may not be acted on any more; None while it may.
    """
    return {
        **_snapshot_view(snapshot, stale=stale),
        "problems": [asdict(problem) for problem in snapshot.problems],
        "workloads": [_listed(snapshot.decisions[workload]) for workload in sorted(snapshot.decisions)],
    }


def explain_view(decision: Decision, snapshot: Snapshot, *, stale: str | None) -> JsonObject:
    """Return everything the decision knows, with the steps that led to it.

    Args:
        decision: one of the snapshot's.
        snapshot: what it was published with.
        stale: why it may not be acted on any more; None while it may.
    """
    return {
        **_snapshot_view(snapshot, stale=stale),
        **decision_view(decision),
        "problems": [asdict(problem) for problem in problems_of(snapshot, decision)],
    }


def decision_view(decision: Decision) -> JsonObject:
    """Return everything a decision knows, with the steps that led to it."""
    return {
        **_summary(decision),
        "at": decision.at,
        "why_not": why_not(decision),
        "reactive": decision.reactive,
        "predictive": decision.predictive,
        "lead_time_s": decision.lead_time_s,
        "lead_time": _lead_time(decision.lead_time),
        "margin": asdict(decision.margin),
        "verdict": _verdict(decision.verdict),
        "quantile": decision.quantile,
        "replicas": asdict(decision.replicas),
        "demand": _demand(decision.demand),
        "capacity": _capacity(decision.capacity),
        "forecast": _forecast(decision.forecast),
        "signals": {signal.value: _signal(decision, signal) for signal in _shown(decision)},
        "hpa": _hpa(decision),
        "emitted": _emitted(decision.emitted),
        "steps": [_step(step) for step in decision.steps],
    }


def _identity(workload: WorkloadId) -> JsonObject:
    return {"namespace": workload.namespace, "workload": workload.name}


def _snapshot_view(snapshot: Snapshot, *, stale: str | None) -> JsonObject:
    return {
        "at": snapshot.at,
        "interval_s": snapshot.interval_s,
        "tuning_digest": snapshot.tuning_digest,
        "stale": stale,
    }


def _listed(decision: Decision) -> JsonObject:
    demand, capacity = decision.demand, decision.capacity
    return {
        **_summary(decision),
        "requested": decision.replicas.requested,
        "demand": None if demand is None else demand.arriving + demand.backlog,
        "capacity_per_replica": capacity.per_replica,
        "demand_unit": capacity.unit.value,
    }


def _summary(decision: Decision) -> JsonObject:
    return {
        **_identity(decision.workload),
        "outcome": decision.outcome.value,
        "hold_reason": decision.hold_reason or None,
        "mode": decision.mode,
        "planned": decision.planned,
        "served": decision.served,
        "ready": decision.replicas.ready,
        "active": decision.active,
        "why": why(decision),
        "back_test": None if decision.verdict is None else str(decision.verdict),
    }


def _lead_time(lead: LeadTime) -> JsonObject:
    return {**asdict(lead), "stuck_after_s": stuck_after_s(lead)}


def _verdict(verdict: Verdict | None) -> JsonObject | None:
    if verdict is None:
        return None
    return {
        **asdict(verdict),
        "changes": verdict.changes,
        "cheaper_than_before": verdict.cheaper_than_before,
        "cheaper_than_reactive": verdict.cheaper_than_reactive,
    }


def _demand(demand: Demand | None) -> JsonObject | None:
    return None if demand is None else {**asdict(demand), "unit": demand.unit.value}


def _capacity(capacity: Capacity) -> JsonObject:
    return {**asdict(capacity), "unit": capacity.unit.value}


def _forecast(forecast: WorkloadForecast | None) -> JsonObject | None:
    if forecast is None:
        return None
    return {
        "origin": forecast.origin,
        "horizons_s": list(forecast.horizons_s),
        "quantiles": list(forecast.quantiles),
        "peak": [list(row) for row in forecast.peak],
        "arrival_probability": list(forecast.arrival_probability),
        "skill": forecast.skill,
        "coverage": forecast.coverage,
        "trusted": forecast.trusted,
    }


def _shown(decision: Decision) -> list[Signal]:
    return [signal for signal in Signal if signal in decision.signals or signal in decision.signal_forecasts]


def _signal(decision: Decision, signal: Signal) -> JsonObject:
    reading: Reading = decision.signals.get(signal, ABSENT)
    return {
        "state": reading.state.name.lower(),
        "value": reading.value,
        "age_s": reading.age_s,
        "coverage": reading.coverage,
        "forecast": decision.signal_forecasts.get(signal, math.nan),
        "unit": UNITS[signal],
    }


def _hpa(decision: Decision) -> JsonObject:
    """Return the HPA that values are shaped for, with the keys of the tuning document, and where that was learnt."""
    spec = decision.hpa.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {"source": "cluster" if decision.hpa_from else "configured", "name": decision.hpa_from or None, "spec": spec}


def _emitted(shaped: Shaped | None) -> JsonObject | None:
    if shaped is None:
        return None
    return {**asdict(shaped), "value": shaped.value_milli / 1000, "target": shaped.target_milli / 1000}


def _step(step: Step) -> JsonObject:
    return {"name": step.name.value, "before": step.before, "after": step.after, "reason": step.reason}


def problems_of(snapshot: Snapshot, decision: Decision) -> list[SignalProblem]:
    """Return the problems that can have touched a decision: all but those of signals that it does not use.

    A query serves all workloads, so most problems are shared, and one may name several signals or none.
    """
    foreign = {signal.value for signal in Signal if signal not in decision.signals}
    return [problem for problem in snapshot.problems if problem.signal not in foreign]
