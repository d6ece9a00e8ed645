"""Flapping: a workload that gives replicas back and wants them again, over and over, and the longer hold that ends it.

A turn is a scale-out that follows a scale-in: a restart paid for. One or two in half an hour are the load's own doing,
from three on the hold is too short for this load, and it is widened for as long as they are remembered.
Must not know: why replicas were asked for.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from adapter.core.history import Tier
from adapter.core.tuning import WorkloadTuning

SPAN_S: Final = 1800.0
MANY: Final = 3  # turns within the span that are flapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """How long a plan is not lowered below the highest of that time."""

    seconds: float
    why: str = ""
    """Why it is not the one that is configured; empty when it is."""


def scale_in_hold(tuning: WorkloadTuning, *, turns: int) -> Hold:
    """Return the hold of a workload that has turned so often of late.

    Example:
        >>> [scale_in_hold(WorkloadTuning(), turns=count).seconds for count in (2, 3)]
        [360.0, 540.0]
    """
    hold = tuning.hold
    if turns < MANY or hold.flapping == 1:
        return Hold(seconds=hold.scale_in)
    why = f"{hold.flapping:g} times as long, for it flaps: {turns} turns from in to out in {SPAN_S / 60:.0f} min"
    return Hold(seconds=hold.flapping * hold.scale_in, why=why)


def turns_of(requested: Tier, *, at: float) -> list[int]:
    """Return how often each workload has turned from scale-in to scale-out within the span.

    Args:
        requested: remembered counts of requested replicas; gaps are passed over.
        at: now, seconds since epoch.

    Example:
        >>> from adapter.core.history import TierSpec
        >>> values = np.array([[4.0, 2.0, np.nan, 3.0, 1.0, 2.0], [1.0, 2.0, 3.0, 3.0, 2.0, 1.0]], dtype=np.float32)
        >>> turns_of(Tier(spec=TierSpec(step_s=60.0, columns=6), end=300.0, values=values), at=300.0)
        [2, 0]
    """
    values = requested.values[:, requested.times() > at - SPAN_S]
    known = ~np.isnan(values)
    highest = np.where(known, values, -np.inf).max(axis=1, initial=-np.inf)
    moved = highest > np.where(known, values, np.inf).min(axis=1, initial=np.inf)
    turns = [0] * values.shape[0]
    for row in np.flatnonzero(moved).tolist():
        steps = np.diff(values[row][known[row]])
        steps = steps[steps != 0]
        turns[row] = int(np.count_nonzero((steps[:-1] < 0) & (steps[1:] > 0)))
    return turns
