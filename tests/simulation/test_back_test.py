"""Many choices on the same past, side by side."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from adapter.core.decision import DemandUnit
from adapter.core.knobs import Knobs, knobs_of
from adapter.core.stepper import tune
from adapter.simulation.back_test import Setting, Trials, back_test
from adapter.simulation.past_load import WARM_UP_MIN, PastLoad
from adapter.simulation.profiles import LLAMA_70B_4XH100, RequestShape
from adapter.simulation.score import DEFAULT_OBJECTIVE

pytestmark = pytest.mark.timeout(60)

PROFILE, SHAPE = LLAMA_70B_4XH100, RequestShape(prompt_tokens=1000, output_tokens=200)
RATE = PROFILE.sustainable_requests_per_s(SHAPE)
PROMPTS, TOKENS = (
    PROFILE.sustainable_prompt_tokens_per_s(SHAPE),
    PROFILE.sustainable_generation_tokens_per_s(SHAPE),
)
COST = SHAPE.prompt_tokens / PROMPTS + SHAPE.output_tokens / TOKENS
CAPACITY = {"prompt_tokens_per_second": PROMPTS, "generation_tokens_per_second": TOKENS}
TUNED = tune({"replicas": {"min": 1, "max": 20}, "capacity": CAPACITY})
USUAL = knobs_of(TUNED.tuning)
REACTIVE = replace(USUAL, forecast=False)
SETTING = Setting(
    profile=PROFILE,
    cold_start_s=180.0,
    lead_s=180.0,
    unit=DemandUnit.WORK,
    capacity=1.0,
    objective=DEFAULT_OBJECTIVE,
)
STRETCH = np.arange(480, 480 + WARM_UP_MIN + 60)[None, :]
"""An hour that is scored, after one that is not, with eight hours before it to forecast from."""


def past(load: np.ndarray, *, seed: int = 2) -> PastLoad:
    """Return a past with a load in replicas."""
    requests = np.random.default_rng(seed).poisson(load * RATE * 60).astype(float)
    return PastLoad(
        requests=requests,
        prompt_tokens=np.full(len(load), SHAPE.prompt_tokens),
        output_tokens=np.full(len(load), SHAPE.output_tokens),
        demand=requests / 60 * COST,
    )


def waves(minutes: int = 600) -> np.ndarray:
    """Return a load that rises and falls within the hour."""
    return 4 + 2.5 * np.sin(np.arange(minutes) / 10)


def trials(choices: Sequence[Knobs], load: np.ndarray | None = None, *, minutes: np.ndarray = STRETCH) -> Trials:
    """Return what some choices come to."""
    arrived = past(waves() if load is None else load)
    return back_test(arrived, TUNED, choices, setting=SETTING, minutes=minutes)


def test_the_same_past_gives_the_same_bits_in_any_order_and_company() -> None:
    """A choice does not depend on what else is tried, nor on its place."""
    choices = [USUAL, replace(USUAL, margin=1.5), replace(REACTIVE, scale_in_s=540.0), replace(USUAL, scale_in_s=60.0)]
    together, turned, alone = trials(choices), trials(choices[::-1]), trials(choices[1:2])
    assert np.array_equal(together.replica_hours, turned.replica_hours[::-1])
    assert np.array_equal(together.missed, turned.missed[::-1])
    assert np.array_equal(together.missed[1], alone.missed[0])
    assert np.array_equal(together.replica_hours[1], alone.replica_hours[0])


def test_more_margin_costs_more_and_misses_less() -> None:
    """In both currencies, on a load that moves."""
    made = trials([replace(REACTIVE, margin=each) for each in (1.05, 1.5, 2.0)])
    assert np.all(np.diff(made.replica_hours[:, 0]) > 0)
    assert np.all(np.diff(made.missed[:, 0]) < 0)


def test_a_steady_load_takes_what_arithmetic_says() -> None:
    """Four replicas' worth times 1.15 is five, all hour long, and the work is four replica-hours."""
    made = trials([REACTIVE], np.full(600, 4.0))
    assert made.replica_hours.item() == pytest.approx(5.0, rel=0.03)
    assert made.work_hours.item() == pytest.approx(4.0, rel=0.02)
    assert made.missed.item() / made.requests.item() < 0.02


def test_a_forecast_that_sees_it_coming_misses_less() -> None:
    """A load that jumps on every hour is learnt from eight of them."""
    load = np.where(np.arange(600) % 60 < 20, 9.0, 2.0)
    plain, mix = trials([replace(REACTIVE, scale_in_s=60.0), replace(USUAL, scale_in_s=60.0)], load).missed[:, 0]
    assert mix < plain


def test_bounds_are_kept() -> None:
    """A choice asks for no more than the maximum, whatever the load."""
    tuned = tune({"replicas": {"min": 2, "max": 3}, "capacity": CAPACITY})
    choices = [replace(REACTIVE, margin=2.0), replace(REACTIVE, margin=1.05)]
    hours = back_test(past(waves()), tuned, choices, setting=SETTING, minutes=STRETCH).replica_hours
    assert np.all((hours >= 2.0 - 1e-9) & (hours <= 3.0 + 2 * 120 / 3600))


def test_a_workload_that_may_sleep_is_billed_for_its_sessions() -> None:
    """Ten minutes of work an hour: with a short hold it sleeps most of it, with a long one hardly."""
    tuned = tune({"replicas": {"min": 0, "max": 4}, "capacity": CAPACITY})
    load = np.where(np.arange(600) % 60 < 10, 0.7, 0.0)
    short = replace(REACTIVE, scale_in_s=60.0, idle_s=60.0)
    choices = [short, replace(REACTIVE, scale_in_s=540.0, idle_s=1800.0)]
    hours = back_test(past(load), tuned, choices, setting=SETTING, minutes=STRETCH).replica_hours[:, 0]
    assert 10 / 60 < hours[0] < 0.7 < hours[1]


def test_requests_in_flight_are_sized_by_what_the_lanes_show() -> None:
    """Without token capacities demand is counted in requests in flight, which depends on the fleet."""
    target = PROFILE.in_flight_at(0.7, SHAPE)
    tuned = tune({"replicas": {"min": 1, "max": 20}, "targets": {"concurrency": target}})
    setting = replace(SETTING, unit=DemandUnit.CONCURRENCY, capacity=target)
    stay_s = PROFILE.in_flight_at(0.6, SHAPE) / (0.6 * RATE)
    steady = past(np.full(600, 4.0))
    steady = replace(steady, demand=steady.requests / 60 * stay_s)
    made = back_test(steady, tuned, [replace(REACTIVE, margin=1.0, scale_in_s=180.0)], setting=setting, minutes=STRETCH)
    assert made.replica_hours.item() == pytest.approx(4 / 0.65, rel=0.15)
