"""Twin of adapter/simulation/past_period.py."""

from dataclasses import replace

import numpy as np
import pytest

from adapter.core.signal import Signal
from adapter.simulation.engine_fit import FittedEngine
from adapter.simulation.past_period import (
    bucket_quantile,
    cold_start_of,
    period_scenario,
    recorded_plan,
    reenact,
    shape_of,
)
from adapter.simulation.profiles import EngineProfile
from adapter.simulation.recorded import Record, rebuild_load
from adapter.simulation.scenario import Scenario
from tests.fakes import tuned
from tests.simulation.records import CHAT, blank, play_and_record
from tests.simulation.workloads import TOY, fleet, random_requests

CONFIG = tuned("chat", namespace="llm", replicas={"min": 1, "max": 6}, lead_time=200.0, slo={"ttft": 1.5})


def grow(minute: int) -> int:
    """Return the sizes of the record: two, then three, then two."""
    return 3 if 10 <= minute < 30 else 2


@pytest.fixture(scope="module")
def recorded() -> Record:
    """Forty minutes of a toy fleet."""
    served = fleet(random_requests(5, rate=25.0, seconds=2400), replicas=2, cold_start_s=45.0)
    return play_and_record(served, minutes=40, size=grow)[0]


def scenario_of(record: Record, profile: EngineProfile) -> Scenario:
    """Return the scenario of a record on an engine."""
    engine = FittedEngine(profile=profile, source="model")
    made = period_scenario(record, rebuild_load(record), engine, tuned=CONFIG, cold_start_s=45.0, seed=1)
    assert made is not None
    return made


def test_the_scenario_has_the_bounds_and_objective_of_the_tuning(recorded: Record) -> None:
    """And begins at the size that was there."""
    made = scenario_of(recorded, TOY)
    assert (made.min_replicas, made.max_replicas, made.may_sleep, made.initial) == (1, 6, False, 2)
    assert (made.terms.objective.ttft_s, made.terms.attainment, made.end_s) == (1.5, 0.98, 2400.0)
    assert len(made.requests) == pytest.approx(25 * 2400, rel=0.03)


def test_recorded_sizes_played_again_agree_with_the_record(recorded: Record) -> None:
    """On the true engine: replica-hours within 2 %, requests in flight within 5 %, hardly any correction."""
    plan = recorded_plan(recorded)
    assert plan is not None
    again = reenact(scenario_of(recorded, TOY), recorded, plan)
    hours, in_flight = again.measures[:2]
    assert abs(hours.error) < 0.02
    assert abs(in_flight.error) < 0.05
    assert again.slowed == pytest.approx(1.0, abs=0.05)


def test_an_engine_of_the_wrong_speed_is_set_right(recorded: Record) -> None:
    """Half as fast at everything: what is in flight says so."""
    slow = replace(TOY, base_s=0.02, per_prefill_token_s=1.5e-4)
    plan = recorded_plan(recorded)
    assert plan is not None
    again = reenact(scenario_of(recorded, slow), recorded, plan)
    assert 0.4 < again.slowed < 0.9
    assert abs(again.measures[1].error) < 0.05
    assert again.scenario.profile.base_s == pytest.approx(0.02 * again.slowed)


def test_starts_take_as_long_as_those_seen_did() -> None:
    """Else as long as is configured."""
    rows = blank(3)
    assert cold_start_of(Record(workload=CHAT, start=0.0, values=rows), CONFIG) == 200.0
    rows[Signal.START_SECONDS] = np.array([90.0, np.nan, 110.0])
    assert cold_start_of(Record(workload=CHAT, start=0.0, values=rows), CONFIG) == 100.0


def test_cached_prompt_tokens_are_no_work() -> None:
    """A quarter found in the cache leaves three quarters to compute."""
    rows = blank(2) | {
        Signal.ARRIVAL_RATE: np.array([1.0, 1.0]),
        Signal.PROMPT_TOKENS_PER_REQUEST: np.array([400.0, 400.0]),
        Signal.PROMPT_TOKENS_RATE: np.array([400.0, 400.0]),
        Signal.PREFIX_CACHE_HIT_RATIO: np.array([0.25, 0.25]),
    }
    record = Record(workload=CHAT, start=0.0, values=rows)
    assert shape_of(rebuild_load(record), record).prompt_tokens == pytest.approx(300.0)


def test_nothing_recorded_is_nothing_to_play() -> None:
    """No sizes, no arrivals."""
    record = Record(workload=CHAT, start=0.0, values=blank(30))
    engine = FittedEngine(profile=TOY, source="model")
    assert recorded_plan(record) is None
    assert period_scenario(record, rebuild_load(record), engine, tuned=CONFIG, cold_start_s=1.0, seed=0) is None


def test_a_quantile_of_buckets_is_prometheus_own() -> None:
    """Nine of ten below 1 s, one between 2 and 4: the 95th is half-way through it; above all bounds it is the last."""
    values = np.array([0.5] * 9 + [3.0])
    assert bucket_quantile(values, np.array([1.0, 2.0, 4.0]), quantile=0.95) == pytest.approx(3.0)
    assert bucket_quantile(np.array([9.0]), np.array([1.0, 4.0]), quantile=0.95) == 4.0
