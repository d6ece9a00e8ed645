"""Whether an engine was full: what it served then is less than what arrived.

Token counters show work served. While requests pile up in front of the engines, demand read from them is a lower bound,
and such a step is marked censored for forecasts.

A few requests always wait for the next iteration, more of them the more there are; that is no saturation.
Must not know: what is done with the mark.
"""

from typing import Final

from adapter.core.signal import BoolArray, FloatArray

WAITING_SHARE: Final = 0.1
"""Requests that wait, as a share of those that are computed: more is a queue that grows."""
FEWEST_WAITING: Final = 2.0
"""Fewer are between two iterations."""


def piled_up(waiting: FloatArray, running: FloatArray) -> BoolArray:
    """Tell of each step whether requests wait that engines have no room for; where too little is known, it is not said.

    Args:
        waiting: requests in engines' queues and at a gateway, shape (n, t), NaN where it is not known.
        running: requests being computed, shape (n, t); likewise.

    Returns:
        Shape (n, t). With nothing running and requests waiting, as while the first replica starts, they pile up.

    Example:
        >>> import numpy as np
        >>> waiting, running = np.array([[1.0, 9.0, 30.0, np.nan]]), np.array([[5.0, 200.0, 200.0, 200.0]])
        >>> piled_up(waiting, running).tolist()
        [[False, False, True, False]]
    """
    full: BoolArray = (waiting >= FEWEST_WAITING) & (waiting > WAITING_SHARE * running)
    return full
