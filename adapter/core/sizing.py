"""Replicas for the load of now, for the forecast, and for what symptoms demand at least.

Each function returns a `Step`. None means that nothing could be concluded by it, which is not the same as zero.
"""

import math

from adapter.core.decision import Capacity, Demand, DemandUnit, ReplicaCounts, Step, StepName, WorkloadForecast
from adapter.core.lead_time import LeadTime, rung
from adapter.core.price import chosen_quantile
from adapter.core.regulation import Margin
from adapter.core.replicas import size_replicas
from adapter.core.sight import Sight
from adapter.core.tuning import WorkloadTuning

MEDIAN = 0.5  # a replica stays while it is as likely as not to be needed before it pays for its restart


def peak_within(forecast: WorkloadForecast | None, quantile: float, *, lead_s: float, now: float) -> float:
    """Return a quantile of the peak demand until `now + lead_s`; NaN without a trusted forecast.

    Quantile and horizon are rounded up to the forecast's own, the last of each if there is none above.
    """
    if forecast is None or not forecast.trusted:
        return math.nan
    row = rung(quantile - 1e-9, forecast.quantiles)
    return forecast.peak[row][rung(lead_s + now - forecast.origin, forecast.horizons_s)]


def assess_demand(
    sight: Sight,
    forecast: WorkloadForecast | None,
    *,
    capacity: Capacity,
    tuning: WorkloadTuning,
    lead_s: float,
    now: float,
) -> Demand:
    """Return the load of now, what waits, and what is expected within the lead time of `lead_s` seconds."""
    used = forecast if tuning.forecast.enabled else None
    keep_s = lead_s + tuning.hold.break_even
    return Demand(
        unit=capacity.unit,
        arriving=sight.arriving,
        backlog=left_over(sight, per_replica=capacity.per_replica, lead_s=lead_s) / tuning.slo.drain,
        at_lead_time=peak_within(used, chosen_quantile(tuning), lead_s=lead_s, now=now),
        beyond_lead_time=peak_within(used, MEDIAN, lead_s=keep_s, now=now),
    )


def left_over(sight: Sight, *, per_replica: float, lead_s: float) -> float:
    """Return what is left of the waiting work once a replica asked for now serves, in engine-seconds; at least half.

    Until then those that serve work on it, and those that start do so for half of the time, on average. What they work
    off needs no replica of its own, and what they fall behind by does. At least half is always left, so that a queue
    that does not shrink as it should still asks for more. Without their number, while a start is stuck, or while the
    load that arrives is unknown, all of it is left.

    Args:
        sight: what is seen.
        per_replica: load that one replica sustains, engine-seconds per second.
        lead_s: lead time of a replica, seconds.

    Example:
        Of 100 engine-seconds, with 2 arriving each second and 3 replicas serving, 70 are left after 30 s.

        >>> from adapter.core.decision import ReplicaCounts
        >>> sight = Sight(
        ...     replicas=ReplicaCounts(requested=3, status=3, ready=3), arriving=2.0, arrivals=8.0, waiting=9.0,
        ...     waiting_work=100.0, running=40.0, kv_cache_usage=0.5, gpu_utilization=1.0, doubts=(), blind="",
        ...     gate_zero=False)
        >>> left_over(sight, per_replica=1.0, lead_s=30.0)
        70.0
    """
    ready, requested = sight.replicas.ready, sight.replicas.requested
    stuck = any(each > 0 for each in (sight.unschedulable, sight.image_errors, sight.crashing))
    if ready is None or stuck or not sight.waiting_work > 0 or not math.isfinite(sight.arriving):
        return sight.waiting_work
    supply = (ready + max((requested or 0) - ready, 0) / 2) * per_replica
    return max(sight.waiting_work + (sight.arriving - supply) * lead_s, sight.waiting_work / 2)


def size_reactive(plan: int | None, demand: Demand, *, capacity: Capacity, margin: Margin) -> Step:
    """Size for the work arriving now plus the backlog drained within the SLO."""
    known, seen = math.isfinite(demand.backlog), math.isfinite(demand.arriving)
    if not known and not seen:
        return Step(name=StepName.REACTIVE, before=plan, after=plan, reason="the load of now is not known")
    arriving, backlog = demand.arriving if seen else 0.0, demand.backlog if known else 0.0
    replicas = size_replicas(arriving + backlog, capacity.per_replica, margin=margin.ratio)
    load = f"{arriving:.4g} {demand.unit}"
    if demand.unit is DemandUnit.WORK:
        waiting = f"{backlog:.4g} backlog" if known else "a backlog of unknown cost"
        load = f"({f'{arriving:.4g}' if seen else 'unknown'} arriving + {waiting}) {demand.unit}"
    reason = f"{load} x margin {_shown(margin)} / {capacity.per_replica:.4g} per replica ({capacity.source})"
    return Step(name=StepName.REACTIVE, before=plan, after=_at_least(plan, replicas), reason=reason)


