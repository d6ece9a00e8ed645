from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.core.decide import decide
from adapter.core.decision import OCCASIONAL_STEPS, Decision, Outcome, StepName, WorkloadForecast
from adapter.core.errors import CannotDecide
from adapter.core.lead_time import HORIZON_LADDER_S
from adapter.core.metric import Metric, metric_value
from adapter.core.policy_state import PolicyState
from adapter.core.replicas import size_replicas
from adapter.core.signal import ABSENT, Observed, Reading, Signal, State
from adapter.core.tuning import TunedWorkload
from tests.factories import TICK
from tests.fakes import tuned
from tests.strategies import forecasts, missing, observations, states, uncertain, workloads

ENGINE_SIGNALS = (Signal.QUEUE_DEPTH, Signal.REQUESTS_RUNNING)
LOSABLE = [signal for signal in Signal if signal is not Signal.REPLICAS_REQUESTED]
REPLICAS = (Signal.REPLICAS_REQUESTED, Signal.REPLICAS_STATUS, Signal.REPLICAS_READY)


def seen(*, replicas: int | None = 3, **values: float | Reading | None) -> Observed:
    """Return an observation: fresh numbers, `replicas` for all three counts."""
    shown: dict[Signal, float | Reading | None] = dict.fromkeys(REPLICAS, replicas)
    shown |= {Signal[name.upper()]: value for name, value in values.items()}
    readings = {
        signal: value if isinstance(value, Reading) else Reading(state=State.FRESH, value=float(value), age_s=3.0)
        for signal, value in shown.items()
        if value is not None
    }
    return Observed(at=TICK, readings=readings)


def decided(
    observed: Observed, each: TunedWorkload | None = None, *, state: PolicyState | None = None, **changes: Any
) -> Decision:
    """Return the decision on an observation."""
    return folded(observed, each, state=state, **changes)[0]


def folded(
    observed: Observed, each: TunedWorkload | None = None, *, state: PolicyState | None = None, **changes: Any
) -> tuple[Decision, PolicyState]:
    """Return decision and state after an observation."""
    chosen = each or tuned("llama")
    now = changes.pop("now", TICK)
    values = {"forecast": None, "now": now, "state": state or settled(now), **changes}
    return decide(workload=chosen.workload, observed=observed, tuning=chosen.tuning, **values)


def settled(now: float) -> PolicyState:
    """Return the state of a workload for which nothing was planned for a long time."""
    nothing = ((now - 15.0, 0),)
    return PolicyState(plans=nothing, reactive=nothing)


def steady_forecast(peak: float, *, arrival: float = 0.0, trusted: bool = True) -> WorkloadForecast:
    """Return a forecast that says the same for every quantile and horizon."""
    rungs = len(HORIZON_LADDER_S)
    return WorkloadForecast(
        origin=TICK,
        horizons_s=HORIZON_LADDER_S,
        quantiles=(0.5, 0.9),
        peak=((peak,) * rungs,) * 2,
        arrival_probability=(arrival,) * rungs,
        skill=0.2,
        coverage=0.9,
        trusted=trusted,
    )


def step_of(decision: Decision, name: StepName) -> Any:
    """Return one step of a decision."""
    return next(step for step in decision.steps if step.name is name)


def doubted(decision: Decision) -> bool:
    """Return whether a decision knew that something was missing."""
    return step_of(decision, StepName.MISSING_DATA).reason != "nothing is missing"


cases = st.tuples(workloads(), observations(), states(), st.none() | forecasts())


def test_a_load_that_nobody_sees_is_no_load() -> None:
    """What a held decision shows has no zero in it either."""
    held = decided(seen(replicas=None))
    assert held.outcome is Outcome.HOLD
    assert held.demand is not None
    assert np.isnan([held.demand.arriving, held.demand.backlog]).all()
    assert (step_of(held, StepName.REACTIVE).after, step_of(held, StepName.REACTIVE).reason) == (
        None,
        "the load of now is not known",
    )


# --- what holds for every input -------------------------------------------------------------------------------------


