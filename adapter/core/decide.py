"""`decide`: one workload, one tick, one decision with every step that led there.

A pure fold: the same inputs give the same decision, and the state that comes out depends on a bounded stretch of
history only. The loop, the simulations and the tests all call this function.
"""

import math
from dataclasses import replace

from adapter.core.activation import Arrivals, activate
from adapter.core.case import Case, weigh
from adapter.core.decision import Capacity, Decision, Outcome, Step, StepName, WorkloadForecast
from adapter.core.landing import land
from adapter.core.lead_time import LeadTime
from adapter.core.limits import apply_bounds, apply_events, apply_override, override_lasts
from adapter.core.policy_state import PolicyState, asked, remember
from adapter.core.price import chosen_quantile
from adapter.core.recent import NOTHING_RECENT, Recent
from adapter.core.regulation import Margin
from adapter.core.replicas import size_replicas
from adapter.core.rollout import watch_rollout
from adapter.core.sight import look
from adapter.core.signal import Observed
from adapter.core.sizing import bound_by_symptoms, size_predictive, size_reactive
from adapter.core.stabilization import Window, highest
from adapter.core.starts import missing, watch_starts
from adapter.core.tuning import TunedWorkload, WorkloadTuning
from adapter.core.warm import keep_warm
from adapter.core.workload import Workload

_ADVICE = {"act": "mode is act: the plan is served", "advise": "mode is advise: the plain reactive value is served"}


def decide(  # noqa: PLR0913 - everything that a decision depends on, by name
    *,
    workload: Workload,
    observed: Observed,
    forecast: WorkloadForecast | None,
    state: PolicyState,
    tuning: WorkloadTuning,
    now: float,
    lead: LeadTime | None = None,
    recent: Recent = NOTHING_RECENT,
    margin: Margin | None = None,
    capacity: Capacity | None = None,
) -> tuple[Decision, PolicyState]:
    """Return the decision on a workload, and the state for the next one.

    Args:
        workload: what is scaled.
        observed: readings of this tick, already judged and bridged (`sight.judge`, `sight.bridge`).
        forecast: of its demand, None while there is none.
        state: what the previous decision returned, `PolicyState()` at first.
        tuning: of the workload, defaults filled in.
        now: tick time, seconds since epoch.
        lead: lead time of a replica as far as it is learnt; None for the configured one.
        recent: what was requested of late.
        margin: factor on demand as far as it is regulated; None for the configured one.
        capacity: of a replica as far as it is learnt; None for the configured one.
    """
    tuned = TunedWorkload(workload=workload, tuning=tuning)
    sight = look(observed, tuning)
    case = weigh(
        tuned,
        observed,
        sight=sight,
        forecast=forecast,
        now=now,
        lead=lead,
        recent=recent,
        margin=margin,
        capacity=capacity,
    )
    decision, after = conclude(case, state)
    return decision, asked(after, decision)


def conclude(case: Case, state: PolicyState) -> tuple[Decision, PolicyState]:
    """Return the decision on a case and what it leaves to the next, but for what the HPA is asked for (`asked`)."""
    wanted = _want(case)
    obstacle = _obstacle(case, wanted[-1].after)
    if obstacle:
        kept = case.requested  # consumers keep what is there, so that is what the next hold begins from
        return _held(case, wanted, reason=obstacle), remember(state, case, goal=kept, reactive=kept)
    after = remember(state, case, goal=wanted[-1].after, reactive=wanted[2].after)
    return _planned(case, wanted, state=after), after


def _obstacle(case: Case, goal: int | None) -> str:
    """Return why nothing may be concluded; empty if something may."""
    override = case.tuning.override
    if case.sight.blind:
        return case.sight.blind
    if goal is None:
        return "the load of now is not known"
    if override is not None and override.freeze and override_lasts(override, now=case.now):
        requested = case.sight.replicas.requested
        return "" if requested is not None else f"{override.author} froze what is requested, and that is not known"
    return ""


def _want(case: Case) -> tuple[Step, ...]:
    """Return the steps up to the replicas that the load, now and expected, asks for."""
    observed = _observe(case)
    reactive = size_reactive(observed.after, case.demand, capacity=case.capacity, margin=case.margin)
    symptoms = bound_by_symptoms(reactive.after, case.sight, tuning=case.tuning)
    predictive = size_predictive(
        symptoms.after,
        case.demand,
        capacity=case.capacity,
        tuning=case.tuning,
        lead=case.lead,
        margin=case.margin,
    )
    return observed, reactive, symptoms, predictive


def _observe(case: Case) -> Step:
    """Start from nothing, or from what is requested while no replica serves and none can show its load."""
    sight = case.sight
    if sight.starting:
        requested = sight.replicas.requested
        reason = f"{requested} requested, none ready: engines show nothing yet"
        return Step(name=StepName.OBSERVE, before=None, after=requested, reason=reason)
    if sight.at_zero and not sight.blind:
        return Step(name=StepName.OBSERVE, before=None, after=0, reason="no replica is requested")
    reason = sight.blind or "; ".join(sight.doubts) or "every signal that is needed is fresh"
    return Step(name=StepName.OBSERVE, before=None, after=None, reason=reason)


