"""From what a Prometheus remembers of a workload to a verdict on its settings.

The engine is fitted to the record, the load rebuilt, and every choice tried on it. Where the record does not bear that
out, nothing is concluded, and what is in force stays: with too few whole days, with an engine whose speed nobody knows,
or with nothing to serve.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from adapter.core.capacity import KNEE, capacity_of, is_learnt
from adapter.core.decision import DemandUnit
from adapter.core.demand import demand_unit, nominal_rates
from adapter.core.fold import demand_of
from adapter.core.knobs import Knobs, candidates, knobs_of
from adapter.core.lead_time import learn_lead_time
from adapter.core.tuning import TunedWorkload, WorkloadTuning
from adapter.core.verdict import FEWEST_DAYS, Verdict, Worth, best, costs_of, undecided
from adapter.simulation.arrays import Floats
from adapter.simulation.back_test import Setting, Trials, back_test
from adapter.simulation.engine_fit import FittedEngine, fit_engine
from adapter.simulation.past_load import DAY_MIN, PastLoad, days_within
from adapter.simulation.profiles import EngineProfile, RequestShape
from adapter.simulation.recorded import Record, objective_of, rebuild_load, shape_of

MOST_UNKNOWN: Final = 0.1
"""Share of the minutes of a day that may be unknown; a day with more is not tried."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """One workload to be judged; it can be pickled, to be judged in another process."""

    tuned: TunedWorkload
    """As the tuning document says."""
    record: Record
    """Begins on a multiple of ten minutes."""
    model: EngineProfile
    """What an engine is, as far as the record does not say."""
    cut: float
    """End of the record, seconds since epoch."""


def hopeless(case: Case) -> Verdict | None:
    """Return the verdict that nothing can be concluded, where that can be told without trying anything."""
    standing = knobs_of(case.tuned.tuning)
    days = _days(case)
    if len(days) < FEWEST_DAYS:
        counted = f"{len(days)} whole day{'' if len(days) == 1 else 's'}"
        reason = f"{counted} of history can be tried, at least {FEWEST_DAYS} are needed"
        return undecided(standing, cut=case.cut, reason=reason)
    engine = _engine(case)
    if engine.source == "model":
        reason = f"the speed of the engines is not known ({engine.why}); configuring token capacities would tell it"
        return undecided(standing, cut=case.cut, reason=reason)
    return None


def judge(case: Case) -> Verdict:
    """Return the verdict on a workload."""
    if (verdict := hopeless(case)) is not None:
        return verdict
    past, engine = _past(case), _engine(case)
    tried = _with_reactive(candidates(case.tuned.tuning))
    minutes = past.minutes_of(_days(case))
    trials = back_test(past, case.tuned, tried, setting=_setting(case, engine), minutes=minutes)
    return verdict_of(trials, case.tuned, cut=case.cut, engine=engine.profile.name)


def verdict_of(trials: Trials, tuned: TunedWorkload, *, cut: float, engine: str) -> Verdict:
    """Return the verdict that trials come to; the first choice is the one in force.

    Choices that are there only to compare with are not chosen.
    """
    tune, agreed = tuned.tuning.tune, tuned.tuning.slo.attainment
    shares = trials.missed / np.maximum(trials.requests, 1.0)
    costs = costs_of(trials.replica_hours, shares, work_hours=trials.work_hours, agreed=agreed, price=tune.price)
    allowed = len(candidates(tuned.tuning))
    chosen, reason = best(costs[:allowed], standing=0, least_gain=tune.least_gain)
    plain = [index for index, each in enumerate(trials.choices) if not each.forecast]
    reactive = min(plain, key=lambda index: float(costs[index].sum()))
    before, after, other = (_worth(trials, costs, index) for index in (0, chosen, reactive))
    return Verdict(
        cut=cut,
        days=trials.replica_hours.shape[1],
        standing=trials.choices[0],
        chosen=trials.choices[chosen],
        reason=reason,
        engine=engine,
        before=before,
        after=after,
        reactive=other,
    )


def _worth(trials: Trials, costs: Floats, index: int) -> Worth:
    return Worth(
        replica_hours=float(trials.replica_hours[index].sum()),
        attained=1 - float(trials.missed[index].sum() / max(trials.requests.sum(), 1.0)),
        cost=float(costs[index].sum()),
    )


def _with_reactive(tried: tuple[Knobs, ...]) -> tuple[Knobs, ...]:
    """Return choices, and the same without a forecast behind them where none of them is without."""
    if not all(each.forecast for each in tried):
        return tried
    return (*tried, *dict.fromkeys(replace(each, forecast=False, quantile=tried[0].quantile) for each in tried))


def _past(case: Case) -> PastLoad:
    """Return what arrived."""
    record = case.record
    load = rebuild_load(record)
    values = {signal: each[None, :] for signal, each in record.values.items()}
    return PastLoad(
        requests=load.counts.astype(np.float64),
        prompt_tokens=np.maximum(load.prompt_tokens * (1 - record.cached_share), 1.0),
        output_tokens=load.output_tokens,
        demand=demand_of(values, (case.tuned,))[0],
    )


def _days(case: Case) -> tuple[int, ...]:
    """Return the days that can be tried, counted back from the end: those that are known and not empty."""
    load, days = rebuild_load(case.record), list[int]()
    for day in range(days_within(len(load.counts), most=case.tuned.tuning.tune.days), 0, -1):
        minutes = slice(len(load.counts) - day * DAY_MIN, len(load.counts) - (day - 1) * DAY_MIN)
        if load.known[minutes].mean() >= 1 - MOST_UNKNOWN and load.counts[minutes].any():
            days.append(day)
    return tuple(days)


def _engine(case: Case) -> FittedEngine:
    capacity, load = case.tuned.tuning.capacity, rebuild_load(case.record)
    rates = capacity.prompt_tokens_per_second, capacity.generation_tokens_per_second
    configured = None if rates[0] is None or rates[1] is None else (rates[0], rates[1])
    return fit_engine(case.record, case.model, shape_of(load, case.record), capacity=configured)


def _setting(case: Case, engine: FittedEngine) -> Setting:
    tuning, record = case.tuned.tuning, case.record
    lead = learn_lead_time(record.start_s, prior_s=tuning.lead_time)
    shape = shape_of(rebuild_load(record), record)
    return Setting(
        profile=engine.profile,
        cold_start_s=lead.median_s,
        lead_s=lead.seconds,
        unit=demand_unit(tuning),
        capacity=_capacity(tuning, engine.profile, shape),
        objective=objective_of(case.tuned),
    )


def _capacity(tuning: WorkloadTuning, profile: EngineProfile, shape: RequestShape) -> float:
    """Return what decisions reckon with: what is said, or about what the fitted engine would have taught them."""
    if not is_learnt(tuning):
        return capacity_of(tuning).per_replica
    if demand_unit(tuning) is DemandUnit.CONCURRENCY:
        return profile.in_flight_at(KNEE, shape)
    prompt, generation = nominal_rates(tuning)
    work = shape.prompt_tokens / prompt + shape.output_tokens / generation
    return work * profile.sustainable_requests_per_s(shape)
