"""What a decision can go by: counts, load, and whether all of it is certain.

A signal that is missing for a moment is bridged with its last known value, which may then scale out, never in. How long
depends on who is silent: a source that does not answer is bridged for `holdAfter`; a source that answers "no such
series" for `staleAfter` only. After that nothing may be concluded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from adapter.core.decision import DemandUnit, ReplicaCounts
from adapter.core.demand import demand_unit, measure_load, token_rates
from adapter.core.history import Tier, last_known
from adapter.core.signal import Observed, Reading, Signal, State
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
    waiting: float
    """Requests waiting in engines and at the gateway; NaN = unknown."""
    waiting_work: float
    """What they cost in engine-seconds; NaN = unknown."""
    running: float
    """Requests being computed; NaN = unknown."""
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
        return bool(self.replicas.requested) and self.replicas.ready == 0

    @property
    def quiet(self) -> bool:
        """Whether it is certain that nothing is in flight anywhere."""
        return not self.doubts and not self.blind and self.gate_zero and self.waiting == 0 and self.running == 0


def bridge(reading: Reading, tier: Tier | None, *, row: int, at: float, tuning: WorkloadTuning) -> Reading:
    """Return a reading with its age judged, or the last known value in place of a missing one.

    Args:
        reading: as the source gave it.
        tier: remembered samples of the same signal, None if there are none.
        row: the workload's row in the tier.
        at: time of the reading, seconds since epoch.
        tuning: says what is too old.
    """
    limits = tuning.freshness
    if reading.known:
        old = reading.age_s > limits.stale_after
        return replace(reading, state=State.STALE) if old and reading.state is State.FRESH else reading
    if tier is None:
        return reading
    within_s = limits.hold_after if reading.state is State.UNAVAILABLE else limits.stale_after
    value, age_s = last_known(tier, row, at=at, within_s=within_s)
    if np.isnan(value):
        return reading
    return Reading(state=State.STALE, value=value, age_s=age_s, coverage=reading.coverage)


def look(observed: Observed, tuning: WorkloadTuning) -> Sight:
    """Return what a decision can go by.

    Args:
        observed: readings, already bridged.
        tuning: of the workload.
    """
    counts = ReplicaCounts(
        requested=_count(observed[Signal.REPLICAS_REQUESTED]),
        status=_count(observed[Signal.REPLICAS_STATUS]),
        ready=_count(observed[Signal.REPLICAS_READY]),
    )
    values = {signal: np.array([[_value(observed[signal])]]) for signal in BRIDGED}
    load = measure_load(values, token_rates([tuning]))
    return Sight(
        replicas=counts,
        arriving=float(load.arriving.item()),
        waiting=float(load.waiting.item()),
        waiting_work=float(load.waiting_work.item()),
        running=float(load.running.item()),
        kv_cache_usage=_value(observed[Signal.KV_CACHE_USAGE]),
        gpu_utilization=_value(observed[Signal.GPU_UTILIZATION]),
        doubts=_doubts(observed, counts, unit=demand_unit(tuning)),
        blind=_blind(observed, counts, tuning=tuning),
        gate_zero=observed[Signal.DEMAND_AT_ZERO].is_fresh_zero,
    )


def _value(reading: Reading) -> float:
    return reading.value if reading.known else float("nan")


def _count(reading: Reading) -> int | None:
    return round(reading.value) if reading.known and np.isfinite(reading.value) else None


def _needed(counts: ReplicaCounts, unit: DemandUnit) -> tuple[Signal, ...]:
    """Return the signals that must be known: the gateway's at zero replicas and while the first one starts."""
    if counts.requested == 0 or (counts.requested and counts.ready == 0):
        return (Signal.DEMAND_AT_ZERO,)
    return _ENGINE_SIGNALS[unit]


def _blind(observed: Observed, counts: ReplicaCounts, *, tuning: WorkloadTuning) -> str:
    starting = bool(counts.requested) and counts.ready == 0
    below_min = counts.requested == 0 and tuning.replicas.min > 0
    if starting or below_min:  # what is requested stays requested, and the minimum needs no signal
        return ""
    missing = [signal for signal in _needed(counts, demand_unit(tuning)) if not observed[signal].known]
    if not missing:
        return ""
    named = ", ".join(f"{signal} is {observed[signal].state.name.lower()}" for signal in missing)
    if counts.requested == 0:
        return f"at zero replicas nothing shows demand: {named}"
    return f"cannot see the load: {named}"


def _doubts(observed: Observed, counts: ReplicaCounts, *, unit: DemandUnit) -> tuple[str, ...]:
    optional_gate = () if observed[Signal.DEMAND_AT_ZERO].state is State.ABSENT else (Signal.DEMAND_AT_ZERO,)
    replicas = (Signal.REPLICAS_REQUESTED,) if observed[Signal.REPLICAS_REQUESTED].state is not State.ABSENT else ()
    checked = dict.fromkeys((*_needed(counts, unit), *optional_gate, *replicas))
    return tuple(_doubt(signal, observed[signal]) for signal in checked if observed[signal].state is not State.FRESH)


def _doubt(signal: Signal, reading: Reading) -> str:
    if reading.state is State.PARTIAL:
        return f"{signal} comes from {reading.coverage:.0%} of its targets"
    if reading.state is State.STALE:
        return f"{signal} is {reading.age_s:.0f} s old"
    return f"{signal} is {reading.state.name.lower()}"
