"""What a Prometheus remembers of one workload, minute by minute, and the load that must have been behind it.

No engine counts arrivals. What arrived is what was completed plus the change of what is in the system, engines and
gateway: that is the signal `arrival_rate`, plus what came to be held at a gateway. A gateway that lets go of what it
held takes that back, so arrivals are reckoned as a running total that never falls: what is handed on pays for itself.

Requests that give up at a gateway are seen as long as they wait and never again: where that is the rule, arrivals are
too few.

Minutes in which nothing is known are gaps, not zeros: nothing arrives in them, and they are told apart.
Must not know where the record comes from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from adapter.core.signal import Signal
from adapter.core.tuning import TunedWorkload
from adapter.core.workload import WorkloadId
from adapter.simulation.arrays import Floats, Ints
from adapter.simulation.load_files import DEFAULT_SHAPE, Flags, Load, mean_lengths
from adapter.simulation.profiles import RequestShape
from adapter.simulation.score import Objective

MINUTE_S: Final = 60.0

RECORDED: Final = (
    Signal.ARRIVAL_RATE,
    Signal.QUEUE_DEPTH,
    Signal.REQUESTS_RUNNING,
    Signal.DEMAND_AT_ZERO,
    Signal.PROMPT_TOKENS_RATE,
    Signal.GENERATION_TOKENS_RATE,
    Signal.PROMPT_TOKENS_PER_REQUEST,
    Signal.GENERATION_TOKENS_PER_REQUEST,
    Signal.PREFIX_CACHE_HIT_RATIO,
    Signal.KV_CACHE_USAGE,
    Signal.TTFT,
    Signal.E2E_LATENCY,
    Signal.REPLICAS_REQUESTED,
    Signal.REPLICAS_READY,
    Signal.START_SECONDS,
)
"""Signals that a study asks for."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Record:
    """One workload, minute by minute."""

    workload: WorkloadId
    start: float
    """Seconds since epoch of second 0; the value of minute i is known at its end."""
    values: Mapping[Signal, Floats]
    """Each of shape (minutes,), NaN where it is not known; all of `RECORDED` are there."""

    def __getitem__(self, signal: Signal) -> Floats:
        """Return one signal."""
        return self.values[signal]

    @property
    def minutes(self) -> int:
        """Return how long it is."""
        return len(self.values[Signal.ARRIVAL_RATE])

    @property
    def asleep(self) -> Flags:
        """Return when no replica was requested, or none was ready and no engine answered."""
        none_ready = (self[Signal.REPLICAS_READY] == 0) & np.isnan(self[Signal.REQUESTS_RUNNING])
        asleep: Flags = (self[Signal.REPLICAS_REQUESTED] == 0) | none_ready
        return asleep

    @property
    def start_s(self) -> Floats:
        """Return how long starts took that ended within the record, seconds; what took no time was there before."""
        starts = self[Signal.START_SECONDS]
        return starts[starts > 0]

    @property
    def cached_share(self) -> float:
        """Return the share of prompt tokens that were found in the prefix cache; 0 where that is not known."""
        share, weight = self[Signal.PREFIX_CACHE_HIT_RATIO], self[Signal.PROMPT_TOKENS_RATE]
        known = np.isfinite(share) & (weight > 0)
        return float(np.average(share[known], weights=weight[known])) if known.any() else 0.0


def rebuild_load(record: Record) -> Load:
    """Return the load that is behind a record.

    Example:
        One request a second, then two held while nobody serves, then those two handed on: they do not arrive twice.

        >>> rows = dict.fromkeys(RECORDED, np.full(3, np.nan))
        >>> rows[Signal.ARRIVAL_RATE] = np.array([1.0, np.nan, 2 / 60])
        >>> rows[Signal.DEMAND_AT_ZERO] = np.array([0.0, 2.0, 0.0])
        >>> rows[Signal.REPLICAS_REQUESTED] = np.array([1.0, 0.0, 1.0])
        >>> rebuild_load(Record(workload=WorkloadId("llm", "chat"), start=0.0, values=rows)).counts.tolist()
        [60, 2, 0]
    """
    arrived, known = _arrived(record)
    counts = _whole(np.maximum.accumulate(np.cumsum(arrived)))
    return Load(
        name=str(record.workload),
        step_s=MINUTE_S,
        counts=counts,
        known=known,
        prompt_tokens=mean_lengths(
            record[Signal.PROMPT_TOKENS_PER_REQUEST], counts, default=DEFAULT_SHAPE.prompt_tokens
        ),
        output_tokens=mean_lengths(
            record[Signal.GENERATION_TOKENS_PER_REQUEST], counts, default=DEFAULT_SHAPE.output_tokens
        ),
    )


def objective_of(tuned: TunedWorkload) -> Objective:
    """Return when a request counts as served in time, as the tuning says."""
    return Objective(ttft_s=tuned.tuning.slo.ttft, itl_s=tuned.tuning.slo.itl)


def shape_of(load: Load, record: Record) -> RequestShape:
    """Return the mean lengths of the requests, uncached prompt tokens only."""
    weights = load.counts if load.counts.any() else None
    prompt = float(np.average(load.prompt_tokens, weights=weights))
    return RequestShape(
        prompt_tokens=max(prompt * (1 - record.cached_share), 1.0),
        output_tokens=float(np.average(load.output_tokens, weights=weights)),
    )


def filled(values: Floats) -> Floats:
    """Return values with gaps filled by the value before, at the beginning by the first; zeros where nothing is known.

    Example:
        >>> filled(np.array([np.nan, 2.0, np.nan, 3.0])).tolist()
        [2.0, 2.0, 2.0, 3.0]
    """
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return np.zeros(len(values))
    latest = np.searchsorted(known, np.arange(len(values)), side="right") - 1
    return values[known[np.maximum(latest, 0)]]


def _arrived(record: Record) -> tuple[Floats, Flags]:
    """Return requests a minute, negative where a gateway hands on what has been counted, and where they are known."""
    engines = record[Signal.ARRIVAL_RATE] * MINUTE_S
    held = record[Signal.DEMAND_AT_ZERO]
    more_held = np.diff(filled(held), prepend=filled(held)[:1])
    asleep = record.asleep & ~np.isnan(held)
    known = np.isfinite(engines) | asleep
    arrived = np.where(np.isfinite(engines), engines, 0.0) + more_held
    return np.where(known, arrived, 0.0), known


def _whole(total: Floats) -> Ints:
    """Return whole requests a minute whose running total is never off by more than half a one."""
    counts: Ints = np.diff(np.rint(np.maximum(total, 0.0)), prepend=0.0).astype(np.int64)
    return counts