@given(cases)
def test_a_plan_lies_within_the_bounds(case: tuple[TunedWorkload, Observed, PolicyState, Any]) -> None:
    """Whatever is seen, planned and served replicas stay within min and max, and a hold has no number at all."""
    each, observed, state, forecast = case
    decision = decided(observed, each, state=state, forecast=forecast)
    if decision.outcome is Outcome.HOLD:
        assert decision.hold_reason
        assert (decision.planned, decision.served, decision.active, decision.emitted) == (None,) * 4
    else:
        bounds = each.workload.bounds
        assert bounds.min <= decision.planned <= bounds.max
        assert bounds.min <= decision.served <= bounds.max
        assert decision.active is (decision.served > 0)


@given(cases)
def test_a_hold_is_an_error_for_consumers(case: tuple[TunedWorkload, Observed, PolicyState, Any]) -> None:
    """On hold, neither replicas nor demand have a number; a plan has both."""
    each, observed, state, forecast = case
    decision = decided(observed, each, state=state, forecast=forecast)
    for metric in (Metric.REPLICAS, Metric.DEMAND):
        if decision.outcome is Outcome.HOLD:
            with pytest.raises(CannotDecide, match=r"prod/llama: \S"):
                metric_value(decision, metric)
        else:
            assert metric_value(decision, metric).value >= 0


@given(cases)
def test_steps_chain_and_have_reasons(case: tuple[TunedWorkload, Observed, PolicyState, Any]) -> None:
    """Each step starts where the one before ended, in the order of the names, up to what is served."""
    each, observed, state, forecast = case
    decision = decided(observed, each, state=state, forecast=forecast)
    assert all(step.reason for step in decision.steps)
    chained = zip(decision.steps, decision.steps[1:], strict=False)
    assert all(after.before == before.after for before, after in chained)
    names = [step.name for step in decision.steps]
    alone = [name for name in StepName if name not in OCCASIONAL_STEPS]
    assert names == alone[: len(names)]
    if decision.outcome is Outcome.PLAN:
        assert names == alone
        assert step_of(decision, StepName.BOUNDS).after == decision.planned
        assert step_of(decision, StepName.ADVISE).after == decision.served


@given(workloads(override=None), observations(certain=True), states(), st.data())
def test_missing_data_never_scales_in(
    each: TunedWorkload, observed: Observed, state: PolicyState, data: st.DataObject
) -> None:
    """With any signals lost in any way, what is planned is at least what is requested, and never zero."""
    lost = data.draw(st.sets(st.sampled_from(LOSABLE), min_size=1))
    gone = {signal: data.draw(uncertain(signal)) for signal in lost}
    decision = decided(Observed(at=TICK, readings={**observed.readings, **gone}), each, state=state)
    requested = round(observed[Signal.REPLICAS_REQUESTED].value)
    needs_engines = requested > 0 and observed[Signal.REPLICAS_READY].value > 0
    if decision.outcome is Outcome.PLAN and (doubted(decision) or (needs_engines and lost & set(ENGINE_SIGNALS))):
        assert decision.planned >= min(requested, each.workload.bounds.max)
        assert decision.planned > 0 or requested == 0


@given(workloads(override=None), observations(replicas_requested=None), states(), st.none() | forecasts())
def test_unknown_replicas_and_doubt_end_in_a_hold(
    each: TunedWorkload, observed: Observed, state: PolicyState, forecast: WorkloadForecast | None
) -> None:
    """When nobody knows what is requested, a scale-in on partial or old data could not be told: no decision."""
    decision = decided(observed, each, state=state, forecast=forecast)
    needed = [observed[signal].state for signal in ENGINE_SIGNALS]
    if any(state is not State.FRESH for state in needed):
        assert decision.outcome is Outcome.HOLD


@given(observations(), states())
def test_zero_needs_fresh_zeros(observed: Observed, state: PolicyState) -> None:
    """From some replicas to none only on a fresh 0 of a signal that exists at zero replicas, everything else fresh."""
    decision = decided(observed, tuned("llama", replicas={"min": 0}), state=state)
    requested = observed[Signal.REPLICAS_REQUESTED]
    if decision.planned == 0 and not (requested.known and requested.value == 0):
        assert observed[Signal.DEMAND_AT_ZERO].is_fresh_zero
        assert state.quiet_since is not None


