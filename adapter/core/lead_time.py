"""Time from asking for a replica to that replica serving: how far ahead we look.

It is learnt per workload from the starts of the last two weeks; what is configured is the prior, which fades as starts
are seen and stays the answer where none can be. A sample is the slowest of the starts that ended within the same ten
minutes: replicas asked for together are there when the last of them is.

**Which quantile.** With a horizon shorter than a start, the load that comes in between is missed; with a longer one,
replicas are asked for earlier than need be. Being early by d seconds costs d seconds of one replica, and the
peak that is sized for grows only slowly with the window it is taken over; being late by d seconds costs d seconds of
missed objectives, for which people commonly pay at least four times as much. By the newsvendor's rule that is the
quantile 4 / (4 + 1) = 0.8 of the lead time.

The forecast has a ladder of horizons common to all workloads; a lead time is read at the next rung up, because the peak
over a longer window is never lower, so rounding up errs on the side of capacity.
Must not know: where starts are read, tuning, time.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from adapter.core.signal import FloatArray

HORIZON_LADDER_S: tuple[float, ...] = tuple(
    60.0 * minutes for minutes in (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 45, 60, 90, 120)
)
"""Seconds ahead; all multiples of the minute grid that demand is forecast on."""

LOOK_AHEAD_QUANTILE: Final = 0.8
TAIL_QUANTILE: Final = 0.95  # beyond three times this a start counts as stuck
PRIOR_STARTS: Final = 3.0  # the prior weighs as much as three starts
NEWEST_STARTS: Final = 50  # older ones are forgotten: images, nodes and models change


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadTime:
    """How long a replica takes to serve, and how well that is known. All quantiles contain the prior's share."""

    seconds: float
    """How far ahead decisions look: the quantile 0.8."""
    median_s: float
    tail_s: float
    """The quantile 0.95."""
    source: Literal["configured", "learnt"]
    samples: int
    """Starts it was learnt from; those that ended within the same ten minutes count as one."""
    confidence: float
    """Weight of what was learnt against the prior, in [0, 1): 0 without a start, 0.5 with three."""
    prior_s: float
    """What is configured."""

    @property
    def origin(self) -> str:
        """Return where it comes from, for people."""
        if not self.samples:
            return self.source
        return f"{self.source} from {self.samples} start{'' if self.samples == 1 else 's'}"


def configured(prior_s: float) -> LeadTime:
    """Return the lead time while no start has been seen."""
    return learn_lead_time(np.empty(0), prior_s=prior_s)


def learn_lead_time(starts_s: FloatArray, *, prior_s: float) -> LeadTime:
    """Return the lead time that a series of starts shows.

    Quantiles of the newest starts are drawn towards the prior with weight 3 / (n + 3), so that one odd start does not
    decide, and the answer always lies between the prior and what was observed.

    Args:
        starts_s: seconds from creation to first readiness, oldest first, NaN = none.
        prior_s: what is configured, seconds.

    Example:
        >>> lead = learn_lead_time(np.array([100.0, np.nan, 200.0, 300.0]), prior_s=180.0)
        >>> round(lead.seconds, 6), lead.median_s, lead.samples, lead.confidence  # 0.8 quantile: 260; (260 + 180) / 2
        (220.0, 190.0, 3, 0.5)
    """
    seen = starts_s[~np.isnan(starts_s)][-NEWEST_STARTS:]
    weight = seen.size / (seen.size + PRIOR_STARTS)
    levels = (0.5, LOOK_AHEAD_QUANTILE, TAIL_QUANTILE)
    shown = np.quantile(seen, levels).tolist() if seen.size else [prior_s] * len(levels)
    median_s, seconds, tail_s = (prior_s + weight * (each - prior_s) for each in shown)
    return LeadTime(
        seconds=seconds,
        median_s=median_s,
        tail_s=tail_s,
        source="learnt" if seen.size else "configured",
        samples=int(seen.size),
        confidence=weight,
        prior_s=prior_s,
    )


def rung(lead_s: float, horizons_s: Sequence[float]) -> int:
    """Return the index of the first horizon at or above a lead time, the last one if none is.

    Example:
        >>> rung(200.0, (60.0, 180.0, 300.0))
        2
    """
    return min(bisect_left(horizons_s, lead_s), len(horizons_s) - 1)
