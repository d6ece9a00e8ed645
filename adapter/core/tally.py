"""What single steps add up to until the next ten-minute mark, for a loop that cannot read ten minutes back.

The loop in a cluster asks its source for the ten minutes as a whole; a loop of one's own only has what each step
showed. Must not know: what is learnt from the sums.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from adapter.core.signal import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Sums since the last mark; empty at first."""

    slowest_start_s: float = math.nan
    """Slowest start that ended; NaN for none."""
    requests: float = 0.0
    """Requests of which it is known whether they met their objective."""
    missed: float = 0.0
    """How many of them did not."""
    sums: Mapping[Signal, tuple[float, int]] = field(default_factory=dict)
    """Of signals: the sum of what was known, and of how many steps."""

    def watched(self, seen: Mapping[Signal, float]) -> "Tally":
        """Return the sums after a step that showed some signals; what is NaN adds nothing.

        Example:
            >>> tally = Tally().watched({Signal.REPLICAS_READY: 2.0}).watched({Signal.REPLICAS_READY: 3.0})
            >>> tally.mean(Signal.REPLICAS_READY)
            2.5
        """
        sums = dict(self.sums)
        for signal, value in seen.items():
            if not math.isnan(value):
                total, count = sums.get(signal, (0.0, 0))
                sums[signal] = total + value, count + 1
        return replace(self, sums=sums)

    def mean(self, signal: Signal) -> float:
        """Return the mean of a signal; NaN where nothing was known."""
        total, count = self.sums.get(signal, (0.0, 0))
        return total / count if count else math.nan

    def after(self, *, start_s: float, arrivals: float, attained: float) -> "Tally":
        """Return the sums after a step; what is NaN adds nothing.

        Args:
            start_s: slowest start that ended since the step before.
            arrivals: requests that came since the step before.
            attained: share of them that met their objective.

        Example:
            >>> Tally().after(start_s=90.0, arrivals=200.0, attained=0.9).attained
            0.9
        """
        slowest = self.slowest_start_s if not start_s > self.slowest_start_s else start_s
        if math.isnan(slowest):
            slowest = start_s
        if math.isnan(arrivals) or math.isnan(attained):
            return replace(self, slowest_start_s=slowest)
        requests, missed = self.requests + arrivals, self.missed + arrivals * (1.0 - attained)
        return replace(self, slowest_start_s=slowest, requests=requests, missed=missed)

    @property
    def attained(self) -> float:
        """Return the share of requests that met their objective; NaN without requests."""
        return 1.0 - self.missed / self.requests if self.requests > 0 else math.nan