@given(
    workloads(override=None, mode="act"),
    observations(certain=True),
    states(),
    st.sampled_from((Signal.QUEUE_DEPTH, Signal.REQUESTS_RUNNING, Signal.GENERATION_TOKENS_RATE, Signal.ARRIVAL_RATE)),
    st.floats(0, 1e4),
)
def test_more_demand_never_means_fewer_replicas(
    each: TunedWorkload, observed: Observed, state: PolicyState, signal: Signal, more: float
) -> None:
    """At equal state, a signal of load that rises cannot lower the plan."""
    risen = replace(observed[signal], value=observed[signal].value + more)
    higher = Observed(at=TICK, readings={**observed.readings, signal: risen})
    first, second = (decided(each_seen, each, state=state) for each_seen in (observed, higher))
    assert (first.planned is None) == (second.planned is None)
    if first.planned is not None:
        assert second.planned >= first.planned


@given(workloads(override=None), observations(certain=True), states(), st.none() | forecasts())
def test_the_plan_carries_the_work_and_backlog_of_now(
    each: TunedWorkload, observed: Observed, state: PolicyState, forecast: WorkloadForecast | None
) -> None:
    """Nothing takes the plan below our own sizing but replicas.max, and starts that are stuck: what is there stays."""
    decision = decided(observed, each, state=state, forecast=forecast)
    if decision.outcome is Outcome.PLAN:
        demand = decision.demand
        load = np.nan_to_num(demand.arriving) + np.nan_to_num(demand.backlog)
        sized = size_replicas(float(load), decision.capacity.per_replica, margin=each.tuning.margin)
        starts = step_of(decision, StepName.STARTS)
        able = sized if starts.after == starts.before else min(sized, starts.after or 0)
        assert decision.planned >= min(able, each.workload.bounds.max)
        assert decision.planned >= decision.reactive


@given(observations(certain=True), states(), st.sampled_from((0.25, 0.5, 2.0, 4.0)))
def test_the_unit_of_work_does_not_matter(observed: Observed, state: PolicyState, scale: float) -> None:
    """Counting tokens in other units, in load and capacity alike, changes no decision."""
    # a scale by powers of two, so that floats stay exact and no replica hangs on rounding
    tokens = (
        Signal.PROMPT_TOKENS_RATE,
        Signal.GENERATION_TOKENS_RATE,
        Signal.PROMPT_TOKENS_PER_REQUEST,
        Signal.GENERATION_TOKENS_PER_REQUEST,
    )
    other = {signal: replace(observed[signal], value=observed[signal].value * scale) for signal in tokens}
    plans = []
    for readings, factor in ((observed.readings, 1.0), ({**observed.readings, **other}, scale)):
        capacity = {"prompt_tokens_per_second": 8000 * factor, "generation_tokens_per_second": 2000 * factor}
        decision = decided(Observed(at=TICK, readings=readings), tuned("llama", capacity=capacity), state=state)
        plans.append(decision.planned)
    assert plans[0] == plans[1]


@settings(max_examples=30)
@given(observations(certain=True, replicas_requested=2, replicas_ready=2, replicas_status=2), workloads(override=None))
def test_a_constant_load_reaches_a_fixed_point(observed: Observed, each: TunedWorkload) -> None:
    """Under a load that stays, the plan is settled once the holds are over."""
    state, plans = PolicyState(), []
    for tick in range(60):
        now = TICK + 15.0 * tick
        decision, state = folded(Observed(at=now, readings=observed.readings), each, state=state, now=now)
        plans.append(decision.planned)
    assert len(set(plans[-15:])) == 1


@given(observations(), missing())
def test_the_same_input_gives_the_same_decision(observed: Observed, gone: Reading) -> None:
    """Deciding twice changes nothing: no memory outside the state."""
    lost = Observed(at=TICK, readings={**observed.readings, Signal.QUEUE_DEPTH: gone})
    assert repr(folded(lost)) == repr(folded(lost))


