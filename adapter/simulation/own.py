"""Our own decisions as a policy of the closed loop: scrapes in, replicas out, through the library's stepper.

HPA or KEDA act on what is emitted. Must not know the requests to come.
"""

from dataclasses import dataclass
from typing import Final

from adapter.core.decision import Decision
from adapter.core.following import Forecaster
from adapter.core.history import History
from adapter.core.stepper import prime, step
from adapter.core.tuning import TunedWorkload
from adapter.simulation.closed_loop import Observation
from adapter.simulation.consumers import Consumer, HpaConsumer, KedaConsumer
from adapter.simulation.hpa_metrics import Scale
from adapter.simulation.observing import read_signals
from adapter.simulation.scrapes import ScrapeMemory
from forecasting import follow

EPOCH: Final = 1_767_600_000.0
"""Time of second 0, a Monday, on a multiple of ten minutes: forecasts are renewed by the clock; runs should repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When and over which windows the metrics are read."""

    step_s: float = 15.0
    settling_s: float = 5.0
    window_s: float = 60.0
    epoch: float = EPOCH
    """Time of second 0, a multiple of ten minutes."""


class Scaleahead:
    """The product as a policy.

    Args:
        tuned: the workload and its tuning.
        history: what is remembered of it before second 0; empty when None.
        timing: when metrics are read; its step must be the sync of the closed loop.
        forecaster: who forecasts.
    """

    def __init__(
        self,
        tuned: TunedWorkload,
        *,
        history: History | None = None,
        timing: Timing | None = None,
        forecaster: Forecaster = follow,
    ) -> None:
        self._timing = timing or Timing()
        self._state = prime(tuned, history=history, every_s=self._timing.step_s, forecaster=forecaster)
        self._memory = ScrapeMemory()
        self._consumer = consumer_of(tuned)
        self.last: Decision | None = None

    def replicas(self, seen: Observation, scale: Scale, *, now_s: float) -> int:
        """Return the size that HPA or KEDA go to after one tick."""
        self._memory.record(seen)
        timing = self._timing
        readings = read_signals(self._memory, at_s=now_s - timing.settling_s, window_s=timing.window_s)
        self.last, self._state = step(self._state, readings, timing.epoch + now_s)
        return self._consumer.sync(self.last, scale, now_s=now_s)


def consumer_of(tuned: TunedWorkload) -> Consumer:
    """Return who scales the workload: KEDA where it may go to zero, else an HPA."""
    bounds = tuned.workload.bounds
    if bounds.min == 0:
        return KedaConsumer(max_replicas=bounds.max)
    return HpaConsumer(min_replicas=bounds.min, max_replicas=bounds.max)
