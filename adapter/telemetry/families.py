"""What is exported about each workload: a table of names, meanings, and how to read them off a decision.

Pure. A sample whose value is None or NaN is left out by the collector. Must not know: the wire format.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Final

from adapter.core.decision import Decision, DemandUnit, Outcome
from adapter.core.lead_time import LOOK_AHEAD_QUANTILE, TAIL_QUANTILE
from adapter.core.signal import State

Samples = Iterable[tuple[tuple[str, ...], float | None]]
"""Values of the extra labels, and the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One gauge with a sample, or several, for each workload."""

    name: str
    text: str
    samples: Callable[[Decision], Samples]
    labels: tuple[str, ...] = ()
    """Besides namespace and workload."""


def _one(path: str, decision: Decision) -> Samples:
    """Return the value at an attribute path; any None on the way means there is none."""
    value: object = decision
    for name in path.split("."):
        value = None if value is None else attrgetter(name)(value)
    return [((), value)] if isinstance(value, int | float) else []


def _field(name: str, text: str, *, path: str) -> Family:
    return Family(name=name, text=text, samples=partial(_one, path))


def _outcomes(decision: Decision) -> Samples:
    return [((outcome.value,), decision.outcome is outcome) for outcome in Outcome]


def _modes(decision: Decision) -> Samples:
    return [((mode,), decision.mode == mode) for mode in ("act", "advise")]


def _demand(unit: DemandUnit, decision: Decision) -> Samples:
    demand = decision.demand
    if demand is None or demand.unit is not unit:
        return []
    parts = ("arriving", "backlog", "at_lead_time", "beyond_lead_time")
    return [((part,), getattr(demand, part)) for part in parts]


def _capacity(unit: DemandUnit, decision: Decision) -> Samples:
    capacity = decision.capacity
    return [((capacity.source,), capacity.per_replica)] if capacity.unit is unit else []


def _step_changes(decision: Decision) -> Samples:
    for step in decision.steps:
        if step.before is not None and step.after is not None:
            yield (step.name.value,), step.after - step.before


def _lead_time_quantiles(decision: Decision) -> Samples:
    lead = decision.lead_time
    return [
        (("0.5",), lead.median_s),
        ((f"{LOOK_AHEAD_QUANTILE:g}",), lead.seconds),
        ((f"{TAIL_QUANTILE:g}",), lead.tail_s),
    ]


def _lead_time_samples(decision: Decision) -> Samples:
    return [((decision.lead_time.source,), decision.lead_time.samples)]


def _states(decision: Decision) -> Samples:
    return [((signal.value,), float(reading.state)) for signal, reading in decision.signals.items()]


def _ages(decision: Decision) -> Samples:
    return [((signal.value,), reading.age_s) for signal, reading in decision.signals.items()]


def _coverages(decision: Decision) -> Samples:
    return [((signal.value,), reading.coverage) for signal, reading in decision.signals.items()]


_STATE_CODES: Final = ", ".join(f"{state.value} {state.name.lower()}" for state in State)

FAMILIES: Final = (
    _field("scaleahead_planned_replicas", "Replicas wanted; none on hold.", path="planned"),
    _field("scaleahead_served_replicas", "Replicas handed to HPA and KEDA; none on hold.", path="served"),
    _field("scaleahead_reactive_replicas", "Replicas for the load measured now.", path="reactive"),
    _field("scaleahead_predictive_replicas", "Replicas for the forecast.", path="predictive"),
    _field("scaleahead_landing_replicas", "Replicas the HPA goes to with what it is given.", path="emitted.lands_on"),
    _field("scaleahead_requested_replicas", "spec.replicas of the scale target.", path="replicas.requested"),
    _field("scaleahead_status_replicas", "status.replicas of the scale target.", path="replicas.status"),
    _field("scaleahead_ready_replicas", "Ready replicas of the scale target.", path="replicas.ready"),
    _field("scaleahead_active", "1 when there should be any replica; none on hold.", path="active"),
    Family(
        name="scaleahead_step_change_replicas",
        text="Replicas that each step of the last decision added, or took away where it is below 0.",
        samples=_step_changes,
        labels=("step",),
    ),
    _field("scaleahead_gpus_per_replica", "GPUs of one replica, as configured.", path="gpus_per_replica"),
    _field("scaleahead_lead_time_seconds", "Time from asking for a replica to its serving.", path="lead_time_s"),
    Family(
        name="scaleahead_lead_time_quantile_seconds",
        text="Quantiles of that time, drawn towards what is configured while few starts were seen.",
        samples=_lead_time_quantiles,
        labels=("quantile",),
    ),
    Family(
        name="scaleahead_lead_time_samples",
        text="Starts that it was learnt from; with source configured none has been seen.",
        samples=_lead_time_samples,
        labels=("source",),
    ),
    _field(
        "scaleahead_lead_time_confidence_ratio",
        "Weight of starts against what is configured.",
        path="lead_time.confidence",
    ),
    _field("scaleahead_margin_ratio", "Factor on demand, as regulated on what was attained.", path="margin.ratio"),
    _field(
        "scaleahead_attained_ratio",
        "Share of the requests of three days that met their objective.",
        path="margin.attained",
    ),
    _field(
        "scaleahead_attainment_goal_ratio",
        "Share of requests that should meet their objective, as configured.",
        path="attainment_goal",
    ),
    _field("scaleahead_back_test_days", "Days that settings were back-tested on; 0 if none.", path="verdict.days"),
    _field(
        "scaleahead_back_test_changes", "1 when something better than the settings was found.", path="verdict.changes"
    ),
    _field(
        "scaleahead_back_test_saved_ratio",
        "How much less the settings that were found cost than those of the document.",
        path="verdict.cheaper_than_before",
    ),
    _field(
        "scaleahead_back_test_attained_ratio",
        "Share of requests that met their objective in the back-test of what was found.",
        path="verdict.after.attained",
    ),
    _field("scaleahead_quantile_ratio", "Quantile of the forecast that demand is read at.", path="quantile"),
    _field("scaleahead_forecast_skill_ratio", "1 - own loss / naive loss; above 0 is better.", path="forecast.skill"),
    _field("scaleahead_forecast_coverage_ratio", "Share of past peaks below it.", path="forecast.coverage"),
    _field("scaleahead_forecast_trusted", "1 when the forecast has earned its vote.", path="forecast.trusted"),
    _field("scaleahead_forecast_origin_timestamp_seconds", "Newest sample it used.", path="forecast.origin"),
    Family(
        name="scaleahead_decision_outcome",
        text="1 for the outcome of the last decision: plan, or hold when nothing may be concluded.",
        samples=_outcomes,
        labels=("outcome",),
    ),
    Family(
        name="scaleahead_mode",
        text="1 for the mode: act, or advise when the plan is only shown.",
        samples=_modes,
        labels=("mode",),
    ),
    Family(
        name="scaleahead_demand_engine_seconds_per_second",
        text="Load to serve in replica-seconds of work per second, where token capacity is known.",
        samples=partial(_demand, DemandUnit.WORK),
        labels=("part",),
    ),
    Family(
        name="scaleahead_demand_requests",
        text="Load to serve in requests in flight, where token capacity is not known.",
        samples=partial(_demand, DemandUnit.CONCURRENCY),
        labels=("part",),
    ),
    Family(
        name="scaleahead_capacity_engine_seconds_per_second",
        text="Load one replica sustains, in replica-seconds of work per second.",
        samples=partial(_capacity, DemandUnit.WORK),
        labels=("source",),
    ),
    Family(
        name="scaleahead_capacity_requests",
        text="Load one replica sustains, in requests in flight.",
        samples=partial(_capacity, DemandUnit.CONCURRENCY),
        labels=("source",),
    ),
    _field(
        "scaleahead_capacity_confidence_ratio",
        "How well the capacity of a replica is known: 1 where it is configured, 0 for a first guess.",
        path="capacity.confidence",
    ),
    Family(
        name="scaleahead_signal_state",
        text=f"How well each signal is known: {_STATE_CODES}.",
        samples=_states,
        labels=("signal",),
    ),
    Family(
        name="scaleahead_signal_age_seconds",
        text="Age of the newest sample of each signal.",
        samples=_ages,
        labels=("signal",),
    ),
    Family(
        name="scaleahead_signal_coverage_ratio",
        text="Share of expected targets that report each signal.",
        samples=_coverages,
        labels=("signal",),
    ),
)
"""Every metric about a workload."""
