"""`decide`: one workload, one tick, one decision with every step that led there.

A pure fold: the same inputs give the same decision, and the state that comes out depends on a bounded stretch of
history only. The loop, the simulations and the tests all call this function.
"""

import math
from dataclasses import dataclass, replace

from adapter.core.activation import activate, quiet_since
from adapter.core.capacity import capacity_of
from adapter.core.decision import Capacity, Decision, Demand, Outcome, Step, StepName, WorkloadForecast
from adapter.core.limits import apply_bounds, apply_events, apply_override
from adapter.core.replicas import size_replicas
from adapter.core.shaping import Tolerance, shape
from adapter.core.sight import Sight, look
from adapter.core.signal import Observed
from adapter.core.sizing import assess_demand, bound_by_symptoms, chosen_quantile, size_predictive, size_reactive
from adapter.core.stabilization import Window, highest, slide, trim
from adapter.core.tuning import WorkloadTuning
from adapter.core.units import Ratio
from adapter.core.workload import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyState:
    """What one decision leaves to the next. Nothing in it is older than the longest hold."""

    plans: Window = ()
    """Highest plans of the scale-in hold."""
    quiet_since: float | None = None
    """Since when nothing has been in flight; None while something is."""


_ADVICE = {"act": "mode is act: the plan is served", "advise": "mode is advise: the plain reactive value is served"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What every step of one decision reads."""

    workload: Workload
    tuning: WorkloadTuning
    sight: Sight
    demand: Demand
    capacity: Capacity
    forecast: WorkloadForecast | None
    now: float


def decide(
    *,
    workload: Workload,
    observed: Observed,
    forecast: WorkloadForecast | None,
    state: PolicyState,
    tuning: WorkloadTuning,
    now: float,
) -> tuple[Decision, PolicyState]:
    """Return the decision on a workload, and the state for the next one.

    Args:
        workload: what is scaled.
        observed: readings of this tick, missing ones already bridged (`sight.bridge`).
        forecast: of its demand, None while there is none.
        state: what the previous decision returned, `PolicyState()` at first.
        tuning: of the workload, defaults filled in.
        now: tick time, seconds since epoch.
    """
    sight = look(observed, tuning)
    capacity = capacity_of(tuning)
    demand = assess_demand(sight, forecast, capacity=capacity, tuning=tuning, now=now)
    case = _Case(
        workload=workload,
        tuning=tuning,
        sight=sight,
        demand=demand,
        capacity=capacity,
        forecast=forecast if tuning.forecast.enabled else None,
        now=now,
    )
    wanted = _want(case)
    goal = wanted[-1].after
    if sight.blind or goal is None:
        reason = sight.blind or "the load of now is not known"
        return _held(case, observed, wanted, reason=reason), _remember(state, None, case)
    after = _remember(state, goal, case)
    return _planned(case, observed, wanted, state=after), after


def _want(case: _Case) -> tuple[Step, ...]:
    """Return the steps up to the replicas that the load, now and expected, asks for."""
    sight, tuning = case.sight, case.tuning
    observed = _observe(case)
    reactive = size_reactive(observed.after, case.demand, capacity=case.capacity, tuning=tuning)
    symptoms = bound_by_symptoms(reactive.after, sight, tuning=tuning)
    predictive = size_predictive(symptoms.after, case.demand, capacity=case.capacity, tuning=tuning)
    event = apply_events(predictive.after, tuning=tuning, now=case.now)
    return observed, reactive, symptoms, predictive, event


def _observe(case: _Case) -> Step:
    """Start from nothing, or from what is requested while no replica serves and none can show its load."""
    sight = case.sight
    if sight.starting:
        requested = sight.replicas.requested
        reason = f"{requested} requested, none ready: engines show nothing yet"
        return Step(name=StepName.OBSERVE, before=None, after=requested, reason=reason)
    if sight.at_zero and not sight.blind:
        return Step(name=StepName.OBSERVE, before=None, after=0, reason="no replica is requested")
    reason = sight.blind or "; ".join(sight.doubts) or "every signal is fresh"
    return Step(name=StepName.OBSERVE, before=None, after=None, reason=reason)


def _remember(state: PolicyState, goal: int | None, case: _Case) -> PolicyState:
    """Return the state after this tick; what is older than the longest hold is forgotten."""
    hold = case.tuning.hold
    plans = trim(state.plans, at=case.now, span_s=hold.scale_in)
    return PolicyState(
        plans=plans if goal is None else slide(plans, at=case.now, value=goal, span_s=hold.scale_in),
        quiet_since=quiet_since(state.quiet_since, case.sight, now=case.now, tuning=case.tuning),
    )


def _hold_scale_in(goal: int, case: _Case, *, plans: Window) -> Step:
    """Keep the highest plan of the hold, and replicas that are likely to be needed before they pay for a restart."""
    held = max(goal, highest(plans) or 0)
    beyond, requested = case.demand.beyond_lead_time, case.sight.replicas.requested
    soon = 0
    if math.isfinite(beyond) and requested is not None:
        needed = size_replicas(beyond, case.capacity.per_replica, margin=case.tuning.margin)
        soon = min(requested, needed)
    after = max(held, soon)
    hold_s = case.tuning.hold.scale_in
    reason = f"nothing higher was planned in {hold_s:g} s"
    if after > goal:
        reason = f"{held} was planned within {hold_s:g} s" if held >= soon else f"{soon} will be needed again too soon"
    return Step(name=StepName.HOLD_SCALE_IN, before=goal, after=after, reason=reason)


def _guard(plan: int, case: _Case, *, plans: Window) -> Step:
    """Never scale in on uncertain data."""
    doubts = case.sight.doubts
    if not doubts:
        return Step(name=StepName.MISSING_DATA, before=plan, after=plan, reason="nothing is missing")
    requested = case.sight.replicas.requested
    floor = requested if requested is not None else highest(plans) or 0
    reason = f"no scale-in below {floor} while {'; '.join(doubts)}"
    return Step(name=StepName.MISSING_DATA, before=plan, after=max(plan, floor), reason=reason)


def _settle(plan: int, case: _Case, *, state: PolicyState, forecast: WorkloadForecast | None) -> tuple[Step, ...]:
    """Return the steps from a wanted number to what may be asked for: certainty, zero, overrides, bounds."""
    guard = _guard(plan, case, plans=state.plans)
    tuning, now = case.tuning, case.now
    awake = activate(guard.after or 0, case.sight, since=state.quiet_since, forecast=forecast, tuning=tuning, now=now)
    requested = case.sight.replicas.requested
    override = apply_override(awake.after or 0, requested=requested, tuning=tuning, now=now)
    return guard, awake, override, apply_bounds(override.after or 0, case.workload.bounds)


def _planned(case: _Case, observed: Observed, wanted: tuple[Step, ...], *, state: PolicyState) -> Decision:
    kept = _hold_scale_in(wanted[-1].after or 0, case, plans=state.plans)
    settled = _settle(kept.after or 0, case, state=state, forecast=case.forecast)
    planned = settled[-1].after or 0
    now_only = _settle(wanted[2].after or 0, case, state=state, forecast=None)[-1].after or 0
    served = planned if case.tuning.mode == "act" else now_only
    advise = Step(name=StepName.ADVISE, before=planned, after=served, reason=_ADVICE[case.tuning.mode])
    tolerance = Ratio(case.tuning.hpa.tolerance)
    shaped = shape(
        served,
        status_replicas=case.sight.replicas.status,
        tolerance=Tolerance(up=tolerance, down=tolerance),
        max_replicas=case.workload.bounds.max,
    )
    landing = Step(name=StepName.SHAPE, before=served, after=shaped.lands_on, reason=shaped.reason)
    return replace(
        _held(case, observed, (*wanted, kept, *settled, advise, landing), reason=""),
        outcome=Outcome.PLAN,
        planned=planned,
        served=served,
        reactive=now_only,
        active=served > 0,
        emitted=shaped,
    )


def _held(case: _Case, observed: Observed, steps: tuple[Step, ...], *, reason: str) -> Decision:
    expected, margin = case.demand.at_lead_time, case.tuning.margin
    return Decision(
        workload=case.workload.id,
        at=case.now,
        outcome=Outcome.HOLD,
        hold_reason=reason,
        mode=case.tuning.mode,
        planned=None,
        served=None,
        reactive=None,
        predictive=size_replicas(expected, case.capacity.per_replica, margin=margin)
        if math.isfinite(expected)
        else None,
        active=None,
        emitted=None,
        demand=case.demand,
        capacity=case.capacity,
        replicas=case.sight.replicas,
        lead_time_s=case.tuning.lead_time,
        quantile=chosen_quantile(case.tuning),
        forecast=case.forecast,
        signals=observed.readings,
        signal_forecasts=case.forecast.signal_peaks if case.forecast else {},
        steps=steps,
    )
