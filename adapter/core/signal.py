"""Signals: what is observed of a workload, and how well it is known.

Columns first: a `Readings` holds one signal for a whole fleet over a time grid, so that a tick over thousands of
workloads stays a handful of array operations. `Reading` is one cell of it.

The point of this module is that *missing is never zero*: every cell carries a state, and a value is only a number
where the state says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

from adapter.core.workload import WorkloadId

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
StateArray = NDArray[np.uint8]


class Signal(StrEnum):
    """A named observable of a workload. Units: see `UNITS`."""

    QUEUE_DEPTH = "queue_depth"
    REQUESTS_RUNNING = "requests_running"
    QUEUE_DEPTH_AVERAGED = "queue_depth_averaged"
    REQUESTS_RUNNING_AVERAGED = "requests_running_averaged"
    ARRIVAL_RATE = "arrival_rate"
    GATEWAY_ARRIVAL_RATE = "gateway_arrival_rate"
    PROMPT_TOKENS_RATE = "prompt_tokens_rate"
    GENERATION_TOKENS_RATE = "generation_tokens_rate"
    PROMPT_TOKENS_PER_REQUEST = "prompt_tokens_per_request"
    GENERATION_TOKENS_PER_REQUEST = "generation_tokens_per_request"
    PREFIX_CACHE_HIT_RATIO = "prefix_cache_hit_ratio"
    KV_CACHE_USAGE = "kv_cache_usage"
    GPU_UTILIZATION = "gpu_utilization"
    PREEMPTIONS = "preemptions"
    TTFT = "ttft"
    ITL = "itl"
    E2E_LATENCY = "e2e_latency"
    TTFT_ATTAINED = "ttft_attained"
    ITL_ATTAINED = "itl_attained"
    REPLICAS_REQUESTED = "replicas_requested"
    REPLICAS_STATUS = "replicas_status"
    REPLICAS_READY = "replicas_ready"
    REPLICAS_READY_AVERAGED = "replicas_ready_averaged"
    REPLICAS_UNSCHEDULABLE = "replicas_unschedulable"
    REPLICAS_IMAGE_ERROR = "replicas_image_error"
    REPLICAS_CRASHING = "replicas_crashing"
    REPLICAS_OUTDATED = "replicas_outdated"
    STARTING_SECONDS = "starting_seconds"
    START_SECONDS = "start_seconds"
    DEMAND_AT_ZERO = "demand_at_zero"
    GPU_MEMORY = "gpu_memory"
    QUOTA_AVAILABLE = "quota_available"
    GUARD_QUEUE = "guard_queue"


UNITS: Mapping[Signal, str] = {
    Signal.QUEUE_DEPTH: "requests",
    Signal.REQUESTS_RUNNING: "requests",
    Signal.QUEUE_DEPTH_AVERAGED: "requests",
    Signal.REQUESTS_RUNNING_AVERAGED: "requests",
    Signal.ARRIVAL_RATE: "requests/s",
    Signal.GATEWAY_ARRIVAL_RATE: "requests/s",
    Signal.PROMPT_TOKENS_RATE: "tokens/s",
    Signal.GENERATION_TOKENS_RATE: "tokens/s",
    Signal.PROMPT_TOKENS_PER_REQUEST: "tokens",
    Signal.GENERATION_TOKENS_PER_REQUEST: "tokens",
    Signal.PREFIX_CACHE_HIT_RATIO: "ratio",
    Signal.KV_CACHE_USAGE: "ratio",
    Signal.GPU_UTILIZATION: "ratio",
    Signal.PREEMPTIONS: "requests/s",
    Signal.TTFT: "s",
    Signal.ITL: "s",
    Signal.E2E_LATENCY: "s",
    Signal.TTFT_ATTAINED: "ratio",
    Signal.ITL_ATTAINED: "ratio",
    Signal.REPLICAS_REQUESTED: "replicas",
    Signal.REPLICAS_STATUS: "replicas",
    Signal.REPLICAS_READY: "replicas",
    Signal.REPLICAS_READY_AVERAGED: "replicas",
    Signal.REPLICAS_UNSCHEDULABLE: "replicas",
    Signal.REPLICAS_IMAGE_ERROR: "replicas",
    Signal.REPLICAS_CRASHING: "replicas",
    Signal.REPLICAS_OUTDATED: "replicas",
    Signal.STARTING_SECONDS: "s",
    Signal.START_SECONDS: "s",
    Signal.DEMAND_AT_ZERO: "requests",
    Signal.GPU_MEMORY: "ratio",
    Signal.QUOTA_AVAILABLE: "devices",
    Signal.GUARD_QUEUE: "requests",
}


class State(IntEnum):
    """How well a signal is known at one moment. Only the first three carry a value."""

    FRESH = 0
    """Newest sample is young and every expected target reports. A fresh 0 is a true zero."""
    PARTIAL = 1
    """Some targets do not report; the value covers `coverage` of them. May scale out, never in."""
    STALE = 2
    """The newest sample is older than allowed; the value is the last known. May scale out, never in."""
    ABSENT = 3
    """The source answered and has no such series."""
    MALFORMED = 4
    """The source answered with NaN, infinity, a negative, or more than one series where one is expected."""
    UNAVAILABLE = 5
    """The source did not answer."""


_STATES = tuple(State)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One signal of one workload at one time."""

    state: State
    value: float = float("nan")
    """In the unit of the signal; NaN unless the state is fresh, partial or stale."""
    age_s: float = float("nan")
    """Age of the newest sample at the evaluation time; NaN when unknown."""
    coverage: float = float("nan")
    """Share of expected targets that report, in [0, 1]; NaN when unknown."""

    @property
    def known(self) -> bool:
        """Whether there is a value at all."""
        return self.state <= State.STALE

    @property
    def is_fresh_zero(self) -> bool:
        """Whether this is a true, current 0 (the only thing that may argue for zero replicas)."""
        return self.state is State.FRESH and self.value == 0.0