# --- scenarios ------------------------------------------------------------------------------------------------------


def test_fresh_load_is_sized_with_margin() -> None:
    """40 in flight, 16 per replica, 15 % margin: 2.9, so 3 (not 4, and the window is empty)."""
    decision = decided(seen(queue_depth=8, requests_running=32, replicas=1))
    assert (decision.planned, decision.reactive, decision.outcome) == (3, 3, Outcome.PLAN)


def test_forecast_raises_the_plan() -> None:
    """A trusted peak of 100 within the lead time needs 7 replicas, though 1 would do now."""
    decision = decided(seen(queue_depth=0, requests_running=5), forecast=steady_forecast(100.0))
    assert (decision.reactive, decision.predictive, decision.planned) == (1, 7, 7)


def test_forecast_without_a_vote_changes_nothing() -> None:
    """An untrusted forecast is shown and not followed."""
    decision = decided(seen(queue_depth=0, requests_running=5), forecast=steady_forecast(100.0, trusted=False))
    assert (decision.planned, decision.predictive) == (1, None)


def test_advise_serves_the_reactive_value_and_shows_the_plan() -> None:
    """Mode advise: the forecast's 7 stay on paper, consumers get the reactive 1."""
    each = tuned("llama", mode="advise")
    decision = decided(seen(queue_depth=0, requests_running=5), each, forecast=steady_forecast(100.0))
    assert (decision.planned, decision.served, decision.reactive) == (7, 1, 1)
    assert decision.emitted is not None
    assert decision.emitted.plan == 1


def test_replicas_needed_again_soon_are_kept() -> None:
    """Three are requested and the median peak before break-even needs two: scale in to two, not to one."""
    decision = decided(seen(queue_depth=0, requests_running=5, replicas=3), forecast=steady_forecast(20.0))
    assert decision.planned == 2


def test_scale_in_waits_for_the_hold() -> None:
    """A plan of 6 holds for six minutes and not a tick longer."""
    low = seen(queue_depth=0, requests_running=5, replicas=6)
    at_6 = PolicyState(plans=((TICK, 6), (TICK + 330, 1)))
    assert decided(low, state=at_6, now=TICK + 345).planned == 6
    assert decided(low, state=at_6, now=TICK + 360).planned == 1


def test_first_sight_scales_nothing_in() -> None:
    """With nothing remembered, what is requested counts as planned just now: a full hold passes before a scale-in."""
    low = seen(queue_depth=0, requests_running=5, replicas=6)
    state, plans = PolicyState(), []
    for tick in range(26):
        decision, state = folded(low, state=state, now=TICK + 15.0 * tick)
        plans.append(decision.planned)
    assert plans == [6] * 24 + [1] * 2


def test_the_hold_starts_anew_after_blindness() -> None:
    """Ten minutes without any signal, then a low load: the first sight of it scales nothing in."""
    low = seen(queue_depth=0, requests_running=5, replicas=6)
    _, state = folded(low, state=settled(TICK), now=TICK)
    for tick in range(1, 41):
        decision, state = folded(Observed(at=TICK, readings={}), state=state, now=TICK + 15.0 * tick)
        assert decision.outcome is Outcome.HOLD
    decision, _ = folded(low, state=state, now=TICK + 615.0)
    assert decision.planned == 6


def test_advise_holds_scale_in_too() -> None:
    """The reactive value that advise serves is held like a plan, or replicas would flap with every dip."""
    each = tuned("llama", mode="advise")
    state = PolicyState(plans=((TICK - 15, 8),), reactive=((TICK - 15, 4),))
    decision = decided(seen(queue_depth=0, requests_running=5, replicas=4), each, state=state)
    assert (decision.planned, decision.served) == (8, 4)


@pytest.mark.parametrize("capacity", [{}, {"prompt_tokens_per_second": 8000, "generation_tokens_per_second": 2000}])
def test_demand_at_the_gateway_wakes_a_sleeping_workload(capacity: dict[str, float]) -> None:
    """Requests that wait at zero replicas wake it, whatever unit its demand is counted in."""
    each = tuned("llama", replicas={"min": 0}, capacity=capacity)
    decision = decided(seen(demand_at_zero=5, replicas=0), each)
    assert (decision.planned, decision.active) == (1, True)


