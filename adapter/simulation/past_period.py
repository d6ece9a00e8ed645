"""A recorded period as a scenario, and how well its simulation agrees with the record.

The recorded sizes are played again over the rebuilt load, on the fitted engine: what then differs from the record is
the error of the study, which is shown beside every answer. Everything else is played on the same scenario.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from adapter.core.signal import Signal
from adapter.core.tuning import TunedWorkload
from adapter.simulation import clairvoyant
from adapter.simulation.arrays import FAILED, Floats, Records
from adapter.simulation.buckets import PHASE_BOUNDS_S, TTFT_BOUNDS_S
from adapter.simulation.closed_loop import Moment, Run, close_loop
from adapter.simulation.daily import with_days
from adapter.simulation.engine_fit import FittedEngine
from adapter.simulation.load_files import Load
from adapter.simulation.profiles import EngineProfile
from adapter.simulation.recorded import MINUTE_S, Record, filled, objective_of, shape_of
from adapter.simulation.scenario import Scenario, Terms, initial_replicas, place_requests
from adapter.simulation.score import Objective

RECORDED_SIZES: Final = "recorded"
"""Name of the policy that asks for what was asked for."""
_IN_FLIGHT: Final = 1  # which of the measures the engine is set by
_ROUNDS, _CLOSE, _FURTHEST = 5, 0.01, 8.0
_STEP = 0.4  # requests in flight change by a power of 1 to 4 of the engine's speed, which this brings to rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure of the record, and the same of its simulation; NaN where it is not known."""

    name: str
    unit: str
    recorded: float
    simulated: float

    @property
    def error(self) -> float:
        """Return how far the simulation is off, relative to the record; NaN where that means nothing."""
        return self.simulated / self.recorded - 1 if self.recorded > 0 else math.nan


def cold_start_of(record: Record, tuned: TunedWorkload, *, learnt_s: float | None = None) -> float:
    """Return how long a start takes: the median of those seen, else as learnt before, else as configured; seconds."""
    if len(record.start_s):
        return float(np.median(record.start_s))
    return tuned.tuning.lead_time if learnt_s is None else learnt_s


def period_scenario(
    record: Record, load: Load, engine: FittedEngine, *, tuned: TunedWorkload, cold_start_s: float, seed: int
) -> Scenario | None:
    """Return the recorded period as a scenario; None when nothing arrived in it.

    Args:
        record: what was seen.
        load: result of `rebuild_load`.
        engine: what serves it.
        tuned: gives bounds and objective.
        cold_start_s: seconds from the creation of a replica to ready.
        seed: of the times of requests within a minute, and of their lengths.
    """
    if not load.counts.any():
        return None
    terms = Terms(
        profile=engine.profile,
        cold_start_s=cold_start_s,
        scored_s=load.duration_s,
        rescale=False,
        seed=seed,
        objective=objective_of(tuned),
        attainment=tuned.tuning.slo.attainment,
    )
    steps = int(np.searchsorted(np.cumsum(load.counts), terms.most_requests, side="right"))
    rng = np.random.default_rng([seed, *load.name.encode()])
    requests = place_requests(load, load.counts, (0, steps), rng=rng)
    shape, bounds = shape_of(load, record), tuned.workload.bounds
    first = filled(record[Signal.REPLICAS_REQUESTED])[0]
    known = np.isfinite(record[Signal.REPLICAS_REQUESTED]).any()
    return Scenario(
        name=load.name,
        terms=terms,
        requests=requests,
        end_s=steps * load.step_s,
        shape=shape,
        past_rate=np.zeros(0),
        may_sleep=bounds.min == 0,
        initial=round(first) if known else initial_replicas(requests, terms.profile, shape, may_sleep=bounds.min == 0),
        max_replicas=bounds.max,
        awake_replicas=max(bounds.min, 1),
        cached_share=min(record.cached_share, 0.99),
    )


