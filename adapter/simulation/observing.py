"""The signals of one simulated fleet, as the vllm preset reads them from a Prometheus that scrapes it.

What no engine exports is absent, never 0: with no engine up, rates and queues are absent although a window may still
hold samples; the gateway's queue is there at zero replicas too. Everything that is there is fresh: faults are the
business of other tests.
"""

import math
from collections.abc import Mapping

from adapter.core.signal import Reading, Signal, State
from adapter.simulation.scrapes import Rates, ScrapeMemory


def read_signals(memory: ScrapeMemory, *, at_s: float, window_s: float) -> dict[Signal, Reading]:
    """Return the readings of one tick; a signal that is left out is absent.

    Args:
        memory: what was scraped, the newest at or before `at_s`.
        at_s: the time that is asked for, seconds of the fleet: the tick less its settling delay.
        window_s: of rates.
    """
    values = measure(memory, at_s=at_s, window_s=window_s)
    age_s = at_s - memory.newest.at_s if memory.newest else math.nan
    return {
        signal: Reading(state=State.FRESH, value=value, age_s=age_s, coverage=1.0)
        for signal, value in values.items()
        if not math.isnan(value)
    }


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
        Signal.TTFT_ATTAINED: _ratio(rates.rate("ttft_in_time"), rates.rate("ttft_count")),
        Signal.ITL_ATTAINED: _ratio(rates.rate("itl_in_time"), rates.rate("itl_count")),
        Signal.ARRIVAL_RATE: max(rates.rate("ended") + rates.deriv("running") + rates.deriv("waiting"), 0.0),
    }


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else math.nan
