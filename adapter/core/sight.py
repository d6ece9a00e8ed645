"""What a decision can go by: counts, load, and whether all of it is certain.

A signal that is missing for a moment is bridged with its last known value, which may then scale out, never in. How long
depends on who is silent: a source that does not answer is bridged for `holdAfter`; a source that answers "no such
series" for `staleAfter` only. After that nothing may be concluded.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from adapter.core.decision import DemandUnit, ReplicaCounts
from adapter.core.demand import demand_unit, measure_load, token_rates
from adapter.core.history import Tier, last_known
from adapter.core.signal import FloatArray, Observed, Reading, Readings, Signal, State
from adapter.core.tuning import WorkloadTuning

_ENGINE_SIGNALS: Mapping[DemandUnit, tuple[Signal, ...]] = {
    DemandUnit.CONCURRENCY: (Signal.QUEUE_DEPTH, Signal.REQUESTS_RUNNING),
    DemandUnit.WORK: (
        Signal.QUEUE_DEPTH,
        Signal.REQUESTS_RUNNING,
        Signal.PROMPT_TOKENS_RATE,
        Signal.GENERATION_TOKENS_RATE,
    ),
}
# Recorded and bridged: what the arithmetic of demand reads. Latencies and utilisation are shown as they are.
BRIDGED: tuple[Signal, ...] = (
    *_ENGINE_SIGNALS[DemandUnit.WORK],
    Signal.ARRIVAL_RATE,
    Signal.GATEWAY_ARRIVAL_RATE,
    Signal.PROMPT_TOKENS_PER_REQUEST,
    Signal.GENERATION_TOKENS_PER_REQUEST,
    Signal.PREFIX_CACHE_HIT_RATIO,
    Signal.REPLICAS_REQUESTED,
    Signal.REPLICAS_STATUS,
    Signal.REPLICAS_READY,
    Signal.DEMAND_AT_ZERO,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The load and replicas of one workload as a decision sees them."""

    replicas: ReplicaCounts
    arriving: float
    """Load arriving, in the unit of demand; NaN = unknown."""
    arrivals: float
    """Requests arriving per second; NaN = unknown."""
    waiting: float
    """Requests waiting in engines and at the gateway; NaN = unknown."""
    waiting_work: float
    """What they cost in engine-seconds; NaN = unknown."""
    running: float
    """Requests being computed; NaN = unknown."""
    starting_s: float = math.nan
    """Age of the oldest replica that has never been ready; NaN when none is known."""
    unschedulable: float = math.nan
    """Replicas that no node has room for; NaN when none is known. The same for the next two."""
    image_errors: float = math.nan
    """Replicas whose image cannot be pulled."""
    crashing: float = math.nan
    """Replicas whose container cannot start or crashes again and again."""
    outdated: float = math.nan
    """Replicas of an older revision, while a rollout lasts; NaN when none is known."""
    kv_cache_usage: float
    gpu_utilization: float
    doubts: tuple[str, ...]
    """Why the above is not certain, one phrase per signal; empty when everything is fresh."""
    blind: str
    """Why nothing can be concluded; empty when something can."""
    gate_zero: bool
    """Whether a signal that also exists at zero replicas shows a fresh, true 0."""

    @property
    def at_zero(self) -> bool:
        """Whether no replica is requested."""
        return self.replicas.requested == 0

    @property
    def starting(self) -> bool:
        """Whether replicas are requested and none serves yet, so that engines rightly show nothing."""
        return _starting(self.replicas)

    @property
    def quiet(self) -> bool:
        """Whether it is certain that nothing is in flight anywhere, nor has just come and gone between two ticks."""
        empty = self.waiting == 0 and self.running == 0 and not self.arriving > 0 and not self.arrivals > 0
        return empty and self.gate_zero and not self.doubts and not self.blind


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Limits:
    """Ages in seconds from which signals of n workloads are stale, or not believed at all; shape (n, 1)."""

    stale_after_s: FloatArray
    hold_after_s: FloatArray


def freshness_limits(tunings: Sequence[WorkloadTuning]) -> Limits:
    """Return the limits that n tunings set."""
    ages = np.array([(each.freshness.stale_after, each.freshness.hold_after) for each in tunings]).reshape(-1, 2)
    return Limits(stale_after_s=ages[:, :1], hold_after_s=ages[:, 1:])


