"""Whether an engine was full: what it served then is less than what arrived.

Token counters show work served. While requests pile up in front of the engines, demand read from them is a lower bound:
such a step is marked censored for forecasts, teaches no capacity, and is no base of a back-test.

A few requests always wait for the next iteration, more of them the more there are; that is no saturation.
Must not know: what is done with the mark.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapter.core.signal import FloatArray, Signal

WAITING_SHARE: Final = 0.1
"""Requests that wait, as a share of those that are computed: more is a queue that grows."""
FEWEST_WAITING: Final = 2.0
"""Fewer are between two iterations."""


def saturated(values: Mapping[Signal, FloatArray]) -> NDArray[np.bool_]:
    """Tell of each step whether more arrived than could be served; where too little is known, it is not claimed.

    This is what a forecaster takes as `censored`, and what learning of capacity leaves out.

    Args:
        values: per signal shape (n, t), NaN where it is not known; queue depth, requests running and what waits at the
            gateway are read.

    Returns:
        Shape (n, t). With nothing running and requests waiting, as while the first replica starts, it is saturated.

    Example:
        >>> waiting, running = np.array([[1.0, 9.0, 30.0, np.nan]]), np.array([[5.0, 200.0, 200.0, 200.0]])
        >>> saturated({Signal.QUEUE_DEPTH: waiting, Signal.REQUESTS_RUNNING: running}).tolist()
        [[False, False, True, False]]
    """
    unknown = np.full(np.broadcast_shapes((1, 1), *(each.shape for each in values.values())), np.nan)
    queued, held, running = (
        values.get(signal, unknown) for signal in (Signal.QUEUE_DEPTH, Signal.DEMAND_AT_ZERO, Signal.REQUESTS_RUNNING)
    )
    return piled_up(np.nan_to_num(queued) + np.nan_to_num(held), np.nan_to_num(running))


def piled_up(waiting: FloatArray, running: FloatArray) -> NDArray[np.bool_]:
    """Tell whether requests wait that engines have no room for; NaN is False."""
    full: NDArray[np.bool_] = (waiting >= FEWEST_WAITING) & (waiting > WAITING_SHARE * running)
    return full