def _regulated(margin: Margin) -> str:
    return "" if margin.factor == 1.0 else f" x {margin.factor:.4g} regulated"


def _shown(margin: Margin) -> str:
    return f"{margin.ratio:.4g}" if margin.ratio == margin.configured else f"{margin.ratio:.4g} ({margin.origin})"


def size_predictive(
    plan: int | None,
    demand: Demand,
    *,
    capacity: Capacity,
    tuning: WorkloadTuning,
    lead: LeadTime,
    margin: Margin,
) -> Step:
    """Raise the plan to what the forecast peak within the lead time needs; a forecast never lowers it.

    The margin is for what is measured, of which nobody knows how it goes on; a forecast has its quantile instead. What
    regulation has learnt is for both.
    """
    if not math.isfinite(demand.at_lead_time):
        why = "the forecast is off" if not tuning.forecast.enabled else "no forecast has a vote yet"
        return Step(name=StepName.PREDICTIVE, before=plan, after=plan, reason=why)
    replicas = size_replicas(demand.at_lead_time, capacity.per_replica, margin=margin.factor)
    reason = (
        f"P{100 * chosen_quantile(tuning):g} of the peak within {lead.seconds:.0f} s ({lead.origin}) is "
        f"{demand.at_lead_time:.4g} {demand.unit}{_regulated(margin)}: {replicas}"
    )
    return Step(name=StepName.PREDICTIVE, before=plan, after=_at_least(plan, replicas), reason=reason)


def bound_by_symptoms(plan: int | None, sight: Sight, *, tuning: WorkloadTuning) -> Step:
    """Raise the plan to what full engines need: sequences, KV cache and, where asked for, GPU utilisation."""
    rules = (_waiting, _sequences, _kv_cache, _gpu)
    floors = [floor for floor in (rule(sight, tuning) for rule in rules) if floor]
    if not floors:
        return Step(name=StepName.SYMPTOMS, before=plan, after=plan, reason="no engine is full")
    floor, reason = max(floors)
    return Step(name=StepName.SYMPTOMS, before=plan, after=_at_least(plan, floor), reason=reason)


def _at_least(plan: int | None, floor: int) -> int:
    return floor if plan is None else max(plan, floor)


def _waiting(sight: Sight, tuning: WorkloadTuning) -> tuple[int, str] | None:
    """Count requests whose cost nobody knows yet, as at the first wake-up, at the default concurrency."""
    if not (sight.waiting > 0 and math.isnan(sight.waiting_work)):
        return None
    fit = tuning.targets.concurrency
    return math.ceil(sight.waiting / fit), f"{sight.waiting:g} requests of unknown cost wait, {fit:g} per replica"


def _sequences(sight: Sight, tuning: WorkloadTuning) -> tuple[int, str] | None:
    limit, in_flight = tuning.capacity.max_concurrency, sight.waiting + sight.running
    if limit is None or not in_flight > 0:
        return None
    return math.ceil(in_flight / limit), f"{in_flight:g} requests in flight, {limit:g} fit one replica"


def _kv_cache(sight: Sight, tuning: WorkloadTuning) -> tuple[int, str] | None:
    limit, ready = tuning.capacity.kv_cache_limit, _serving(sight.replicas)
    if ready is None or not sight.kv_cache_usage > limit:
        return None
    return math.ceil(
        ready * sight.kv_cache_usage / limit
    ), f"KV cache {sight.kv_cache_usage:.0%} used, limit {limit:.0%}"


def _gpu(sight: Sight, tuning: WorkloadTuning) -> tuple[int, str] | None:
    target, ready = tuning.targets.gpu_utilization, _serving(sight.replicas)
    if target is None or ready is None or not sight.gpu_utilization > target:
        return None
    return math.ceil(
        ready * sight.gpu_utilization / target
    ), f"GPUs {sight.gpu_utilization:.0%} busy, target {target:.0%}"


def _serving(counts: ReplicaCounts) -> int | None:
    return counts.ready if counts.ready is not None else counts.requested
