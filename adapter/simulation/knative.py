"""Knative's pod autoscaler (KPA) on concurrency, to compare ours with.

Two moving averages of the requests in flight. The stable window sizes the fleet; when the panic window asks for at
least `panic_threshold` times the pods that are ready, the KPA panics: it follows the larger of both and never shrinks
until a stable window has passed without cause for panic. Growth and shrinking are bounded per look. To zero it goes
when the stable window has been empty, after a grace period.

Source: `pkg/autoscaler/scaling/autoscaler.go` of Knative Serving 1.15 (`Scale`), with the defaults of its
`config-autoscaler`: stable window 60 s, panic window 10 % of it, panic threshold 200 %, scale-up rate 1000, scale-down
rate 2, target utilisation 70 %, grace period 30 s. Knative looks every 2 s; this one looks every sync of the closed
loop, for which one panic window (6 s) is enough.
"""

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

from adapter.simulation.closed_loop import Observation
from adapter.simulation.hpa_metrics import Scale

SYNC_S: Final = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KpaConfig:
    """The keys of `config-autoscaler` that matter here, with Knative's defaults."""

    stable_window_s: float = 60.0
    panic_window_s: float = 6.0
    panic_threshold: float = 2.0
    scale_up_rate: float = 1000.0
    scale_down_rate: float = 2.0
    utilisation: float = 0.7
    grace_s: float = 30.0


_DEFAULT: Final = KpaConfig()


class Knative:
    """The KPA.

    Args:
        target: requests in flight a replica may have at most; `utilisation` of it is aimed at, > 0.
        min_replicas: 0 lets it go to zero.
        max_replicas: upper bound.
        config: of the autoscaler.
    """

    def __init__(self, *, target: float, min_replicas: int, max_replicas: int, config: KpaConfig = _DEFAULT) -> None:
        self._aim = target * config.utilisation
        self._bounds = (min_replicas, max_replicas)
        self._config = config
        self._samples: deque[tuple[float, float]] = deque()
        self._panic_since_s: float | None = None
        self._panic_size = 0
        self._empty_since_s: float | None = None

    def replicas(self, seen: Observation, scale: Scale, *, now_s: float) -> int:
        """Return the size after one look."""
        self._samples.append((now_s, float(seen.in_flight)))
        while self._samples[0][0] <= now_s - self._config.stable_window_s:
            self._samples.popleft()
        ready = max(scale.ready_replicas, 1)
        stable, panic = (
            self._wanted(window_s, now_s=now_s, ready=ready)
            for window_s in (self._config.stable_window_s, self._config.panic_window_s)
        )
        size = self._panicking(stable, panic, ready=ready, now_s=now_s)
        least, most = self._bounds
        return self._at_zero(max(min(size, most), least), scale, now_s=now_s)

    def _wanted(self, window_s: float, *, now_s: float, ready: int) -> int:
        """Return the pods that the mean of a window asks for, within the rates of change."""
        values = [value for at_s, value in self._samples if at_s > now_s - window_s]
        config = self._config
        most = math.ceil(config.scale_up_rate * ready)
        least = math.floor(ready / config.scale_down_rate)
        return min(max(math.ceil(sum(values) / len(values) / self._aim), least), most)

    def _panicking(self, stable: int, panic: int, *, ready: int, now_s: float) -> int:
        """Return the size with panic taken into account; in panic it never falls."""
        if panic / ready >= self._config.panic_threshold:
            if self._panic_since_s is None:
                self._panic_size = 0
            self._panic_since_s = now_s
        elif self._panic_since_s is not None and now_s - self._panic_since_s > self._config.stable_window_s:
            self._panic_since_s = None
        if self._panic_since_s is None:
            return stable
        self._panic_size = max(self._panic_size, stable, panic, ready)
        return self._panic_size

    def _at_zero(self, size: int, scale: Scale, *, now_s: float) -> int:
        """Let the last pod go only after the grace period."""
        if any(value > 0 for _, value in self._samples) or size > 0:
            self._empty_since_s = None
            return max(size, 1) if any(value > 0 for _, value in self._samples) else size
        self._empty_since_s = now_s if self._empty_since_s is None else self._empty_since_s
        waited = now_s - self._empty_since_s >= self._config.grace_s
        return 0 if waited or scale.replicas == 0 else 1
