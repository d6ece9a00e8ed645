"""The rules of lanes are those of the stepper, tick by tick."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from adapter.core.decision import DemandUnit
from adapter.core.knobs import Knobs, knobs_of, with_knobs
from adapter.core.shaping import shape
from adapter.core.stepper import prime, step, tune
from adapter.core.tuning import TunedWorkload
from adapter.simulation.lane_rules import LaneRules, LaneState, LaneView, rules_of

TICKS = 240
PROMPT, RATE = 500.0, 10_000.0
REST = {"capacity": {"prompt_tokens_per_second": RATE, "generation_tokens_per_second": 1000.0, "max_concurrency": 64}}


def workload(**values: Any) -> TunedWorkload:
    """Return a workload without forecasts, whose work is prompts alone."""
    return tune({"replicas": {"min": 1, "max": 30}, "forecast": {"enabled": False}, **REST, **values})


def cell(value: float) -> np.ndarray:
    """Return one lane."""
    return np.array([[float(value)]])


def view(work: float, *, peak: float = 0.0, beyond: float = 0.0, soon: float = 0.0, later: float = 0.0) -> LaneView:
    """Return what one lane sees."""
    return LaneView(
        arriving=np.array([work]),
        cost=np.array([PROMPT / RATE]),
        peak=cell(peak),
        beyond=cell(beyond),
        soon=cell(soon),
        later=cell(later),
    )


def state(requested: float, *, ready: float | None = None, waiting: float = 0.0, running: float = 0.0) -> LaneState:
    """Return what one lane shows."""
    serving = requested if ready is None else ready
    return LaneState(
        requested=cell(requested),
        ready=cell(serving),
        waiting=cell(waiting),
        decoding=cell(running),
        kv_usage=cell(0.5 + 0.5 * (running > 900)),
    )


def lane(tuned: TunedWorkload, knobs: Knobs | None = None) -> LaneRules:
    """Return the rules of one lane."""
    return rules_of(tuned, [knobs or knobs_of(tuned.tuning)], days=1, unit=DemandUnit.WORK, capacity=1.0)


def signals(work: float, requested: int, *, waiting: int, running: int) -> dict[str, float]:
    """Return the same as a step is told it."""
    return {
        "queue_depth": waiting,
        "requests_running": running,
        "arrival_rate": work * RATE / PROMPT,
        "prompt_tokens_rate": work * RATE,
        "generation_tokens_rate": 0.0,
        "prompt_tokens_per_request": PROMPT,
        "generation_tokens_per_request": 0.0,
        "kv_cache_usage": 0.5 + 0.5 * (running > 900),
        "replicas_requested": requested,
        "replicas_status": requested,
        "replicas_ready": requested,
        "demand_at_zero": 0.0,
    }


@pytest.mark.parametrize(
    ("seed", "knobs"),
    [(2, {}), (1, {"margin": 1.5, "hold": {"scale_in": 60}}), (3, {"hold": {"scale_in": 540, "flapping": 1}})],
)
def test_lanes_decide_as_the_stepper_does(seed: int, knobs: dict[str, Any]) -> None:
    """Random work with jumps, queues and full engines, for two hours: the HPA lands on the same count each time."""
    rng = np.random.default_rng(seed)
    tuned = workload(**knobs)
    rules, stepped = lane(tuned), prime(tuned)
    work = np.exp(np.repeat(rng.normal(1.2, 0.8, TICKS // 12), 12) + rng.normal(0, 0.1, TICKS))
    requested, differing = 3, []
    for tick in range(TICKS):
        waiting, running = int(rng.integers(0, 40) * (rng.random() < 0.2)), int(rng.integers(1, 1000))
        decision, stepped = step(stepped, signals(work[tick], requested, waiting=waiting, running=running), 15.0 * tick)
        wanted = rules.wanted(state(requested, waiting=waiting, running=running), view(work[tick])).item()
        assert decision.emitted is not None
        landed = decision.emitted.lands_on
        assert landed is not None
        if tick > 72 and wanted != landed:  # before, the stepper remembers what was there when it began
            differing.append((tick, wanted, landed))
        rules.note(cell(requested), cell(landed))
        requested = landed
    assert differing == []


def test_a_lane_sleeps_and_wakes_as_the_stepper_does() -> None:
    """Five minutes without anything in flight end in zero; what waits at zero wakes."""
    tuned = workload(replicas={"min": 0, "max": 4})
    rules, stepped = lane(tuned), prime(tuned)
    for tick in range(40):
        now = {**signals(0.0, 1, waiting=0, running=0)}
        decision, stepped = step(stepped, now, 15.0 * tick)
        wanted = rules.wanted(state(1), view(0.0)).item()
        assert tick <= 12 or wanted == decision.served
    assert wanted == 0
    asleep = {"replicas_requested": 0, "replicas_status": 0, "replicas_ready": 0, "demand_at_zero": 40.0}
    decision, _ = step(stepped, asleep, 900.0)  # what requests cost is forgotten by then
    assert rules.wanted(state(0, waiting=40.0), view(0.0)).item() == decision.served == 3


def test_an_expected_arrival_keeps_the_last_replica_and_wakes_ahead() -> None:
    """More likely than not, within break-even or within the lead time."""
    tuned = workload(replicas={"min": 0, "max": 4})
    rules = lane(tuned, replace(knobs_of(tuned.tuning), idle_s=0.0, scale_in_s=15.0))
    rules.wanted(state(1), view(0.0, later=0.6))
    assert rules.wanted(state(1), view(0.0, later=0.6)).item() == 1
    assert rules.wanted(state(1), view(0.0, later=0.4)).item() == 0
    assert rules.wanted(state(0), view(0.0, soon=0.6)).item() == 1
    assert rules.wanted(state(0), view(0.0, soon=0.4)).item() == 0


def test_a_forecast_raises_the_plan_and_keeps_what_is_needed_again() -> None:
    """A peak of 4 is four replicas without a margin; a median of 6 beyond keeps six of those requested."""
    rules = lane(workload())
    assert rules.wanted(state(2), view(1.0, peak=4.0)).item() == 4
    assert lane(workload()).wanted(state(9), view(1.0, beyond=6.0)).item() == 6


def test_an_hpa_lands_where_the_exact_arithmetic_says() -> None:
    """For every plan from every size up to 40."""
    rules = lane(workload(replicas={"min": 0, "max": 40}))
    for now in range(1, 41):
        for plan in range(41):
            exact = shape(plan, status_replicas=now, max_replicas=40).lands_on
            assert rules._landed(cell(plan), state(now)).item() == exact, (plan, now)


def test_starting_replicas_are_kept_until_one_shows_its_load() -> None:
    """Requested and none ready: engines show nothing, which is no reason to ask for fewer."""
    assert lane(workload()).wanted(state(5, ready=0), view(0.0)).item() == 5


def test_a_choice_in_the_rules_is_the_choice_in_the_tuning() -> None:
    """Rules read holds and margin of the choice, and the rest of the tuning."""
    tuned = workload()
    knobs = replace(knobs_of(tuned.tuning), margin=2.0)
    said = replace(tuned, tuning=with_knobs(tuned.tuning, knobs))
    assert lane(tuned, knobs).wanted(state(9), view(3.0)).item() == lane(said).wanted(state(9), view(3.0)).item() == 6
