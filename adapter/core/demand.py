"""Load that arrives and load that waits, from what the engines and gateways show.

Feed forward on work, not on symptoms: uncached prompt tokens and generated tokens per second, expressed in seconds of
one replica's full work per second. Concurrency reacts more than proportionally near saturation and queue length is
zero until it is too late; they bound the answer elsewhere.

Token counters show work *served*. While nothing waits that is what arrives; while requests wait, arrivals times the
mean request is the better estimate, and the larger of both is taken. Arrivals are what a gateway counts, where one
does; else what the engines show: completions, plus the change of what runs and waits, plus what was refused.

Without token rates of a replica, demand is the number of requests in flight.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from adapter.core.decision import DemandUnit
from adapter.core.saturation import piled_up
from adapter.core.signal import BoolArray, FloatArray, Signal, unknown_like
from adapter.core.tuning import WorkloadTuning

CAREFUL_PROMPT_RATE: Final = 4000.0
CAREFUL_GENERATION_RATE: Final = 1000.0
"""Tokens per second of a replica of which nothing is said: what a model of 8 G parameters does on a small GPU."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TokenRates:
    """Tokens per second one replica sustains if it did nothing else; shape (n, 1), NaN = unknown."""

    prompt: FloatArray
    generation: FloatArray


def token_rates(tunings: list[WorkloadTuning]) -> TokenRates:
    """Return the nominal token rates of n workloads; NaN where demand is counted in requests in flight."""
    unknown = (math.nan, math.nan)
    rates = np.array(
        [nominal_rates(each) if demand_unit(each) is DemandUnit.WORK else unknown for each in tunings]
    ).reshape(-1, 2)
    return TokenRates(prompt=rates[:, :1], generation=rates[:, 1:])


def demand_unit(tuning: WorkloadTuning) -> DemandUnit:
    """Return what demand is counted in: work where a replica's token rates are said or learnt, else requests in flight.

    It follows from the tuning alone and never from what is learnt, as memory and forecasts are counted in it.
    """
    in_work = tuning.capacity.prompt_tokens_per_second is not None or tuning.capacity.learn
    return DemandUnit.WORK if in_work else DemandUnit.CONCURRENCY


def nominal_rates(tuning: WorkloadTuning) -> tuple[float, float]:
    """Return prompt and generated tokens per second of a replica, as configured or as a careful guess.

    They are infinite for what costs a role nothing: generated tokens for prefill, prompt tokens for decode.

    Example:
        >>> nominal_rates(WorkloadTuning.model_validate({"capacity": {"role": "decode"}}))
        (inf, 1000.0)
    """
    said = tuning.capacity
    prompt = said.prompt_tokens_per_second or CAREFUL_PROMPT_RATE
    generation = said.generation_tokens_per_second or CAREFUL_GENERATION_RATE
    return (math.inf if said.role == "decode" else prompt, math.inf if said.role == "prefill" else generation)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Load:
    """Load of n workloads at t times, shape (n, t); NaN = unknown."""

    arriving: FloatArray
    """In the unit of demand."""
    at_least: BoolArray
    """Whether more may be arriving: requests pile up, and what arrives is not known, only what is served."""
    waiting: FloatArray
    """Requests that wait in an engine's queue or at a gateway."""
    waiting_work: FloatArray
    """What they cost, in engine-seconds; 0 where demand is counted in requests in flight, NaN while their number or
    cost is unknown."""
    running: FloatArray
    """Requests being computed."""


def measure_load(values: Mapping[Signal, FloatArray], rates: TokenRates) -> Load:
    """Return the load that the signals show.

    Args:
        values: per signal shape (n, t), NaN where it is not known.
        rates: per-replica token rates, shape (n, 1).

    Returns:
        Unknown inputs make unknown outputs, except for parts that may rightly be missing: a gateway's queue, the prefix
        cache, arrivals. With no replica requested or ready there are no engine series: only what waits at the gateway
        counts then, and without a gateway's signal the load is unknown.

    Example:
        3000 prompt tokens/s, a third of them cached, on replicas that prefill 8000/s and generate 2000/s, while 500/s
        are generated: 2000 / 8000 + 500 / 2000.

        >>> cell = lambda number: np.array([[number]])
        >>> signals = {Signal.PROMPT_TOKENS_RATE: cell(3000.0), Signal.PREFIX_CACHE_HIT_RATIO: cell(1 / 3),
        ...     Signal.GENERATION_TOKENS_RATE: cell(500.0), Signal.QUEUE_DEPTH: cell(0.0),
        ...     Signal.REQUESTS_RUNNING: cell(9.0)}
        >>> measure_load(signals, TokenRates(prompt=cell(8000.0), generation=cell(2000.0))).arriving.item()
        0.5
    """
    unknown = unknown_like(values)

    def of(signal: Signal) -> FloatArray:
        return values.get(signal, unknown)

    held = np.nan_to_num(of(Signal.DEMAND_AT_ZERO), nan=0.0)
    waiting = of(Signal.QUEUE_DEPTH) + held
    running = of(Signal.REQUESTS_RUNNING)
    uncached = 1.0 - np.clip(np.nan_to_num(of(Signal.PREFIX_CACHE_HIT_RATIO), nan=0.0), 0.0, 1.0)
    served = (
        of(Signal.PROMPT_TOKENS_RATE) * uncached / rates.prompt + of(Signal.GENERATION_TOKENS_RATE) / rates.generation
    )
    cost = (
        of(Signal.PROMPT_TOKENS_PER_REQUEST) * uncached / rates.prompt
        + of(Signal.GENERATION_TOKENS_PER_REQUEST) / rates.generation
    )
    counted = of(Signal.GATEWAY_ARRIVAL_RATE)
    arrivals = np.where(np.isnan(counted), of(Signal.ARRIVAL_RATE), counted)
    offered = np.where(waiting > 0, arrivals * cost, np.nan)
    in_work = ~np.isnan(rates.prompt)
    arriving = np.where(in_work, np.where(np.isnan(served), np.nan, np.fmax(served, offered)), running + waiting)
    gate = of(Signal.DEMAND_AT_ZERO)
    at_gate = np.where(in_work, np.where(gate == 0, 0.0, np.nan), gate)
    engineless = (of(Signal.REPLICAS_REQUESTED) == 0) | ((of(Signal.REPLICAS_READY) == 0) & np.isnan(running))
    in_line = np.where(engineless, gate, waiting)  # what terminating engines still show is not ours to serve
    return Load(
        arriving=np.where(engineless, at_gate, arriving),
        at_least=in_work & ~engineless & piled_up(waiting, running) & np.isnan(offered),
        waiting=in_line,
        waiting_work=np.where(in_work & (in_line != 0), in_line * cost, in_line * 0.0),  # unknown stays unknown
        running=np.where(engineless, 0.0, running),
    )