ABSENT = Reading(state=State.ABSENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Aligned evaluation times: `start`, `start + step_s`, ..., `count` of them (seconds since epoch)."""

    start: float
    step_s: float
    count: int = 1

    @property
    def end(self) -> float:
        """The last time of the grid."""
        return self.start + (self.count - 1) * self.step_s

    def times(self) -> FloatArray:
        """Return all times, shape (count,)."""
        return self.start + self.step_s * np.arange(self.count, dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Readings:
    """One signal for n workloads over a grid of t times; all arrays have shape (n, t)."""

    value: FloatArray
    state: StateArray
    age_s: FloatArray
    coverage: FloatArray

    @classmethod
    def missing(cls, rows: int, columns: int, state: State) -> "Readings":
        """Return readings that are all in one valueless state.

        Args:
            rows: number of workloads n.
            columns: number of times t.
            state: `ABSENT`, `MALFORMED` or `UNAVAILABLE`.
        """
        nan = np.full((rows, columns), np.nan)
        return cls(value=nan, state=np.full((rows, columns), state, dtype=np.uint8), age_s=nan, coverage=nan)

    def at(self, column: int) -> "Readings":
        """Return the readings of one time of the grid, shape (n, 1); -1 is the last."""
        picked = slice(column, column + 1 or None)
        return Readings(
            value=self.value[:, picked],
            state=self.state[:, picked],
            age_s=self.age_s[:, picked],
            coverage=self.coverage[:, picked],
        )

    def cell(self, row: int, column: int) -> Reading:
        """Return one cell."""
        return self.cells(column)[row]

    def cells(self, column: int) -> list[Reading]:
        """Return the readings of one time of the grid, one per workload."""
        states = [_STATES[each] for each in self.state[:, column].tolist()]
        rest = (array[:, column].tolist() for array in (self.value, self.age_s, self.coverage))
        return [
            Reading(state=state, value=value, age_s=age_s, coverage=coverage)
            for state, value, age_s, coverage in zip(states, *rest, strict=True)
        ]


def unknown_like(values: Mapping[Signal, FloatArray]) -> FloatArray:
    """Return NaN in the shape of signals that are to be read together, at least (1, 1), for those that are left out."""
    return np.full(np.broadcast_shapes((1, 1), *(each.shape for each in values.values())), np.nan)


MEANWHILE = "the last known values age, nothing is taken for zero, and the next tick asks again"
"""How a problem ends that the loop meets; whoever reads the past leaves it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalProblem:
    """Something wrong with a query or its answer, for people to read."""

    signal: str
    query: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FleetReadings:
    """All signals of a fleet over one grid, as a source returned them."""

    ids: tuple[WorkloadId, ...]
    """Row order of every array."""
    grid: Grid
    readings: Mapping[Signal, Readings]
    """A signal that no preset of the fleet provides is missing from the mapping; that means absent."""
    problems: tuple[SignalProblem, ...] = ()
    failed: frozenset[Signal] = frozenset()
    """Signals of which at least one query did not answer (their cells are `UNAVAILABLE`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Everything seen of one workload at one tick."""

    at: float
    """Evaluation time, seconds since epoch."""
    readings: Mapping[Signal, Reading] = field(default_factory=dict)

    def __getitem__(self, signal: Signal) -> Reading:
        """Return the reading of a signal; a signal nobody provides is absent."""
        return self.readings.get(signal, ABSENT)
