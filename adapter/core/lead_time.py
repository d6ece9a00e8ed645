"""Time from asking for a replica to that replica serving: how far ahead we look.

The forecast has a ladder of horizons common to all workloads; a lead time is read at the next rung up, because the peak
over a longer window is never lower, so rounding up errs on the side of capacity.
"""

from bisect import bisect_left
from collections.abc import Sequence

HORIZON_LADDER_S: tuple[float, ...] = tuple(
    60.0 * minutes for minutes in (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 45, 60, 90, 120)
)
"""Seconds ahead; all multiples of the minute grid that demand is forecast on."""


def rung(lead_s: float, horizons_s: Sequence[float]) -> int:
    """Return the index of the first horizon at or above a lead time, the last one if none is.

    Example:
        >>> rung(200.0, (60.0, 180.0, 300.0))
        2
    """
    return min(bisect_left(horizons_s, lead_s), len(horizons_s) - 1)
