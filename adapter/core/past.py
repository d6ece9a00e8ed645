"""A workload's past, as somebody who has it writes it down, and the memory that it makes.

Why it exists: a process that has watched for weeks forecasts better than one that has just begun. Prometheus is read
back by the loop itself; everybody else hands over columns of numbers.
Must not know: where the numbers come from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from adapter.core.fold import load_of
from adapter.core.history import COARSE_TIER, MINUTE_TIER, History, append, record_minutes
from adapter.core.marks import with_settled
from adapter.core.settled import WATCHED, settled_by_means
from adapter.core.signal import FloatArray, Signal
from adapter.core.tuning import TunedWorkload


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Past:
    """Samples of some signals on one grid, oldest first.

    Raises:
        ValueError: the grid does not fit minutes or ten minutes, a signal is not known, or lengths differ.
    """

    end: float
    """Time of the last sample, seconds on the clock of the steps to come; a multiple of 60."""
    step_s: float = 60.0
    """Seconds between two samples; a divisor of 60, or a multiple of 60 that divides 600."""
    values: Mapping[Signal, Sequence[float] | FloatArray] = field(default_factory=dict)
    """Per signal one number a sample, NaN where it is not known. What demand is reckoned from suffices."""

    def __post_init__(self) -> None:
        if not (self.step_s > 0 and (60 % self.step_s == 0 or (self.step_s % 60 == 0 and 600 % self.step_s == 0))):
            raise ValueError(f"step_s must divide 60, or be a multiple of 60 that divides 600, got {self.step_s:g}")
        if self.end % MINUTE_TIER.step_s != 0:
            raise ValueError(f"end must be a multiple of 60 s, got {self.end!r}")
        lengths = {signal: len(column) for signal, column in self.values.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"every signal needs as many samples as the others, got {lengths}")


def recollect(past: Past, tuned: TunedWorkload) -> History:
    """Return the memory of a process that has watched one workload through its past.

    Demand of each minute, and of each ten minutes, is the mean of what is known within it. Where replicas and tokens
    are known too, the settled ones teach the capacity.

    Args:
        past: what was seen.
        tuned: the workload.

    Example:
        Twenty minutes of 8, then of 12 requests in flight:

        >>> from adapter.core.tuning import WorkloadTuning, resolve_workload
        >>> from adapter.core.workload import WorkloadId
        >>> tuned = resolve_workload(WorkloadId("default", "chat"), WorkloadTuning())
        >>> seen = {Signal.REQUESTS_RUNNING: [8.0] * 10 + [12.0] * 10, Signal.QUEUE_DEPTH: [0.0] * 20}
        >>> recollect(Past(end=1200.0, values=seen), tuned).coarse.values[0, -3:].tolist()
        [nan, 8.0, 12.0]
    """
    history = History.empty((tuned.workload.id,))
    if not past.values:
        return history
    columns = {signal: np.asarray(column, dtype=np.float64)[None, :] for signal, column in past.values.items()}
    load = load_of(columns, (tuned,))
    demand = load.arriving
    if past.step_s <= MINUTE_TIER.step_s:
        per_minute = round(MINUTE_TIER.step_s / past.step_s)
        minutes = mean_of(demand, per_minute)
        if minutes.size:
            at_least = mean_of(load.at_least.astype(np.float64), per_minute) > 0
            history = record_minutes(history, minutes, at_least, end=past.end)
    newer = round((past.end % COARSE_TIER.step_s) / past.step_s)
    whole = demand[:, : demand.shape[1] - newer]
    coarse = mean_of(whole, round(COARSE_TIER.step_s / past.step_s))
    if not coarse.size:
        return history
    end = past.end - past.end % COARSE_TIER.step_s
    means = {
        signal: mean_of(each[:, : each.shape[1] - newer], round(COARSE_TIER.step_s / past.step_s))
        for signal, each in columns.items()
        if signal in WATCHED
    }
    return replace(
        history,
        coarse=append(history.coarse, coarse, end=end),
        settled=with_settled(history, settled_by_means(means), at=end) if means else {},
    )


def mean_of(values: FloatArray, count: int) -> FloatArray:
    """Return the means of groups of `count` samples, shape (n, t // count); NaN where a group knows nothing.

    What does not fill a group is left out at the old end.

    Example:
        >>> mean_of(np.array([[9.0, 1.0, np.nan, 2.0, 4.0]]), 2).tolist()
        [[1.0, 3.0]]
    """
    kept = values[:, values.shape[1] % count :] if count > 1 else values
    groups = kept.reshape(values.shape[0], -1, count)
    known = ~np.isnan(groups)
    total = np.where(known, groups, 0.0).sum(axis=2)
    return np.where(known.any(axis=2), total / np.maximum(known.sum(axis=2), 1), np.nan)
