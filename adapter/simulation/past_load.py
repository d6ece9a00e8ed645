"""What arrived at a workload in the past, and days of it dealt to ticks.

Must not know who serves it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from adapter.simulation.arrays import Floats, Ints
from adapter.simulation.lanes import TICK_S, Arrivals
from adapter.simulation.pods import FIRST_TOKEN_TIMEOUT_S
from adapter.simulation.profiles import RequestShape

DAY_MIN: Final = 1440
WARM_UP_MIN: Final = 60
"""Minutes before each day that are played and not scored."""
PER_MIN: Final = round(60 / TICK_S)


def days_within(minutes: int, *, most: int) -> int:
    """Return how many whole days of a past can be tried, each with its warm-up before it.

    Example:
        >>> days_within(2 * 1440 + 59, most=7), days_within(2 * 1440 + 60, most=7)
        (1, 2)
    """
    return min(max(minutes - WARM_UP_MIN, 0) // DAY_MIN, most)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PastLoad:
    """What arrived in each minute, oldest first, shape (t,); the first minute begins on a multiple of ten minutes."""

    requests: Floats
    """Whole requests."""
    prompt_tokens: Floats
    """Mean of a request, > 0; cached ones left out."""
    output_tokens: Floats
    """Mean of a request, >= 1."""
    demand: Floats
    """As decisions see it, in their unit; NaN where it is not known."""

    @property
    def shape(self) -> RequestShape:
        """Return the mean lengths of its requests."""
        weights = self.requests if self.requests.any() else None
        return RequestShape(
            prompt_tokens=float(np.average(self.prompt_tokens, weights=weights)),
            output_tokens=float(np.average(self.output_tokens, weights=weights)),
        )

    def minutes_of(self, days: Sequence[int]) -> Ints:
        """Return the minutes of some days and their warm-up, shape (days, minutes).

        Args:
            days: counted back from the end: 1 is the last one.
        """
        starts = len(self.requests) - DAY_MIN * np.array(days) - WARM_UP_MIN
        minutes: Ints = starts[:, None] + np.arange(DAY_MIN + WARM_UP_MIN)[None, :]
        return minutes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayLoad:
    """The load of all days, tick by tick, shape (days, ticks)."""

    requests: Floats
    prompt_tokens: Floats
    output_tokens: Floats
    recent: Floats
    """Requests within the time in which a first token must come, the tick included."""
    cost: Floats
    """Demand per request a second, in the unit of demand."""

    def at(self, tick: int) -> Arrivals:
        """Return one tick of all days."""
        return Arrivals(
            requests=self.requests[:, tick],
            prompt_tokens=self.prompt_tokens[:, tick],
            output_tokens=self.output_tokens[:, tick],
            recent=self.recent[:, tick],
        )


def deal(past: PastLoad, minutes: Ints, *, seed: int) -> DayLoad:
    """Return the load of days.

    Args:
        past: what arrived.
        minutes: result of `PastLoad.minutes_of`.
        seed: deals the requests of a minute to its ticks at random.
    """
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(np.rint(past.requests).astype(np.int64), np.full(PER_MIN, 1 / PER_MIN))
    rate = past.requests / 60
    known = (rate > 0) & (past.demand > 0)
    usual = float(past.demand[known].sum() / rate[known].sum()) if known.any() else 0.0
    cost = np.divide(past.demand, rate, out=np.full(len(rate), usual), where=known)
    rows = np.repeat(minutes, PER_MIN, axis=1)
    requests = counts[minutes].reshape(len(minutes), -1).astype(np.float64)
    total = np.cumsum(requests, axis=1)
    patience = int(FIRST_TOKEN_TIMEOUT_S / TICK_S)
    return DayLoad(
        requests=requests,
        recent=total - np.pad(total, ((0, 0), (patience, 0)))[:, :-patience],
        prompt_tokens=past.prompt_tokens[rows],
        output_tokens=past.output_tokens[rows],
        cost=cost[rows],
    )
