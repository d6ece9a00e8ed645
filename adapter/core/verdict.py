"""What back-testing came to: which choice is the best for a workload, and whether it is good enough to change anything.

A choice costs its replica-hours plus a stated price for the work that missed its objective beyond the share that was
agreed, day by day, so that a bad day is not made up for by a good one. Days are a small sample, and the best of many
choices is partly lucky, so what is in force stays unless a choice is cheaper by a stated share, and by more than
chance explains: by 90 % confidence over the differences of the days (Student's t).
Must not know: how choices are played.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from adapter.core.knobs import Knobs
from adapter.core.signal import FloatArray

_STUDENT: Final = (3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372, 1.363, 1.356)
"""90 % quantiles of Student's t with 1, 2, ... degrees of freedom."""
FEWEST_DAYS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What a choice came to over all days that were tried."""

    replica_hours: float
    attained: float
    """Share of requests that met their objective."""
    cost: float
    """Replica-hours, and the price of what was missed beyond what was agreed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What back-testing says about one workload."""

    cut: float
    """End of the history that was tried, seconds since epoch."""
    days: int
    """Days that were tried; 0 where nothing could be concluded."""
    standing: Knobs
    """What is in force by the tuning document."""
    chosen: Knobs
    """What is best; `standing` where that stays."""
    reason: str
    """Why it stays, or why nothing could be concluded; empty where something better was found."""
    engine: str = ""
    """How the engine that was played is known."""
    before: Worth | None = None
    """Of `standing`; None where nothing could be concluded."""
    after: Worth | None = None
    """Of `chosen`."""
    reactive: Worth | None = None
    """Of the best choice without a forecast."""

    @property
    def changes(self) -> bool:
        """Tell whether something else than what is in force was chosen."""
        return self.chosen != self.standing

    @property
    def cheaper_than_before(self) -> float:
        """Return how much less the choice costs than what is in force; NaN where nothing could be concluded."""
        return _cheaper(self.after, self.before)

    @property
    def cheaper_than_reactive(self) -> float:
        """Return how much less the choice costs than the best one without a forecast; NaN where there is none."""
        return _cheaper(self.after, self.reactive)

    def __str__(self) -> str:
        """Return the verdict in a sentence."""
        if self.after is None:
            return f"{self.chosen}: kept, {self.reason}"
        over = f"over your last {self.days} days at {self.after.attained:.1%}"
        parts = [f"{self.chosen}: {_compared(self.cheaper_than_reactive)} than reactive {over}"]
        if self.changes:
            parts.append(f"{_compared(self.cheaper_than_before)} than {self.standing}")
        return ", ".join(parts) + (f"; kept, {self.reason}" if self.reason else "")


def undecided(standing: Knobs, *, cut: float, reason: str) -> Verdict:
    """Return the verdict that nothing can be concluded, for a reason; what is in force stays."""
    return Verdict(cut=cut, days=0, standing=standing, chosen=standing, reason=reason)


def costs_of(
    replica_hours: FloatArray, missed: FloatArray, *, work_hours: FloatArray, agreed: float, price: float
) -> FloatArray:
    """Return what choices cost each day, replica-hours, shape (choices, days).

    Args:
        replica_hours: billed, shape (choices, days).
        missed: share of the requests that missed their objective, shape (choices, days).
        work_hours: replica-hours that the requests of each day take at full load, shape (days,).
        agreed: share of requests that should meet their objective.
        price: of an hour of work that missed beyond what was agreed, in replica-hours.

    Example:
        Ten replica-hours, six of work, 3 % missed where 2 % may be: 10 + 30 x 0.01 x 6.

        >>> cell = np.array([[10.0]])
        >>> costs_of(cell, np.array([[0.03]]), work_hours=np.array([6.0]), agreed=0.98, price=30.0).round(6).tolist()
        [[11.8]]
    """
    beyond = np.maximum(missed - (1.0 - agreed), 0.0)
    costs: FloatArray = replica_hours + price * beyond * work_hours
    return costs


def best(costs: FloatArray, *, standing: int, least_gain: float) -> tuple[int, str]:
    """Return the choice to make, and why what is in force stays if it does.

    Of the choices that are better for certain, it is the one whose mean cost and standard error of the saving are
    least; of equal ones the first.

    Args:
        costs: shape (choices, days), at least two days.
        standing: which choice is in force.
        least_gain: share of its cost that another one must save.

    Example:
        >>> best(np.array([[10.0, 12.0], [7.0, 8.9], [1.0, 40.0]]), standing=0, least_gain=0.05)
        (1, '')
    """
    days = costs.shape[1]
    saved = costs[standing] - costs
    mean, error = saved.mean(axis=1), saved.std(axis=1, ddof=1) / math.sqrt(days)
    wanted = least_gain * float(costs[standing].mean())
    enough = (mean > 0) & (mean >= wanted)
    sure = enough & (mean > _STUDENT[min(days - 1, len(_STUDENT)) - 1] * error)
    if sure.any():
        return int(np.argmin(np.where(sure, error - mean, np.inf))), ""
    if enough.any():
        return standing, "the days differ too much to tell anything better from luck"
    return standing, f"nothing tried costs {least_gain:.0%} less" if least_gain else "nothing tried costs less"


def _cheaper(one: Worth | None, other: Worth | None) -> float:
    return math.nan if one is None or other is None or not other.cost > 0 else 1 - one.cost / other.cost


def _compared(cheaper: float) -> str:
    if abs(cheaper) < 0.005:
        return "no cheaper"
    return f"{abs(cheaper):.0%} {'cheaper' if cheaper > 0 else 'dearer'}"