@pytest.mark.parametrize("capacity", [{}, {"prompt_tokens_per_second": 8000, "generation_tokens_per_second": 2000}])
def test_a_sleeping_workload_stays_asleep(capacity: dict[str, float]) -> None:
    """Nothing waits and nothing is expected: zero."""
    each = tuned("llama", replicas={"min": 0}, capacity=capacity)
    decision = decided(seen(demand_at_zero=0, replicas=0), each)
    assert (decision.planned, decision.active) == (0, False)


def test_an_expected_arrival_wakes_ahead() -> None:
    """An arrival that is as likely as not within the lead time starts a replica before it."""
    each = tuned("llama", replicas={"min": 0})
    decision = decided(seen(demand_at_zero=0, replicas=0), each, forecast=steady_forecast(0.0, arrival=0.6))
    assert decision.planned == 1


def test_no_gateway_signal_at_zero_holds_and_says_so() -> None:
    """At zero replicas without a signal that exists there, nothing may be concluded."""
    decision = decided(seen(replicas=0), tuned("llama", replicas={"min": 0}))
    assert decision.outcome is Outcome.HOLD
    assert "demand_at_zero is absent" in decision.hold_reason
    assert "set replicas.min to 1" in decision.hold_reason


def test_the_first_replica_may_take_its_time() -> None:
    """While requested replicas start, absent engines are no reason to hold or to change the plan."""
    decision = decided(seen(demand_at_zero=3, replicas_requested=2, replicas_ready=0, replicas_status=2))
    assert (decision.outcome, decision.planned) == (Outcome.PLAN, 2)


def test_minimum_is_served_from_zero() -> None:
    """Someone scaled to zero a workload that must not be there: the minimum is asked for, signals or not."""
    assert decided(seen(replicas=0), tuned("llama", replicas={"min": 2})).planned == 2


def test_idle_for_long_enough_goes_to_zero() -> None:
    """Fresh zeros everywhere for hold.idle end in zero replicas; one tick less does not."""
    each = tuned("llama", replicas={"min": 0}, hold={"idle": 300, "scale_in": 0})
    idle = seen(queue_depth=0, requests_running=0, demand_at_zero=0, replicas=1)
    state, plans = PolicyState(), []
    for tick in range(21):
        decision, state = folded(idle, each, state=state, now=TICK + 15.0 * tick)
        plans.append(decision.planned)
    assert plans == [1] * 20 + [0]


@pytest.mark.parametrize("gate", [None, Reading(state=State.STALE, value=0.0), Reading(state=State.UNAVAILABLE)])
def test_idle_without_a_fresh_gateway_zero_stays(gate: Reading | None) -> None:
    """The engines may be as idle as they like: zero takes a fresh 0 of demand_at_zero."""
    each = tuned("llama", replicas={"min": 0}, hold={"idle": 0, "scale_in": 0})
    decision = decided(seen(queue_depth=0, requests_running=0, demand_at_zero=gate, replicas=1), each)
    assert decision.planned == 1


def override(**values: Any) -> dict[str, Any]:
    """Return an override that lasts for ten minutes from the tick."""
    return {"until": datetime.fromtimestamp(TICK + 600, tz=UTC), "author": "ada", **values}


def test_freeze_keeps_what_is_requested() -> None:
    """Frozen at 4, neither a load for 1 nor a forecast for 7 moves it; the next morning it ends by itself."""
    each = tuned("llama", override=override(freeze=True))
    low = seen(queue_depth=0, requests_running=5, replicas=4)
    assert decided(low, each).planned == 4
    assert decided(low, each, forecast=steady_forecast(100.0)).planned == 4
    assert decided(low, each, now=TICK + 600).planned == 1


