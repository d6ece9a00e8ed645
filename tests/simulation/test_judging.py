"""From a record to a verdict."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from adapter.core.knobs import candidates, knobs_of
from adapter.core.signal import Signal
from adapter.core.stepper import tune
from adapter.core.tuning import TunedWorkload
from adapter.simulation.back_test import Trials
from adapter.simulation.judging import Case, judge, verdict_of
from adapter.simulation.profiles import LLAMA_70B_4XH100, RequestShape
from adapter.simulation.recorded import RECORDED, Record

pytestmark = pytest.mark.timeout(120)  # two whole days of decisions: slow where the machine is shared

PROFILE, SHAPE = LLAMA_70B_4XH100, RequestShape(prompt_tokens=1000, output_tokens=200)
RATE = PROFILE.sustainable_requests_per_s(SHAPE)
CAPACITY = {
    "prompt_tokens_per_second": PROFILE.sustainable_prompt_tokens_per_s(SHAPE),
    "generation_tokens_per_second": PROFILE.sustainable_generation_tokens_per_s(SHAPE),
}
REACTIVE = {"forecast": {"enabled": False}}


def workload(**values: Any) -> TunedWorkload:
    """Return a workload that is back-tested on two days."""
    said = {"replicas": {"min": 1, "max": 20}, "capacity": CAPACITY, "tune": {"days": 2}}
    return tune({**said, **values})


def record(load: np.ndarray, tuned: TunedWorkload) -> Record:
    """Return what a fleet shows that serves a load, in replicas, without any trouble."""
    rate = load * RATE
    values = dict.fromkeys(RECORDED, np.full(len(load), np.nan)) | {
        Signal.ARRIVAL_RATE: rate,
        Signal.QUEUE_DEPTH: np.zeros(len(load)),
        Signal.REQUESTS_RUNNING: rate
        * (SHAPE.output_tokens + 1)
        * PROFILE.base_s
        / (1 - rate / 6 * PROFILE.work_s(SHAPE)),
        Signal.PROMPT_TOKENS_RATE: rate * SHAPE.prompt_tokens,
        Signal.GENERATION_TOKENS_RATE: rate * SHAPE.output_tokens,
        Signal.PROMPT_TOKENS_PER_REQUEST: np.full(len(load), SHAPE.prompt_tokens),
        Signal.GENERATION_TOKENS_PER_REQUEST: np.full(len(load), SHAPE.output_tokens),
        Signal.REPLICAS_REQUESTED: np.full(len(load), 6.0),
        Signal.REPLICAS_READY: np.full(len(load), 6.0),
    }
    return Record(workload=tuned.workload.id, start=0.0, values=values)


def case(load: np.ndarray, tuned: TunedWorkload) -> Case:
    """Return the workload with that past."""
    return Case(tuned=tuned, record=record(load, tuned), model=PROFILE, cut=60.0 * len(load))


def test_too_short_a_past_concludes_nothing() -> None:
    """A day is not enough to tell luck from skill, and the verdict says how much there is."""
    tuned = workload()
    verdict = judge(case(np.full(1600, 3.0), tuned))
    assert verdict.chosen == verdict.standing == knobs_of(tuned.tuning)
    assert verdict.reason == "1 whole day of history can be tried, at least 2 are needed"
    assert verdict.cut == 96_000.0


def test_days_without_a_record_are_not_tried() -> None:
    """A day of which three hours are unknown counts as none, and so does one without a request."""
    tuned = workload()
    gaps = np.full(3 * 1440, 3.0)
    gaps[-200:] = np.nan
    assert "1 whole day of" in judge(case(gaps, tuned)).reason
    gaps[:] = 0.0
    assert "0 whole days" in judge(case(gaps, tuned)).reason


def test_an_engine_that_nobody_knows_concludes_nothing() -> None:
    """Without capacities, and with a load that never changes, the speed of the engines is anybody's guess."""
    verdict = judge(case(np.full(3 * 1440, 3.0), workload(capacity={})))
    assert not verdict.changes
    assert "the speed of the engines is not known" in verdict.reason


def test_a_whole_past_is_judged() -> None:
    """A load with bursts: a longer hold or a higher margin is found, within what is written; twice the same."""
    rng = np.random.default_rng(1)
    load = 3 + 1.5 * np.sin(np.arange(3 * 1440) / 229) + np.repeat(rng.gamma(0.5, 1.0, 3 * 144), 10)
    given = case(np.minimum(load, 5.5), workload(**REACTIVE, hold={"idle": 300}))
    verdict = judge(given)
    assert (verdict.days, verdict.engine) == (2, f"learnt, else {PROFILE.name}")
    assert verdict.changes
    assert verdict.chosen in candidates(given.tuned.tuning)
    assert not verdict.chosen.forecast
    assert verdict.after is not None
    assert verdict.before is not None
    assert verdict.after.attained > verdict.before.attained
    assert verdict.after.cost < 0.95 * verdict.before.cost


def trials(tuned: TunedWorkload, *, hours: dict[int, float], missed: dict[int, float] | None = None) -> Trials:
    """Return trials in which every choice costs 100 a day and misses nothing, but for some."""
    tried = (*candidates(tuned.tuning),)
    cost, lost = np.full((len(tried), 3), 100.0), np.zeros((len(tried), 3))
    for index, each in hours.items():
        cost[index] = each
    for index, share in (missed or {}).items():
        lost[index] = share * 1000
    return Trials(
        choices=tried, replica_hours=cost, missed=lost, requests=np.full(3, 1000.0), work_hours=np.full(3, 60.0)
    )


def test_the_cheapest_that_keeps_what_was_agreed_is_chosen() -> None:
    """Half the replicas are no bargain where a tenth of the requests are missed."""
    tuned = workload()
    verdict = verdict_of(trials(tuned, hours={3: 50.0, 5: 80.0}, missed={3: 0.1}), tuned, cut=0.0, engine="learnt")
    assert verdict.chosen == candidates(tuned.tuning)[5]
    assert verdict.cheaper_than_before == pytest.approx(0.2)


def test_what_only_serves_as_a_comparison_is_never_chosen() -> None:
    """The document says that there is to be a forecast; reactive sizing is shown beside it, however cheap."""
    tuned = workload(forecast={"enabled": True})
    made = trials(tuned, hours={})
    extra = replace(made.choices[0], forecast=False)
    made = replace(
        made,
        choices=(*made.choices, extra),
        replica_hours=np.vstack([made.replica_hours, np.full((1, 3), 10.0)]),
        missed=np.vstack([made.missed, np.zeros((1, 3))]),
    )
    verdict = verdict_of(made, tuned, cut=0.0, engine="learnt")
    assert not verdict.changes
    assert verdict.reactive is not None
    assert verdict.reactive.replica_hours == 30.0