def _hold_scale_in(goal: int, case: Case, *, plans: Window, beyond: float) -> Step:
    """Keep the highest plan of the hold, and replicas that are likely to be needed before they pay for a restart."""
    held = max(goal, highest(plans) or 0)
    soon, requested = 0, case.sight.replicas.requested
    if math.isfinite(beyond) and requested is not None:
        soon = min(requested, size_replicas(beyond, case.capacity.per_replica, margin=case.margin.factor))
    after = max(held, soon)
    hold_s = case.hold.seconds
    reason = f"nothing higher was planned in {hold_s:g} s"
    if after > goal:
        reason = f"{held} was planned within {hold_s:g} s" if held >= soon else f"{soon} will be needed again too soon"
    reason += f" ({case.hold.why})" if case.hold.why else ""
    return Step(name=StepName.HOLD_SCALE_IN, before=goal, after=after, reason=reason)


def _guard(plan: int, case: Case) -> Step:
    """Never scale in on uncertain data."""
    doubts = case.sight.doubts
    if not doubts:
        return Step(name=StepName.MISSING_DATA, before=plan, after=plan, reason="nothing is missing")
    floor = case.sight.replicas.requested or 0  # not known: `sight.blind` has ended the matter before
    reason = f"no scale-in below {floor} while {'; '.join(doubts)}"
    return Step(name=StepName.MISSING_DATA, before=plan, after=max(plan, floor), reason=reason)


def _settle(plan: int, case: Case, *, state: PolicyState, forecast: WorkloadForecast | None) -> tuple[Step, ...]:
    """Return the steps from a wanted number to what may be asked for: certainty, zero, and limits people set."""
    tuning, now, lead_s = case.tuning, case.now, case.lead.seconds
    arrivals = Arrivals(forecast=forecast, lead_s=lead_s, now=now)
    guard = _guard(plan, case)
    rollout = watch_rollout(guard.after or 0, case.sight)
    starts = watch_starts(rollout.after or 0, case.sight, lead=case.lead)
    awake = activate(starts.after or 0, case.sight, since=state.quiet_since, arrivals=arrivals, tuning=tuning)
    warm = keep_warm(awake.after or 0, tuning.warm, lead_s=lead_s, now=now)
    event = apply_events(warm.after or 0, tuning=tuning, lead_s=lead_s, now=now)
    requested, bounds = case.sight.replicas.requested, case.tuned.workload.bounds
    override = apply_override(event.after or 0, requested=requested, tuning=tuning, now=now)
    return guard, rollout, starts, awake, warm, event, override, apply_bounds(override.after or 0, bounds)


def _planned(case: Case, wanted: tuple[Step, ...], *, state: PolicyState) -> Decision:
    beyond = case.demand.beyond_lead_time
    kept = _hold_scale_in(wanted[-1].after or 0, case, plans=state.plans, beyond=beyond)
    settled = _settle(kept.after or 0, case, state=state, forecast=case.forecast)
    planned = settled[-1].after or 0
    plain = _hold_scale_in(wanted[2].after or 0, case, plans=state.reactive, beyond=math.nan)
    reactive = _settle(plain.after or 0, case, state=state, forecast=None)[-1].after or 0
    served = planned if case.tuning.mode == "act" else reactive
    advise = Step(name=StepName.ADVISE, before=planned, after=served, reason=_ADVICE[case.tuning.mode])
    shaped, landing = land(
        served,
        case.tuned,
        replicas=case.sight.replicas,
        changes=case.changes,
        proposals=state.proposals,
        now=case.now,
    )
    return replace(
        _held(case, (*wanted, kept, *settled, advise, landing), reason=""),
        outcome=Outcome.PLAN,
        planned=planned,
        served=served,
        reactive=reactive,
        active=served > 0,
        emitted=shaped,
        missing=missing(kept.after or 0, case.sight, lead=case.lead),
    )


def _held(case: Case, steps: tuple[Step, ...], *, reason: str) -> Decision:
    expected, margin = case.demand.at_lead_time, case.margin.factor
    return Decision(
        workload=case.tuned.workload.id,
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
        lead_time=case.lead,
        margin=case.margin,
        quantile=chosen_quantile(case.tuning),
        forecast=case.forecast,
        hpa=case.tuning.hpa,
        hpa_from=case.tuned.hpa_from,
        signals=case.observed.readings,
        signal_forecasts=case.forecast.signal_peaks if case.forecast else {},
        gpus_per_replica=case.tuning.scale.gpus_per_replica,
        attainment_goal=case.tuning.slo.attainment,
        steps=steps,
    )