def judge(readings: Readings, limits: Limits) -> Readings:
    """Return readings, shape (n, t), with old ones stale and impossible ones (NaN, infinite, negative) malformed."""
    known = readings.state <= State.STALE
    possible = np.isfinite(readings.value) & (readings.value >= 0)
    old = (readings.state == State.FRESH) & (readings.age_s > limits.stale_after_s)  # an unknown age is not old
    state = np.where(old, State.STALE, readings.state)
    state = np.where(known & ~possible, State.MALFORMED, state).astype(np.uint8)
    return replace(readings, state=state, value=np.where(state <= State.STALE, readings.value, np.nan))


def bridge(readings: Readings, tier: Tier | None, *, at: float, limits: Limits) -> Readings:
    """Return judged readings of one time with the last known value in place of a missing one, if it is young enough.

    Args:
        readings: shape (n, 1), already judged.
        tier: remembered samples of the same signal and workloads, None if there are none.
        at: time of the readings, seconds since epoch.
        limits: say what is too old.
    """
    rows = np.flatnonzero(readings.state[:, 0] > State.STALE)
    if tier is None or not rows.size:
        return readings
    value, age_s = last_known(tier, rows, at=at)
    silent = readings.state[rows, 0] == State.UNAVAILABLE
    young = age_s <= np.where(silent, limits.hold_after_s[rows, 0], limits.stale_after_s[rows, 0])
    bridged = replace(readings, value=readings.value.copy(), state=readings.state.copy(), age_s=readings.age_s.copy())
    bridged.value[rows[young], 0] = value[young]
    bridged.state[rows[young], 0] = State.STALE
    bridged.age_s[rows[young], 0] = age_s[young]
    return bridged


def look(observed: Observed, tuning: WorkloadTuning) -> Sight:
    """Return what a decision on one workload can go by.

    Args:
        observed: readings, already judged and bridged.
        tuning: of the workload.
    """
    return look_around([observed], [tuning])[0]


def look_around(observed: Sequence[Observed], tunings: Sequence[WorkloadTuning]) -> list[Sight]:
    """Return what decisions can go by, for many workloads in one go: load is measured for all of them at once."""
    pairs = list(zip(observed, tunings, strict=True))
    values = {
        signal: np.array([_value(each[signal], tuning) for each, tuning in pairs]).reshape(-1, 1) for signal in BRIDGED
    }
    load = measure_load(values, token_rates(list(tunings)))
    columns = [each[:, 0].tolist() for each in (load.arriving, load.waiting, load.waiting_work, load.running)]
    return [
        _sight(each, tuning, arriving=arriving, waiting=waiting, waiting_work=cost, running=running)
        for (each, tuning), arriving, waiting, cost, running in zip(pairs, *columns, strict=True)
    ]


def _sight(
    observed: Observed,
    tuning: WorkloadTuning,
    *,
    arriving: float,
    waiting: float,
    waiting_work: float,
    running: float,
) -> Sight:
    counts = ReplicaCounts(
        requested=_count(observed[Signal.REPLICAS_REQUESTED], tuning),
        status=_count(observed[Signal.REPLICAS_STATUS], tuning),
        ready=_count(observed[Signal.REPLICAS_READY], tuning),
    )
    doubts = _doubts(observed, counts, tuning=tuning)
    if waiting > 0 and math.isnan(waiting_work) and counts.requested != 0:
        doubts = (*doubts, f"what {waiting:g} waiting requests cost is not known")
    return Sight(
        replicas=counts,
        arriving=arriving,
        arrivals=_value(observed[Signal.ARRIVAL_RATE], tuning),
        waiting=waiting,
        waiting_work=waiting_work,
        running=running,
        starting_s=_value(observed[Signal.STARTING_SECONDS], tuning),
        unschedulable=_value(observed[Signal.REPLICAS_UNSCHEDULABLE], tuning),
        image_errors=_value(observed[Signal.REPLICAS_IMAGE_ERROR], tuning),
        crashing=_value(observed[Signal.REPLICAS_CRASHING], tuning),
        outdated=_value(observed[Signal.REPLICAS_OUTDATED], tuning),
        kv_cache_usage=_value(observed[Signal.KV_CACHE_USAGE], tuning),
        gpu_utilization=_value(observed[Signal.GPU_UTILIZATION], tuning),
        doubts=doubts,
        blind=_blind(observed, counts, tuning=tuning, doubts=doubts),
        gate_zero=observed[Signal.DEMAND_AT_ZERO].is_fresh_zero,
    )


