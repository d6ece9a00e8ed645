"""HPA and KEDA as they follow our decisions, without servers between: the exact models, fed from the decision.

A decision that holds is an error to both, as over HTTP and gRPC, and never a value. Both are set up as our docs say:
no stabilization of their own, AverageValue 1, and for KEDA a short cooldown, because the holds are ours.
"""

from typing import Final, Protocol

from adapter.core.decision import Decision
from adapter.core.hpa_behavior import Behavior, ScalingRules
from adapter.core.shaping import TARGET_MILLI
from adapter.core.units import Seconds
from adapter.simulation import hpa, keda
from adapter.simulation.hpa_metrics import MetricError, MetricSpec, MetricValue, Scale
from adapter.simulation.hpa_objects import HpaSpec, HpaState
from adapter.simulation.keda_objects import Answer, Failure, KedaState, Number, ScaledObject, ScalerReply, Trigger

METRIC: Final = "scaleahead-replicas"
_NOW: Final = ScalingRules(stabilization_window_s=Seconds(0.0))
BEHAVIOR: Final = Behavior(scale_up=_NOW, scale_down=_NOW)
"""scaleahead holds by itself, knowing the price of a restart."""


class Consumer(Protocol):
    """Whoever scales a workload by our decisions."""

    def sync(self, decision: Decision, scale: Scale, *, now_s: float) -> int:
        """Return the replicas to go to."""
        ...


class HpaConsumer:
    """An HPA with AverageValue 1 on `scaleahead-replicas`."""

    def __init__(self, *, min_replicas: int, max_replicas: int) -> None:
        metric = MetricSpec(name=METRIC, target_milli=TARGET_MILLI)
        self._spec = HpaSpec(metrics=(metric,), min_replicas=min_replicas, max_replicas=max_replicas, behavior=BEHAVIOR)
        self._state = HpaState()

    def sync(self, decision: Decision, scale: Scale, *, now_s: float) -> int:
        """Run one sync of the controller."""
        emitted = decision.emitted
        reading = MetricValue(milli=emitted.value_milli) if emitted else MetricError(message=decision.hold_reason)
        result, self._state = hpa.sync(self._spec, scale, [reading], state=self._state, now=Seconds(now_s))
        return result.desired


class KedaConsumer:
    """KEDA with an external-push trigger: pushes, its poll loop, and the HPA it builds."""

    def __init__(self, *, max_replicas: int) -> None:
        trigger = Trigger(metric_name=METRIC, target=Number(as_float=1.0))
        self._object = ScaledObject(
            triggers=(trigger,),
            created_at=Seconds(0.0),
            max_replicas=max_replicas,
            cooldown_s=Seconds(30.0),
            behavior=BEHAVIOR,
        )
        self._hpa = keda.build_hpa(self._object)
        self._state, self._hpa_state = KedaState(), HpaState()
        self._next_poll_s = 0.0

    def sync(self, decision: Decision, scale: Scale, *, now_s: float) -> int:
        """Take the push, poll when due, and let the HPA size what is awake."""
        now, reply = Seconds(now_s), _reply(decision)
        active = isinstance(reply, Answer) and reply.active
        pushed, self._state = keda.push(self._object, scale, active=active, state=self._state, now=now)
        size = pushed.replicas
        if size == scale.replicas and now_s >= self._next_poll_s:
            self._next_poll_s = now_s + self._object.polling_s
            polled, self._state = keda.poll(self._object, scale, [reply], state=self._state, now=now)
            size = polled.replicas
        if size != scale.replicas or size == 0:
            return size
        readings, self._state = keda.read_metrics(self._object, scale, [reply], state=self._state)
        result, self._hpa_state = hpa.sync(self._hpa, scale, readings, state=self._hpa_state, now=now)
        return result.desired


def _reply(decision: Decision) -> ScalerReply:
    if decision.emitted is None:
        return Failure(message=decision.hold_reason)
    value = Number(as_float=decision.emitted.value_milli / 1000)
    return Answer(values=(value,), active=bool(decision.active))
