"""KEDA as a pure function: the HPA it builds, its polls and pushes between zero and one, and what it hands the HPA.

Why it exists: KEDA alone decides 0 <-> 1 and answers the HPA in our name above that, with its own number rules,
cooldown and fallback; demo and tests run our answers through both. Time is an argument, state goes in and comes out.
Left out: scalingModifiers, pause and force annotations, cpu and memory triggers, cached metrics.
Must not know: where replies come from, clusters, clocks.

Source: `pkg/scaling/executor/scale_scaledobjects.go`, `pkg/scaling/scale_handler.go`, `pkg/fallback/fallback.go` of
KEDA 2.20.2; activation through a fallback as since 2.19.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from adapter.core.units import Milli, Seconds
from adapter.simulation.hpa_metrics import MetricError, MetricSpec, MetricValue, Reading, Scale, TargetType
from adapter.simulation.hpa_objects import HpaSpec
from adapter.simulation.keda_objects import (
    Answer,
    Failure,
    KedaState,
    ScaledObject,
    ScalerReply,
    Trigger,
)

__all__ = ["KedaState", "PollResult", "Ready", "ScaledObject", "build_hpa", "poll", "push", "read_metrics"]


class Ready(Enum):
    """Condition `Ready` of the ScaledObject and its reason."""

    TRUE = "ScaledObjectReady"
    UNKNOWN = "PartialTriggerError"
    FALSE = "TriggerError"


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    """What a poll or a push did to the scale."""

    replicas: int
    """`spec.replicas` afterwards."""

    active: bool
    ready: Ready | None
    """None: left as it was."""

    reason: str
    """What KEDA did or why it did nothing; shown to people."""


def build_hpa(scaled_object: ScaledObject) -> HpaSpec:
    """Return the HPA that KEDA creates: never below one replica, one External metric per trigger.

    Example:
        >>> from adapter.simulation.keda_objects import Number
        >>> queue = Trigger(metric_name="queue", target=Number(as_float=2.5))
        >>> hpa = build_hpa(ScaledObject(triggers=(queue,), created_at=Seconds(0)))
        >>> hpa.min_replicas, hpa.metrics[0].name, hpa.metrics[0].target_milli
        (1, 's0-queue', 2500)
    """
    metrics = tuple(
        MetricSpec(name=f"s{index}-{t.metric_name}", target_milli=t.target.milli, target_type=t.metric_type)
        for index, t in enumerate(scaled_object.triggers)
    )
    least = max(1, scaled_object.min_replicas)
    bounds = {"min_replicas": least, "max_replicas": max(least, scaled_object.max_replicas)}
    return HpaSpec(metrics=metrics, behavior=scaled_object.behavior, **bounds)


def read_metrics(
    scaled_object: ScaledObject, scale: Scale, replies: Sequence[ScalerReply], *, state: KedaState
) -> tuple[tuple[Reading, ...], KedaState]:
    """Return what an HPA sync reads through KEDA for each trigger, and the failures counted on the way.

    Args:
        scaled_object: the object the HPA belongs to.
        scale: size and readiness; some fallbacks depend on them.
        replies: the scaler's reply per trigger, same order.
        state: memory after the last poll, push or read.

    Raises:
        ValueError: replies and triggers differ in number.

    Example:
        >>> from adapter.simulation.keda_objects import Number
        >>> queue = Trigger(metric_name="queue", target=Number(as_float=2.5))
        >>> one = Scale(replicas=1, status_replicas=1, ready_replicas=1)
        >>> reply = Answer(values=(Number(as_float=4.0), Number(as_float=5.0)), active=True)
        >>> read_metrics(ScaledObject(triggers=(queue,), created_at=Seconds(0)), one, [reply], state=KedaState())[0]
        (MetricValue(milli=9000),)
    """
    counted = _count(scaled_object, replies, state)
    cases = zip(scaled_object.triggers, replies, counted.failures, strict=True)
    return tuple(_reading(scaled_object, t, r, scale=scale, failures=n) for t, r, n in cases), counted


def poll(
    scaled_object: ScaledObject, scale: Scale, replies: Sequence[ScalerReply], *, state: KedaState, now: Seconds
) -> tuple[PollResult, KedaState]:
    """Run one turn of the poll loop: decide between zero (or idle) and one (or min), nothing else.

    Args:
        scaled_object: the object.
        scale: size and readiness at the moment of the poll.
        replies: the scaler's reply per trigger, same order.
        state: memory after the last poll, push or read.
        now: seconds since the epoch.

    Raises:
        ValueError: replies and triggers differ in number.

    Example:
        >>> from adapter.simulation.keda_objects import Number
        >>> queue = Trigger(metric_name="queue", target=Number(as_float=2.5))
        >>> asleep = Scale(replicas=0, status_replicas=0, ready_replicas=0)
        >>> reply = Answer(values=(Number(as_float=4.0),), active=True)
        >>> woken = poll(ScaledObject(triggers=(queue,), created_at=Seconds(0)), asleep, [reply],
        ...              state=KedaState(), now=Seconds(60))[0]
        >>> woken.replicas
        1
    """
    state = _count(scaled_object, replies, state)
    active = any(_counts_as_active(scaled_object, r, n) for r, n in zip(replies, state.failures, strict=True))
    failing = any(
        isinstance(r, Failure) and not _falls_back(scaled_object, n)
        for r, n in zip(replies, state.failures, strict=True)
    )
    if active:
        return _active(scaled_object, scale.replicas, state=state, now=now, failing=failing)
    return _inactive(scaled_object, scale.replicas, state=state, now=now, failing=failing)


def push(
    scaled_object: ScaledObject, scale: Scale, *, active: bool, state: KedaState, now: Seconds
) -> tuple[PollResult, KedaState]:
    """Take one message of `StreamIsActive`; `false` is ignored (since 2.18), only polls put anything to sleep.

    Args:
        scaled_object: the object.
        scale: size at the moment of the message.
        active: `result` of the message.
        state: memory after the last poll, push or read.
        now: seconds since the epoch.
    """
    if not active:
        reason = "pushes of false are ignored; only polling deactivates"
        return PollResult(replicas=scale.replicas, active=False, ready=None, reason=reason), state
    return _active(scaled_object, scale.replicas, state=state, now=now, failing=False)


def _count(scaled_object: ScaledObject, replies: Sequence[ScalerReply], state: KedaState) -> KedaState:
    """Count consecutive failures per trigger; a success resets them. Polls and HPA reads both count."""
    if len(replies) != len(scaled_object.triggers):
        raise ValueError(f"need one reply per trigger: {len(scaled_object.triggers)} triggers, {len(replies)} replies")
    before = state.failures or (0,) * len(replies)
    failures = tuple(n + 1 if isinstance(r, Failure) else 0 for r, n in zip(replies, before, strict=True))
    return replace(state, failures=failures)


def _falls_back(scaled_object: ScaledObject, failures: int) -> bool:
    fallback = scaled_object.fallback
    return fallback is not None and failures > fallback.failure_threshold


def _reading(
    scaled_object: ScaledObject, trigger: Trigger, reply: ScalerReply, *, scale: Scale, failures: int
) -> Reading:
    if isinstance(reply, Answer):
        if not reply.values:
            return MetricError(message=f"no matching metrics found for {trigger.metric_name}")
        return MetricValue(milli=Milli(sum(value.milli for value in reply.values)))
    if scaled_object.fallback is None or not _falls_back(scaled_object, failures):
        return MetricError(message=reply.message)
    return _synthetic(trigger, scaled_object.fallback.size(scale.replicas), ready=scale.ready_replicas)


def _synthetic(trigger: Trigger, size: int, *, ready: int) -> Reading:
    """Return the value with which the HPA proposes `size`; milli is truncated."""
    if trigger.metric_type is TargetType.AVERAGE_VALUE:
        return MetricValue(milli=Milli(trigger.target.milli * size))
    if ready == 0:
        return MetricError(message=f"fallback of {trigger.metric_name} needs a ready replica, there is none")
    return MetricValue(milli=Milli(trigger.target.milli * size // ready))


def _counts_as_active(scaled_object: ScaledObject, reply: ScalerReply, failures: int) -> bool:
    """An answer without values is inactive; a failure counts once its fallback stands for some replicas."""
    if isinstance(reply, Answer):
        return reply.active and bool(reply.values)
    fallback = scaled_object.fallback
    return fallback is not None and _falls_back(scaled_object, failures) and fallback.replicas > 0


def _active(
    scaled_object: ScaledObject, current: int, *, state: KedaState, now: Seconds, failing: bool
) -> tuple[PollResult, KedaState]:
    """The upper half of the executor's table; a partial failure does not refresh the last activity."""
    least = max(1, scaled_object.min_replicas)
    if current == 0 or (scaled_object.idle_replicas is not None and current < scaled_object.min_replicas):
        reason = f"activated from {current} to {least}"
        return PollResult(replicas=least, active=True, ready=Ready.TRUE, reason=reason), replace(
            state, last_active_at=now
        )
    if failing:
        reason = "active, but some triggers fail: nothing is done"
        return PollResult(replicas=current, active=True, ready=Ready.UNKNOWN, reason=reason), state
    reason = "active: sizes above zero are the HPA's business"
    return PollResult(replicas=current, active=True, ready=Ready.TRUE, reason=reason), replace(
        state, last_active_at=now
    )


