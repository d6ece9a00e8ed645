"""What the last minute showed of a count: its lowest and its highest, for a whole fleet.

It is read from memory rather than carried along, so that a restarted process that reads memory back knows it too.
Must not know: what is counted.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from adapter.core.history import Tier
from adapter.core.hpa_behavior import ScaleEvent
from adapter.core.units import Seconds

MINUTE_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """What was requested of one workload of late."""

    turns: int = 0
    """Scale-outs that followed a scale-in, see `flapping.turns_of`."""
    changes: tuple[ScaleEvent, ...] = ()
    """Changes that the policies of its HPA count."""
    requested: int | None = None
    """The newest count that is remembered, up to an hour old; None when none is."""


NOTHING_RECENT: Final = Recent()
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


def changes_of(tier: Tier, row: int, *, at: float, span_s: float) -> tuple[ScaleEvent, ...]:
    """Return the changes of one row within a span that ends now; gaps are passed over.

    Example:
        >>> from adapter.core.history import TierSpec
        >>> values = np.array([[2.0, 4.0, np.nan, 3.0]], dtype=np.float32)
        >>> tier = Tier(spec=TierSpec(step_s=15.0, columns=4), end=45.0, values=values)
        >>> [(each.at, each.change) for each in changes_of(tier, 0, at=45.0, span_s=60.0)]
        [(15.0, 2), (45.0, -1)]
    """
    known = ~np.isnan(tier.values[row])
    times, values = tier.times()[known], tier.values[row][known]
    moved = np.flatnonzero((np.diff(values) != 0) & (times[1:] > at - span_s)) + 1
    return tuple(
        ScaleEvent(at=Seconds(float(times[index])), change=round(float(values[index] - values[index - 1])))
        for index in moved.tolist()
    )
