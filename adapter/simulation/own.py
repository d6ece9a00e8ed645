"""Our own decisions as a policy of the closed loop: scrapes in, replicas out, through the same fold as in a cluster.

Every tick does what the loop does with a stretch of one: record, the ten-minute mark when it is due, forecast, decide.
Then HPA or KEDA act on what is emitted. Must not know the requests to come.
"""

from dataclasses import dataclass, replace
from typing import Final

from adapter.core.decision import Decision
from adapter.core.fold import (
    REMEMBERED,
    Fleet,
    certain_starts,
    certain_values,
    decide_fleet,
    demand_of,
    record,
    record_mark,
    refresh_forecasts,
)
from adapter.core.history import COARSE_TIER, History
from adapter.core.tuning import TunedWorkload
from adapter.simulation.closed_loop import Observation
from adapter.simulation.consumers import Consumer, HpaConsumer, KedaConsumer
from adapter.simulation.hpa_metrics import Scale
from adapter.simulation.observing import read_signals
from adapter.simulation.scrapes import ScrapeMemory

EPOCH: Final = 1_767_600_000.0
"""Time of second 0, a Monday, on a multiple of ten minutes: forecasts are renewed by the clock; runs should repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """When and over which windows the metrics are read."""

    step_s: float = 15.0
    settling_s: float = 5.0
    window_s: float = 60.0


class Scaleahead:
    """The product as a policy.

    Args:
        tuned: the workload and its tuning.
        history: what is remembered of it before second 0; empty when None.
        reading: when metrics are read; its step must be the sync of the closed loop.
    """

    def __init__(self, tuned: TunedWorkload, *, history: History | None = None, reading: Reading | None = None) -> None:
        self._tuned = (tuned,)
        self._reading = reading or Reading()
        self._fleet = Fleet(history=history or History.empty((tuned.workload.id,)))
        self._memory = ScrapeMemory()
        self._consumer = consumer_of(tuned)
        self.last: Decision | None = None

    def replicas(self, seen: Observation, scale: Scale, *, now_s: float) -> int:
        """Return the size that HPA or KEDA go to after one tick."""
        self._memory.record(seen)
        self.last = self._tick(now_s)
        return self._consumer.sync(self.last, scale, now_s=now_s)

    def _tick(self, now_s: float) -> Decision:
        at, workload = EPOCH + now_s, self._tuned[0].workload.id
        at_s, reading = now_s - self._reading.settling_s, self._reading
        readings = read_signals(self._memory, workload, at=at, at_s=at_s, window_s=reading.window_s)
        # everything is fresh or absent here, so that this is what `certain_values` would return, for half the time
        values = {each: readings.readings[each].value for each in REMEMBERED if each in readings.readings}
        history = record(self._fleet.history, values, self._tuned, end=at, step_s=reading.step_s)
        fleet = replace(self._fleet, history=history)
        if at % COARSE_TIER.step_s == 0:
            marked = read_signals(self._memory, workload, at=at, at_s=at_s, window_s=COARSE_TIER.step_s)
            demand = demand_of(certain_values(marked, self._tuned), self._tuned)
            starts = certain_starts(marked, self._tuned)
            fleet = record_mark(fleet, self._tuned, demand=demand, starts=starts, at=at)
        fleet = refresh_forecasts(fleet, self._tuned, at=at, step_s=reading.step_s)
        self._fleet, decisions = decide_fleet(fleet, readings, self._tuned, column=0, at=at)
        return decisions[workload]


def consumer_of(tuned: TunedWorkload) -> Consumer:
    """Return who scales the workload: KEDA where it may go to zero, else an HPA."""
    bounds = tuned.workload.bounds
    if bounds.min == 0:
        return KedaConsumer(max_replicas=bounds.max)
    return HpaConsumer(min_replicas=bounds.min, max_replicas=bounds.max)