def _inactive(
    scaled_object: ScaledObject, current: int, *, state: KedaState, now: Seconds, failing: bool
) -> tuple[PollResult, KedaState]:
    """The lower half of the executor's table; the memory never changes here."""
    fallback = scaled_object.fallback
    if failing and (fallback is None or fallback.replicas != 0):
        ready = Ready.FALSE if fallback is None else None
        reason = (
            "triggers fail: no scale-in, no scale-out" if fallback is None else "triggers fail: waiting for fallback"
        )
        return PollResult(replicas=current, active=False, ready=ready, reason=reason), state
    replicas, reason = _rest(scaled_object, current, state=state, now=now)
    return PollResult(replicas=replicas, active=False, ready=Ready.TRUE, reason=reason), state


def _rest(scaled_object: ScaledObject, current: int, *, state: KedaState, now: Seconds) -> tuple[int, str]:
    """Return the size of an object at rest, and why."""
    idle, least = scaled_object.idle_replicas, scaled_object.min_replicas
    floor = idle if idle is not None else least
    if current > floor and (idle is not None or least == 0):
        left_s = _cooldown_end(scaled_object, state) - now
        if left_s >= 0:  # the end itself still counts as cooling down
            return current, f"inactive: cooling down for {left_s:g} s more before {floor}"
        return floor, f"inactive: cooldown is over, scaled from {current} to {floor}"
    if idle is None and current < least:
        return least, f"inactive: raised from {current} to the minimum {least}"
    return current, "inactive: nothing to do"


def _cooldown_end(scaled_object: ScaledObject, state: KedaState) -> Seconds:
    if state.last_active_at is None:
        return Seconds(scaled_object.created_at + scaled_object.initial_cooldown_s)
    return Seconds(state.last_active_at + scaled_object.cooldown_s)
