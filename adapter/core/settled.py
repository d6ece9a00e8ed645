"""What one engine did in ten settled minutes, which is what its speed is learnt from.

Only stretches teach in which nothing but the load decided how engines fared: the same replicas were ready from
beginning to end and no others were asked for, so that nothing started or drained; no rollout, no crashing replica, no
queue, hardly a preemption, and enough requests that a mean over them means something. Everything else is a gap.
Must not know: what is learnt from it.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from adapter.core.signal import BoolArray, FloatArray, Signal, unknown_like

NOTED: Final = (
    Signal.PROMPT_TOKENS_RATE,
    Signal.GENERATION_TOKENS_RATE,
    Signal.REQUESTS_RUNNING,
    Signal.KV_CACHE_USAGE,
)
"""What is noted, of one engine on average: uncached prompt tokens/s, generated tokens/s, requests being computed, and
the share of the KV cache that one request takes."""

GAUGES: Final = (Signal.REQUESTS_RUNNING_AVERAGED, Signal.QUEUE_DEPTH_AVERAGED, Signal.REPLICAS_READY_AVERAGED)
"""Means over the ten minutes of what is otherwise read at one moment."""

READ: Final = (
    *GAUGES,
    Signal.PROMPT_TOKENS_RATE,
    Signal.PREFIX_CACHE_HIT_RATIO,
    Signal.GENERATION_TOKENS_RATE,
    Signal.REQUESTS_RUNNING,
    Signal.KV_CACHE_USAGE,
    Signal.PREEMPTIONS,
    Signal.REPLICAS_REQUESTED,
    Signal.REPLICAS_READY,
    Signal.REPLICAS_OUTDATED,
    Signal.REPLICAS_CRASHING,
)
"""What it is reckoned from."""

WATCHED: Final = (Signal.QUEUE_DEPTH, *(signal for signal in READ if signal not in GAUGES))
"""The same for whoever watches all the time and can take means of it."""

MOST_WAITING: Final = 0.05
"""Requests that wait, as a share of those that are computed: more is close to saturation, which teaches no slope."""
LEAST_RUNNING: Final = 0.5
"""Requests in an engine on average: with fewer, it idles between them."""
MOST_PREEMPTIONS: Final = 0.01
"""Per second and engine: more is a KV cache that is full."""


def settled_engines(values: Mapping[Signal, FloatArray]) -> dict[Signal, FloatArray]:
    """Return what one engine did in each ten minutes, by `NOTED`, shape (n, m); NaN where they were not settled.

    Args:
        values: per signal of `READ` shape (n, m), rates and means over the ten minutes; what is left out is not known.

    Example:
        Two replicas, 400 prompt tokens/s, half of them cached, 600 generated, 12 requests in flight:

        >>> seen = {Signal.PROMPT_TOKENS_RATE: 400.0, Signal.PREFIX_CACHE_HIT_RATIO: 0.5,
        ...     Signal.GENERATION_TOKENS_RATE: 600.0, Signal.REQUESTS_RUNNING_AVERAGED: 12.0,
        ...     Signal.QUEUE_DEPTH_AVERAGED: 0.0, Signal.REPLICAS_REQUESTED: 2.0, Signal.REPLICAS_READY: 2.0,
        ...     Signal.REPLICAS_READY_AVERAGED: 2.0}
        >>> noted = settled_engines({signal: np.array([[value]]) for signal, value in seen.items()})
        >>> [noted[signal].item() for signal in NOTED]
        [100.0, 300.0, 6.0, nan]
    """
    unknown = unknown_like(values)
    seen = {signal: values.get(signal, unknown) for signal in READ}
    ready = np.where(seen[Signal.REPLICAS_READY] > 0, seen[Signal.REPLICAS_READY], np.nan)
    uncached = 1.0 - np.clip(np.nan_to_num(seen[Signal.PREFIX_CACHE_HIT_RATIO]), 0.0, 1.0)
    now = np.where(seen[Signal.REQUESTS_RUNNING] > 0, seen[Signal.REQUESTS_RUNNING], np.nan) / ready
    noted = {
        Signal.PROMPT_TOKENS_RATE: seen[Signal.PROMPT_TOKENS_RATE] * uncached / ready,
        Signal.GENERATION_TOKENS_RATE: seen[Signal.GENERATION_TOKENS_RATE] / ready,
        Signal.REQUESTS_RUNNING: seen[Signal.REQUESTS_RUNNING_AVERAGED] / ready,
        Signal.KV_CACHE_USAGE: seen[Signal.KV_CACHE_USAGE] / now,
    }
    settled = _settled(seen, ready=ready) & (noted[Signal.REQUESTS_RUNNING] >= LEAST_RUNNING)
    settled &= (noted[Signal.GENERATION_TOKENS_RATE] > 0) & np.isfinite(noted[Signal.PROMPT_TOKENS_RATE])
    return {signal: np.where(settled, each, np.nan) for signal, each in noted.items()}


def settled_by_means(means: Mapping[Signal, FloatArray]) -> dict[Signal, FloatArray]:
    """Return the same from means of what was watched over ten minutes.

    Args:
        means: per signal of `WATCHED` shape (n, m), NaN where nothing was known; what is left out is not known.
    """
    unknown = unknown_like(means)
    ready = means.get(Signal.REPLICAS_READY, unknown)
    averaged = {
        Signal.REPLICAS_READY: np.rint(ready),
        Signal.REPLICAS_READY_AVERAGED: ready,
        Signal.REQUESTS_RUNNING_AVERAGED: means.get(Signal.REQUESTS_RUNNING, unknown),
        Signal.QUEUE_DEPTH_AVERAGED: means.get(Signal.QUEUE_DEPTH, unknown),
    }
    return settled_engines({**means, **averaged})


def _settled(seen: Mapping[Signal, FloatArray], *, ready: FloatArray) -> BoolArray:
    """Tell where only the load decided; unknown counts, queues and means are not settled, unknown troubles are none."""
    steady = (seen[Signal.REPLICAS_REQUESTED] == ready) & (
        np.abs(seen[Signal.REPLICAS_READY_AVERAGED] - ready) < 1e-3  # another count at one scrape shows in the mean
    )
    easy = seen[Signal.QUEUE_DEPTH_AVERAGED] <= MOST_WAITING * seen[Signal.REQUESTS_RUNNING_AVERAGED]
    troubled = (seen[Signal.REPLICAS_OUTDATED] > 0) | (seen[Signal.REPLICAS_CRASHING] > 0)
    settled: BoolArray = steady & easy & ~troubled & ~(seen[Signal.PREEMPTIONS] > MOST_PREEMPTIONS * ready)
    return settled
