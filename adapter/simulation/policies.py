"""Plain ways to size a fleet, to compare ours with.

Reactive scaling on running plus waiting requests is what the field does by default: an HPA with an AverageValue
target, or KEDA in front of it where the workload may go to zero; queue length and KV-cache usage are the other two
symptoms in use. All run through the exact models of HPA and KEDA and get a fair deal: requests held at the gateway
count as waiting, and KEDA wakes on them.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from adapter.core.units import Milli, Seconds
from adapter.simulation import hpa, keda
from adapter.simulation.closed_loop import Observation, Run
from adapter.simulation.hpa_metrics import MetricSpec, MetricValue, Scale
from adapter.simulation.hpa_objects import HpaSpec, HpaState
from adapter.simulation.keda_objects import Answer, KedaState, Number, ScaledObject, Trigger
from adapter.simulation.profiles import EngineProfile, RequestShape

LOAD_SHARES: Final = (0.3, 0.5, 0.65, 0.8, 0.9)
"""Shares of a replica's sustainable rate that the five targets of reactive scaling stand for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """Always the same number of replicas."""

    size: int

    def replicas(self, seen: Observation, scale: Scale, *, now_s: float) -> int:  # noqa: ARG002 - it looks at nothing
        """Return `size`."""
        return self.size


Symptom = Callable[[Observation], float]
"""What reactive scaling looks at: a sum over the fleet, to be shared out among replicas."""


def in_flight(seen: Observation) -> float:
    """Return the requests that run, wait in an engine, or are held at the gateway."""
    return float(seen.in_flight)


def queue_length(seen: Observation) -> float:
    """Return the requests that wait in an engine or are held at the gateway."""
    return float(seen.waiting + seen.held)


def kv_usage(seen: Observation) -> float:
    """Return the sum over the engines of the share of the KV cache in use."""
    return seen.kv_usage


class ReactiveHpa:
    """An HPA with default behaviour on a symptom.

    Args:
        target: of the symptom per replica, > 0.
        max_replicas: upper bound.
        min_replicas: lower bound, >= 1.
        symptom: what it looks at.
    """

    def __init__(
        self, *, target: float, max_replicas: int, min_replicas: int = 1, symptom: Symptom = in_flight
    ) -> None:
        metric = MetricSpec(name="symptom", target_milli=_milli(target))
        self._spec = HpaSpec(metrics=(metric,), min_replicas=min_replicas, max_replicas=max_replicas)
        self._state = HpaState()
        self._symptom = symptom

    def replicas(self, seen: Observation, scale: Scale, *, now_s: float) -> int:
        """Return what the HPA asks for after one sync."""
        reading = MetricValue(milli=_milli(self._symptom(seen)))
        result, self._state = hpa.sync(self._spec, scale, [reading], state=self._state, now=Seconds(now_s))
        return result.desired


class ReactiveKeda:
    """A ScaledObject on a symptom: KEDA decides between zero and one, its HPA above.

    Whatever the symptom, KEDA wakes on requests that the gateway holds and stays awake while any is in flight.

    Args:
        target: of the symptom per replica, > 0.
        max_replicas: upper bound.
        cooldown_s: KEDA goes to zero this long after the last request.
        symptom: what it looks at.
    """

    def __init__(
        self, *, target: float, max_replicas: int, cooldown_s: float = 300.0, symptom: Symptom = in_flight
    ) -> None:
        trigger = Trigger(metric_name="symptom", target=Number(as_float=target))
        self._object = ScaledObject(
            triggers=(trigger,), created_at=Seconds(0.0), max_replicas=max_replicas, cooldown_s=Seconds(cooldown_s)
        )
        self._hpa = keda.build_hpa(self._object)
        self._hpa_state, self._state = HpaState(), KedaState()
        self._next_poll_s = 0.0
        self._symptom = symptom

    def replicas(self, seen: Observation, scale: Scale, *, now_s: float) -> int:
        """Return the size after KEDA's poll, when one is due, and one sync of its HPA."""
        reply = Answer(values=(Number(as_float=self._symptom(seen)),), active=seen.in_flight > 0)
        size = scale.replicas
        if now_s >= self._next_poll_s:
            self._next_poll_s = now_s + self._object.polling_s
            polled, self._state = keda.poll(self._object, scale, [reply], state=self._state, now=Seconds(now_s))
            size = polled.replicas
        if size != scale.replicas:
            return size
        readings, self._state = keda.read_metrics(self._object, scale, [reply], state=self._state)
        result, self._hpa_state = hpa.sync(self._hpa, scale, readings, state=self._hpa_state, now=Seconds(now_s))
        return result.desired


def reactive_targets(profile: EngineProfile, shape: RequestShape) -> tuple[float, ...]:
    """Return five targets of requests in flight per replica, from careful to bold, see `LOAD_SHARES`."""
    return tuple(profile.in_flight_at(share, shape) for share in LOAD_SHARES)


def best_run(
    targets: Iterable[float], simulate: Callable[[float], Run], *, attainment: float = 0.98
) -> tuple[float, Run]:
    """Return the target whose run is best, and the run.

    The best is the one with the fewest GPU-hours of those that attain `attainment`, else the one that attains most.

    Args:
        targets: at least one.
        simulate: runs the whole trace with a target.
        attainment: share of requests served in time that is asked for, 0 to 1.
    """
    runs = [(target, simulate(target)) for target in targets]
    good = [pair for pair in runs if pair[1].score.attainment >= attainment]
    if good:
        return min(good, key=lambda pair: pair[1].score.gpu_hours)
    return max(runs, key=lambda pair: pair[1].score.attainment)


def _milli(value: float) -> Milli:
    """Return thousandths, rounded up as Kubernetes quantities are."""
    return Milli(math.ceil(value * 1000 - 1e-6))
