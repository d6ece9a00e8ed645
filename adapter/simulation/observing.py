"""The signals of one simulated fleet, as the vllm preset reads them from a Prometheus that scrapes it.

What no engine exports is absent, never 0: with no engine up, rates and queues are absent although a window may still
hold samples; the gateway's queue is there at zero replicas too. Everything that is there is fresh: faults are the
business of other tests.
"""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from adapter.core.signal import FleetReadings, Grid, Readings, Signal, State
from adapter.core.workload import WorkloadId
from adapter.simulation.scrapes import Rates, ScrapeMemory

SIGNALS: Final = (
    Signal.QUEUE_DEPTH,
    Signal.REQUESTS_RUNNING,
    Signal.ARRIVAL_RATE,
    Signal.PROMPT_TOKENS_RATE,
    Signal.GENERATION_TOKENS_RATE,
    Signal.PROMPT_TOKENS_PER_REQUEST,
    Signal.GENERATION_TOKENS_PER_REQUEST,
    Signal.PREFIX_CACHE_HIT_RATIO,
    Signal.KV_CACHE_USAGE,
    Signal.REPLICAS_REQUESTED,
    Signal.REPLICAS_STATUS,
    Signal.REPLICAS_READY,
    Signal.DEMAND_AT_ZERO,
)


def read_signals(
    memory: ScrapeMemory, workload: WorkloadId, *, at: float, at_s: float, window_s: float
) -> FleetReadings:
    """Return the readings of one tick.

    Args:
        memory: at least one scrape, the newest at or before `at_s`.
        workload: whose fleet it is.
        at: tick time, seconds since epoch.
        at_s: the time that is asked for, seconds of the fleet: the tick less its settling delay.
        window_s: of rates.
    """
    values = measure(memory, at_s=at_s, window_s=window_s)
    age_s = at_s - memory.newest.at_s if memory.newest else math.nan
    readings = {signal: _cell(values.get(signal, math.nan), age_s) for signal in SIGNALS}
    return FleetReadings(ids=(workload,), grid=Grid(start=at, step_s=1.0), readings=readings)


def measure(memory: ScrapeMemory, *, at_s: float, window_s: float) -> Mapping[Signal, float]:
    """Return the signals that the fleet shows; what it does not show is left out or NaN."""
    seen = memory.newest
    if seen is None:
        return {}
    values = {
        Signal.REPLICAS_REQUESTED: float(seen.scale.replicas),
        Signal.REPLICAS_STATUS: float(seen.scale.status_replicas),
        Signal.REPLICAS_READY: float(seen.scale.ready_replicas),
        Signal.DEMAND_AT_ZERO: float(seen.held),
    }
    if not seen.engines:
        return values
    values |= {
        Signal.QUEUE_DEPTH: float(seen.waiting),
        Signal.REQUESTS_RUNNING: float(seen.running),
        Signal.KV_CACHE_USAGE: seen.kv_usage / seen.engines,
    }
    rates = memory.rates(at_s=at_s, window_s=window_s)
    return values if rates is None else values | _rated(rates)


def _rated(rates: Rates) -> dict[Signal, float]:
    succeeded = rates.rate("succeeded")
    return {
        Signal.PROMPT_TOKENS_RATE: rates.rate("prompt_tokens"),
        Signal.GENERATION_TOKENS_RATE: rates.rate("generation_tokens"),
        Signal.PREFIX_CACHE_HIT_RATIO: _ratio(rates.rate("cached_tokens"), rates.rate("prompt_tokens")),
        Signal.PROMPT_TOKENS_PER_REQUEST: _ratio(rates.rate("finished_prompt_tokens"), succeeded),
        Signal.GENERATION_TOKENS_PER_REQUEST: _ratio(rates.rate("finished_output_tokens"), succeeded),
        Signal.ARRIVAL_RATE: max(rates.rate("ended") + rates.deriv("running") + rates.deriv("waiting"), 0.0),
    }


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else math.nan


def _cell(value: float, age_s: float) -> Readings:
    known = not math.isnan(value)
    return Readings(
        value=np.array([[value]]),
        state=np.array([[State.FRESH if known else State.ABSENT]], dtype=np.uint8),
        age_s=np.array([[age_s if known else math.nan]]),
        coverage=np.array([[1.0 if known else math.nan]]),
    )