@pytest.mark.parametrize(("limits", "planned"), [({"floor": 5}, 5), ({"ceiling": 2}, 2), ({"floor": 50}, 10)])
def test_override_limits_the_plan(limits: dict[str, int], planned: int) -> None:
    """Floor and ceiling act on a load for 3, and replicas.max still cuts."""
    each = tuned("llama", override=override(**limits))
    decision = decided(seen(queue_depth=8, requests_running=32), each)
    assert decision.planned == planned
    assert "ada set" in step_of(decision, StepName.OVERRIDE).reason


def test_event_floor_is_there_one_lead_time_ahead() -> None:
    """An event 180 s away, with a lead time of 180 s, is provided for now: awake or asleep, not before, not after."""
    start = datetime.fromtimestamp(TICK + 180, tz=UTC)
    event = {"name": "launch", "start": start, "end": start + timedelta(hours=1), "floor": 7}
    each = tuned("llama", events=(event,), hold={"scale_in": 0})
    moments = (TICK - 1, TICK, TICK + 3779, TICK + 3780)
    calm = seen(queue_depth=0, requests_running=5)
    assert [decided(calm, each, now=now).planned for now in moments] == [1, 7, 7, 1]
    asleep = tuned("llama", events=(event,), replicas={"min": 0})
    assert [decided(seen(demand_at_zero=0, replicas=0), asleep, now=now).planned for now in moments] == [0, 7, 7, 0]


def test_freeze_without_knowing_what_is_requested_holds() -> None:
    """A hold is what freezes then; any number could move something."""
    each = tuned("llama", override=override(freeze=True))
    decision = decided(seen(queue_depth=0, requests_running=5, replicas=None), each)
    assert decision.outcome is Outcome.HOLD
    assert "ada froze" in decision.hold_reason


def test_without_replica_counts_fresh_load_is_still_sized() -> None:
    """Without kube-state-metrics the plan follows the load, both ways, and says that the HPA may not move."""
    decision = decided(seen(queue_depth=8, requests_running=32, replicas=None))
    assert (decision.outcome, decision.planned) == (Outcome.PLAN, 3)
    assert "status replicas not known" in decision.steps[-1].reason


def test_a_backlog_of_unknown_cost_forbids_scale_in() -> None:
    """Requests wait and no finished one tells what they cost: what is requested stays, and the reason says why."""
    each = tuned("llama", capacity={"prompt_tokens_per_second": 8000, "generation_tokens_per_second": 2000})
    rates = {"prompt_tokens_rate": 0, "generation_tokens_rate": 100, "requests_running": 2}
    decision = decided(seen(queue_depth=50, replicas=4, **rates), each)
    assert decision.planned == 4
    assert "what 50 waiting requests cost is not known" in step_of(decision, StepName.MISSING_DATA).reason


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0])
def test_an_impossible_number_is_no_number(value: float) -> None:
    """A source that lets NaN, infinity or a negative through as fresh ends in a hold, not in a crash or a plan."""
    decision = decided(seen(queue_depth=value, requests_running=5))
    assert decision.outcome is Outcome.HOLD


def test_a_value_older_than_hold_after_is_not_believed() -> None:
    """Even if the source still shows it: 301 s old with holdAfter 300 s is a hold that names the age."""
    old = Reading(state=State.STALE, value=5.0, age_s=301.0)
    decision = decided(seen(queue_depth=0, requests_running=old))
    assert decision.hold_reason == "cannot see the load: requests_running is 301 s old"


def test_nothing_known_at_all_holds() -> None:
    """An empty observation is a hold that names what is missing, not a crash and not a zero."""
    decision = decided(Observed(at=TICK, readings={}))
    assert decision.outcome is Outcome.HOLD
    assert "queue_depth is absent" in decision.hold_reason


def test_partial_engines_scale_out_only() -> None:
    """Half the engines report: a load for 7 raises the plan, a load for 1 leaves the 3 that are requested."""
    for running, planned in ((90.0, 7), (5.0, 3)):
        part = Reading(state=State.PARTIAL, value=running, age_s=3.0, coverage=0.5)
        decision = decided(seen(queue_depth=0, requests_running=part, replicas=3))
        assert decision.planned == planned


def test_absent_is_the_default_reading() -> None:
    """A signal nobody provides reads as absent."""
    assert seen()[Signal.TTFT] == ABSENT
