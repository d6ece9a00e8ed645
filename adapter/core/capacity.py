"""Load one ready replica sustains within its objective, with its source.

In work, a replica gives one engine-second per second by definition of the configured token rates; learnt, it gives more
or less of these. Demand stays in the configured unit whatever is learnt, so that its history and its forecasts do.

What is learnt is the least of what the objective of latency allows, what the KV cache holds and what the configured
number of sequences allows, see `engine_speed`. It is never more than `REACH` times the highest settled load that was
seen, or than what is configured where that is more: engines need not go on as they have begun, and as replicas fill up
further, so does what is seen.

In requests in flight, the target is what an engine holds at `KNEE` of what it sustains: above, requests pile up the
more steeply the fuller it is, and their number tells hardly anything of the load.
Must not know: how engines are watched.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from adapter.core.decision import Capacity, DemandUnit
from adapter.core.demand import demand_unit, nominal_rates
from adapter.core.engine_speed import EngineSpeed, learn_speeds
from adapter.core.history import History
from adapter.core.tuning import TunedWorkload, WorkloadTuning
from adapter.core.workload import WorkloadId

REACH: Final = 1.5
KNEE: Final = 0.8
GUESS_DEVIATION: Final = 0.7
"""Standard deviation of the inverse of a capacity, over that of the first guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The most work of one engine, and what sets it."""

    work: float
    """Nominal engine-seconds per second."""
    by: str


def capacity_of(tuning: WorkloadTuning) -> Capacity:
    """Return the capacity of one replica as the tuning alone has it, in the unit that demand is counted in.

    Example:
        >>> capacity_of(WorkloadTuning()).per_replica
        16.0
    """
    unit = demand_unit(tuning)
    per_replica = 1.0 if unit is DemandUnit.WORK else tuning.targets.concurrency
    return Capacity(
        unit=unit,
        per_replica=per_replica,
        source="configured" if _is_said(tuning) else "default",
        nominal=per_replica,
        confidence=0.0 if is_learnt(tuning) or not _is_said(tuning) else 1.0,
    )


def is_learnt(tuning: WorkloadTuning) -> bool:
    """Tell whether capacity is to be learnt: where the tuning says so, or says nothing of capacity at all."""
    learn = tuning.capacity.learn
    return not _is_said(tuning) if learn is None else learn


def _is_said(tuning: WorkloadTuning) -> bool:
    """Tell whether somebody has chosen the capacity in the unit that demand is counted in."""
    if demand_unit(tuning) is DemandUnit.WORK:
        return tuning.capacity.prompt_tokens_per_second is not None
    return "concurrency" in tuning.targets.model_fields_set


def learn_capacities(history: History, tuned: Sequence[TunedWorkload]) -> dict[WorkloadId, Capacity]:
    """Return the capacities of the workloads that learn theirs, as far as they have got.

    Args:
        history: settled stretches, rows in the order of `tuned`.
        tuned: the workloads.
    """
    rows = [row for row, each in enumerate(tuned) if is_learnt(each.tuning)]
    if not rows or not history.settled:
        return {}
    rates = np.array([nominal_rates(tuned[row].tuning) for row in rows])
    noted = {signal: tier.values[rows].astype(np.float64) for signal, tier in history.settled.items()}
    speeds = learn_speeds(noted, prompt=rates[:, :1], generation=rates[:, 1:])
    return {
        tuned[row].workload.id: capacity_at(speed, tuned[row].tuning) for row, speed in zip(rows, speeds, strict=True)
    }


def capacity_at(speed: EngineSpeed, tuning: WorkloadTuning) -> Capacity:
    """Return the capacity of engines of a speed; the tuning's own, with the reason, where it is not known.

    Example:
        A token takes 10 ms in an idle engine, 100 ms at 0.9 of the nominal work, a tenth less than was said, for sure:

        >>> speed = EngineSpeed(
        ...     level=100.0, loss=100.0, generated=1000.0, highest=0.8, stretches=36, error=0.05, deviation=0.0)
        >>> tuning = WorkloadTuning.model_validate({"capacity": {
        ...     "learn": True, "promptTokensPerSecond": 8000, "generationTokensPerSecond": 2000}})
        >>> round(capacity_at(speed, tuning).per_replica, 6)
        0.9
    """
    told = capacity_of(tuning)
    why = speed.why or _too_slow(speed, tuning)
    if why:
        return replace(told, reason=f"not learnt: {why}")
    limit = min(_limits(speed, tuning), key=lambda each: each.work)
    seen = REACH * speed.highest
    if told.unit is DemandUnit.WORK:
        full, reached = limit.work, seen
    else:
        full, reached = (in_flight(speed, min(KNEE * limit.work, most)) for most in (math.inf, seen))
    most = min(full, max(reached, told.nominal))
    trust = _trust(speed, told, tuning)
    by = limit.by if most == full else f"{REACH:g} times the highest load seen"
    return replace(
        told,
        per_replica=1.0 / ((1.0 - trust) / told.nominal + trust / most),
        source="learnt",
        confidence=trust,
        reason=(
            f"learnt from {speed.stretches} settled stretches of ten minutes, off by {speed.error:.0%} at the median; "
            f"{most:.4g} is bounded by {by}, and weighs {trust:.0%} against the first guess"
        ),
    )


def in_flight(speed: EngineSpeed, work: float) -> float:
    """Return the requests that an engine computes at some work: tokens a second over tokens a second of each."""
    return speed.generated * work / (speed.level - speed.loss * work)


def _objective(tuning: WorkloadTuning) -> tuple[str, float]:
    """Return the objective that a sequence's tokens must keep: a prefill engine makes one token, the first."""
    return ("slo.ttft", tuning.slo.ttft) if tuning.capacity.role == "prefill" else ("slo.itl", tuning.slo.itl)


def _too_slow(speed: EngineSpeed, tuning: WorkloadTuning) -> str:
    name, objective_s = _objective(tuning)
    if speed.level * objective_s > 1:
        return ""
    return f"a token takes {1 / speed.level:.3g} s in an idle engine, and {name} is {objective_s:g} s"


def _limits(speed: EngineSpeed, tuning: WorkloadTuning) -> tuple[Limit, ...]:
    name, objective_s = _objective(tuning)
    work = (speed.level - 1 / objective_s) / speed.loss if speed.loss > 0 else math.inf
    limits = [Limit(work=work, by=name)]
    if speed.kv_share > 0:
        limits.append(_batch(speed, tuning.capacity.kv_cache_limit / speed.kv_share, by="the KV cache"))
    if tuning.capacity.max_concurrency is not None:
        limits.append(_batch(speed, tuning.capacity.max_concurrency, by="capacity.maxConcurrency"))
    return tuple(limits)


def _batch(speed: EngineSpeed, most: float, *, by: str) -> Limit:
    """Return the work at which an engine computes as many requests as it can hold; `in_flight` solved for work."""
    each = speed.generated + most * speed.loss
    return Limit(work=most * speed.level / each if each > 0 else math.inf, by=by)


def _trust(speed: EngineSpeed, told: Capacity, tuning: WorkloadTuning) -> float:
    """Return the weight of the line against the first guess, by the inverse of their variances.

    The first guess says at which work an engine meets the objective, and so what a unit of work costs it; that is
    a normal prior of the loss.
    """
    room = speed.level - 1 / _objective(tuning)[1]
    guess = told.nominal
    if told.unit is DemandUnit.CONCURRENCY:
        guess = _batch(speed, told.nominal, by="").work
    relative = speed.deviation * guess / room
    return GUESS_DEVIATION**2 / (GUESS_DEVIATION**2 + relative**2)
