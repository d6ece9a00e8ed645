"""What the last minute showed of a count: its lowest and its highest, for a whole fleet.

It is read from memory rather than carried along, so that a restarted process that reads memory back knows it too.
Must not know: what is counted.
"""

from typing import Final

import numpy as np

from adapter.core.history import Tier

MINUTE_S: Final = 60.0
Extremes = tuple[int, int] | None
"""Lowest and highest; None where nothing is known."""


def extremes(tier: Tier, *, at: float, span_s: float = MINUTE_S) -> list[Extremes]:
    """Return the lowest and highest of each row within a span that ends now, its beginning included.

    Args:
        tier: samples of the count.
        at: now, seconds since epoch.
        span_s: how far back.

    Example:
        >>> from adapter.core.history import TierSpec
        >>> values = np.array([[9.0, 2.0, np.nan, 4.0], [np.nan] * 4], dtype=np.float32)
        >>> extremes(Tier(spec=TierSpec(step_s=30.0, columns=4), end=100.0, values=values), at=100.0)
        [(2, 4), None]
    """
    times = tier.times()
    values = tier.values[:, (times >= at - span_s) & (times <= at)]
    known = ~np.isnan(values)
    lowest = np.where(known, values, np.inf).min(axis=1, initial=np.inf).tolist()
    highest = np.where(known, values, -np.inf).max(axis=1, initial=-np.inf).tolist()
    return [None if low > high else (round(low), round(high)) for low, high in zip(lowest, highest, strict=True)]