def recorded_plan(record: Record) -> clairvoyant.Plan | None:
    """Return the sizes that were asked for, to be played again; None where they are not known."""
    requested = record[Signal.REPLICAS_REQUESTED]
    if np.isnan(requested).all():
        return None
    sizes = np.rint(np.repeat(filled(requested), round(MINUTE_S / clairvoyant.STEP_S))).astype(np.int64)
    return clairvoyant.Plan(sizes=sizes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reenactment:
    """The recorded sizes, played again."""

    scenario: Scenario
    """With the engine slowed down or sped up until as many requests are in flight as were seen."""
    run: Run
    measures: tuple[Measure, ...]
    slowed: float
    """By how much all times of the engine were multiplied for that."""


def reenact(scenario: Scenario, record: Record, plan: clairvoyant.Plan) -> Reenactment:
    """Return the recorded period played again, its engine set so that the requests in flight agree.

    How long requests stay is the one thing that a record shows for certain (Little's law), so the last word on the
    engine's speed is this: a fit reads gauges once a minute, and a named model knows nothing of the real one.
    """
    best = made = _played(scenario, record, plan, slowed=1.0)
    for _ in range(_ROUNDS):
        seen = made.measures[_IN_FLIGHT]
        if math.isnan(seen.error) or abs(seen.error) < _CLOSE or not seen.simulated > 0:
            break
        slowed = float(np.clip(made.slowed * (1 + seen.error) ** -_STEP, 1 / _FURTHEST, _FURTHEST))
        slower = replace(scenario, terms=replace(scenario.terms, profile=_slower(scenario.profile, slowed)))
        made = _played(slower, record, plan, slowed=slowed)
        best = min(best, made, key=lambda each: abs(each.measures[_IN_FLIGHT].error))
    return best


def _played(scenario: Scenario, record: Record, plan: clairvoyant.Plan, *, slowed: float) -> Reenactment:
    fleet = scenario.fleet()
    policy = clairvoyant.Scheduled(plan, max_replicas=int(plan.sizes.max(initial=1)))
    run = close_loop(fleet, policy, end_s=scenario.end_s, objective=scenario.terms.objective)
    measures = agreement(record, fleet.requests, run.moments, objective=scenario.terms.objective)
    run = with_days(run, fleet, objective=scenario.terms.objective)
    return Reenactment(scenario=scenario, run=run, measures=measures, slowed=slowed)


def _slower(profile: EngineProfile, factor: float) -> EngineProfile:
    """Return an engine that takes `factor` times as long for everything."""
    return replace(
        profile,
        base_s=min(profile.base_s * factor, profile.itl_limit_s * 0.9),
        per_sequence_s=profile.per_sequence_s * factor,
        per_kv_token_s=profile.per_kv_token_s * factor,
        per_prefill_token_s=profile.per_prefill_token_s * factor,
    )


def agreement(
    record: Record, requests: Records, moments: Sequence[Moment], *, objective: Objective
) -> tuple[Measure, ...]:
    """Return how the record and the simulation of the recorded sizes compare, over minutes that are known.

    Args:
        record: what was seen.
        requests: of the simulation, at its end.
        moments: of the simulation.
        objective: gives the limit of the time to first token.
    """
    minutes = min(record.minutes, int(moments[-1].at_s // MINUTE_S)) if moments else 0
    ready, in_flight = _by_minute(moments, minutes)
    seen_ready = record[Signal.REPLICAS_READY][:minutes]
    seen_in_flight = (record[Signal.REQUESTS_RUNNING] + record[Signal.QUEUE_DEPTH])[:minutes]
    ttft = _late(requests, "first_token_s", bounds=TTFT_BOUNDS_S, minutes=minutes)
    seen_ttft = record[Signal.TTFT][:minutes]
    e2e = _late(requests, "finish_s", bounds=PHASE_BOUNDS_S, minutes=minutes)
    return (
        _measure("ready replica-hours", "h", (seen_ready, ready), by=np.sum, per=MINUTE_S / 3600),
        _measure("requests in flight", "requests", (seen_in_flight, in_flight)),
        _measure("time to first token, P95 of a minute", "s", (seen_ttft, ttft), by=np.median),
        _measure("whole answer, P95 of a minute", "s", (record[Signal.E2E_LATENCY][:minutes], e2e), by=np.median),
        _measure(
            f"minutes with a P95 of at most {objective.ttft_s:g} s to first token",
            "share",
            (_within(seen_ttft, objective.ttft_s), _within(ttft, objective.ttft_s)),
        ),
    )


def _by_minute(moments: Sequence[Moment], minutes: int) -> tuple[Floats, Floats]:
    """Return ready replicas and requests in engines, means of each minute."""
    at = np.array([each.at_s for each in moments])
    minute = np.clip(np.ceil(at / MINUTE_S).astype(np.int64) - 1, 0, max(minutes, 1))
    count = np.bincount(minute, minlength=minutes)[:minutes]
    sums = (
        np.bincount(minute, weights=[getattr(each, name) for each in moments], minlength=minutes)[:minutes]
        for name in ("ready", "in_flight")
    )
    ready, in_flight = (np.divide(each, count, out=np.full(minutes, np.nan), where=count > 0) for each in sums)
    return ready, in_flight


def _late(requests: Records, column: str, *, bounds: Floats, minutes: int) -> Floats:
    """Return the 95th percentile a minute of the time from an engine's queue to an event, by when it happens.

    It is taken over the buckets of an engine's histogram, as that of the record is.
    """
    done = requests[np.isfinite(requests[column]) & np.isfinite(requests["queued_s"]) & (requests["state"] != FAILED)]
    minute = (done[column] // MINUTE_S).astype(np.int64)
    order = np.argsort(minute, kind="stable")
    minute, taken_s = minute[order], (done[column] - done["queued_s"])[order]
    edges = np.searchsorted(minute, np.arange(minutes + 1))
    late = np.full(minutes, np.nan)
    for index in np.flatnonzero(np.diff(edges)).tolist():
        late[index] = bucket_quantile(taken_s[edges[index] : edges[index + 1]], bounds, quantile=0.95)
    return late


def bucket_quantile(values: Floats, bounds: Floats, *, quantile: float) -> float:
    """Return what `histogram_quantile` makes of some values that were counted in buckets.

    Args:
        values: at least one, > 0.
        bounds: upper ends of the buckets, ascending.
        quantile: 0 to 1.

    Example:
        Ten values between 5 and 10 say nothing more than that: the half of them is in the middle of the bucket.

        >>> bucket_quantile(np.full(10, 5.1), np.array([5.0, 10.0]), quantile=0.5)
        7.5
    """
    total = np.cumsum(np.bincount(np.searchsorted(bounds, values), minlength=len(bounds) + 1))
    rank = quantile * total[-1]
    index = int(np.searchsorted(total, rank))
    if index >= len(bounds):
        return float(bounds[-1])
    below, start = (0, 0.0) if index == 0 else (int(total[index - 1]), float(bounds[index - 1]))
    return float(start + (bounds[index] - start) * (rank - below) / (total[index] - below))


def _within(late: Floats, limit_s: float) -> Floats:
    return np.where(np.isnan(late), np.nan, late <= limit_s)


def _measure(
    name: str,
    unit: str,
    pair: tuple[Floats, Floats],
    *,
    by: Callable[[Floats], float] = np.mean,
    per: float = 1.0,
) -> Measure:
    """Return both sides over what both know."""
    known = np.isfinite(pair[0]) & np.isfinite(pair[1])
    recorded, simulated = (float(by(each[known])) * per if known.any() else math.nan for each in pair)
    return Measure(name=name, unit=unit, recorded=recorded, simulated=simulated)