def _believed(reading: Reading, tuning: WorkloadTuning) -> bool:
    return reading.known and 0 <= reading.value < math.inf and not reading.age_s > tuning.freshness.hold_after


def _value(reading: Reading, tuning: WorkloadTuning) -> float:
    return reading.value if _believed(reading, tuning) else math.nan


def _count(reading: Reading, tuning: WorkloadTuning) -> int | None:
    return round(reading.value) if _believed(reading, tuning) else None


def _starting(counts: ReplicaCounts) -> bool:
    return bool(counts.requested) and counts.ready == 0


def _needed(counts: ReplicaCounts, tuning: WorkloadTuning) -> tuple[Signal, ...]:
    """Return the signals that must be known: the gateway's at zero replicas and while the first one starts."""
    if counts.requested == 0 or _starting(counts):
        return (Signal.DEMAND_AT_ZERO,)
    return _ENGINE_SIGNALS[demand_unit(tuning)]


def _blind(observed: Observed, counts: ReplicaCounts, *, tuning: WorkloadTuning, doubts: tuple[str, ...]) -> str:
    if contradiction := _contradiction(observed, counts, tuning=tuning):
        return contradiction
    below_min = counts.requested == 0 and tuning.replicas.min > 0
    if _starting(counts) or below_min:  # what is requested stays requested, and the minimum needs no signal
        return ""
    missing = [each for each in _needed(counts, tuning) if not _believed(observed[each], tuning)]
    named = "; ".join(_doubt(each, observed[each]) for each in missing)
    if missing and counts.requested == 0:
        advice = "Scaling to zero takes a signal that exists there, such as a gateway's queue; without one, set"
        return f"at zero replicas nothing shows demand: {named}. {advice} replicas.min to 1"
    if missing:
        return f"cannot see the load: {named}"
    if doubts and counts.requested is None:  # what is not known cannot be kept either
        requested = _doubt(Signal.REPLICAS_REQUESTED, observed[Signal.REPLICAS_REQUESTED])
        return f"cannot rule out a scale-in, because {'; '.join(dict.fromkeys((*doubts, requested)))}"
    return ""


def _contradiction(observed: Observed, counts: ReplicaCounts, *, tuning: WorkloadTuning) -> str:
    """Return why an old zero is not believed: engines at work were woken since, unless the zero is fresh."""
    requested, running = observed[Signal.REPLICAS_REQUESTED], observed[Signal.REQUESTS_RUNNING]
    if counts.requested != 0 or requested.state is State.FRESH or not _value(running, tuning) > 0:
        return ""
    return f"{_doubt(Signal.REPLICAS_REQUESTED, requested)} and was 0 then, while {running.value:g} requests run"


def _doubts(observed: Observed, counts: ReplicaCounts, *, tuning: WorkloadTuning) -> tuple[str, ...]:
    """Return what is not fresh of what is needed, and of what this cluster has: a gateway, replica counts."""
    optional = (Signal.DEMAND_AT_ZERO, Signal.REPLICAS_REQUESTED, Signal.REPLICAS_READY)
    present = (each for each in optional if observed[each].state is not State.ABSENT)
    checked = dict.fromkeys((*_needed(counts, tuning), *present))
    return tuple(_doubt(each, observed[each]) for each in checked if observed[each].state is not State.FRESH)


def _doubt(signal: Signal, reading: Reading) -> str:
    if reading.state is State.PARTIAL and not math.isnan(reading.coverage):
        return f"{signal} comes from {reading.coverage:.0%} of its targets"
    if reading.state is State.STALE and not math.isnan(reading.age_s):
        return f"{signal} is {reading.age_s:.0f} s old"
    return f"{signal} is {reading.state.name.lower()}"
