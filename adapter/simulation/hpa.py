"""The HorizontalPodAutoscaler controller as a pure function: one sync of one HPA with External metrics.

Why it exists: what we emit is only right if the HPA does the right thing with it: demo, `whatif` and tests run our
answers through the controller's own order of operations, windows and limits. Time is an argument, state goes in and
comes out, so a replay is a fold over syncs (every 15 s in a real cluster).
Left out, as it needs a failing cluster rather than a metric: unreadable scales, bad selectors, rejected updates.
Must not know: where readings come from, clusters, clocks.

Source: `pkg/controller/podautoscaler/horizontal.go` of Kubernetes 1.28; rules at zero as of 1.37.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from adapter.core.hpa_behavior import (
    DOWNSCALE_STABILIZATION_S,
    Behavior,
    Bounds,
    Limited,
    Recommendation,
    ScaleEvent,
    down_window_s,
    limit,
    limit_without_behavior,
    longest_period_s,
    stabilize,
    stabilize_without_behavior,
    up_window_s,
)
from adapter.core.units import Seconds
from adapter.simulation.hpa_metrics import (
    Combined,
    MetricError,
    Reading,
    Scale,
    combine,
    propose,
    reported_average,
)
from adapter.simulation.hpa_objects import Condition, Controller, HpaSpec, HpaState, SyncResult, ZeroRule

__all__ = ["SYNC_PERIOD_S", "Condition", "Controller", "HpaSpec", "HpaState", "SyncResult", "ZeroRule", "sync"]

SYNC_PERIOD_S: Final = Seconds(15.0)
"""Time between two syncs of one HPA, --horizontal-pod-autoscaler-sync-period."""

_GOT_SCALE: Final = Condition(reason="SucceededGetScale")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Normalized:
    """A proposal on its way through stabilisation and limits."""

    stabilized: int
    limited: Limited
    able: Condition


def sync(
    spec: HpaSpec,
    scale: Scale,
    readings: Sequence[Reading],
    *,
    state: HpaState,
    now: Seconds,
    controller: Controller = Controller(),  # noqa: B008 - frozen value, not a call with effects
) -> tuple[SyncResult, HpaState]:
    """Run one sync: decide the replicas to request, and return them with the controller's new memory.

    Args:
        spec: the HPA.
        scale: requested, existing and ready replicas at the start of the sync.
        readings: answer per metric of the spec, same order; not looked at where the controller would not ask.
        state: memory after the previous sync; `HpaState()` for a controller that has just started.
        now: seconds since the epoch.
        controller: flags and generation of the controller.

    Raises:
        ValueError: readings and metrics differ in number, or `min_replicas` 0 meets a controller that rejects it.

    Example:
        >>> from adapter.core.units import Milli
        >>> from adapter.simulation.hpa_metrics import MetricSpec, MetricValue
        >>> queue = MetricSpec(name="queue", target_milli=Milli(2222))
        >>> spec = HpaSpec(metrics=(queue,), min_replicas=2, max_replicas=6)
        >>> three = Scale(replicas=3, status_replicas=3, ready_replicas=3)
        >>> sync(spec, three, [MetricValue(milli=Milli(8600))], state=HpaState(), now=Seconds(0))[0].desired
        4
    """
    _check(spec, readings, controller)
    known = _first_sight(state, scale.replicas, now=now)
    forced = _without_metrics(spec, scale.replicas, known, zero=controller.zero)
    if forced is not None:
        return _finish(spec, scale, forced, state=known, now=now, zero=controller.zero)
    return _with_metrics(spec, scale, readings, state=known, now=now, controller=controller)


def _check(spec: HpaSpec, readings: Sequence[Reading], controller: Controller) -> None:
    if len(readings) != len(spec.metrics):
        raise ValueError(f"need one reading per metric: {len(spec.metrics)} metrics, {len(readings)} readings")
    if spec.min_replicas == 0 and controller.zero is ZeroRule.REJECTED:
        raise ValueError("min_replicas 0 is refused by this controller (ZeroRule.REJECTED); allowed is >= 1")


def _first_sight(state: HpaState, current: int, *, now: Seconds) -> HpaState:
    """Record the current size for an HPA not seen before: no scale-in below it for a whole window."""
    if state.recommendations is not None:
        return state
    return replace(state, recommendations=(Recommendation(at=now, replicas=current),))


def _without_metrics(spec: HpaSpec, current: int, state: HpaState, *, zero: ZeroRule) -> SyncResult | None:
    """Return the outcome where the controller does not ask for metrics at all, else None."""
    if current == 0 and _awake_at_zero(spec, state, zero=zero):
        return None
    if current == 0:
        message = "scaling is disabled since the replica count of the target is zero"
        disabled = Condition(status=False, reason="ScalingDisabled", message=message)
        return _draft(current, able=_GOT_SCALE, active=disabled)
    if not spec.min_replicas <= current <= spec.max_replicas:
        return _draft(min(max(current, spec.min_replicas), spec.max_replicas), able=_GOT_SCALE)
    return None


def _awake_at_zero(spec: HpaSpec, state: HpaState, *, zero: ZeroRule) -> bool:
    """Tell whether metrics count at zero; with `REMEMBERED` also when `min_replicas` was raised in the meantime."""
    return state.scaled_to_zero if zero is ZeroRule.REMEMBERED else spec.min_replicas == 0


def _with_metrics(
    spec: HpaSpec, scale: Scale, readings: Sequence[Reading], *, state: HpaState, now: Seconds, controller: Controller
) -> tuple[SyncResult, HpaState]:
    tolerance, rule = controller.tolerance_of(spec.behavior), controller.tolerance_rule
    pairs = list(zip(spec.metrics, readings, strict=True))
    proposals = [propose(metric, reading, scale, tolerance=tolerance, rule=rule) for metric, reading in pairs]
    combined = combine(spec.metrics, proposals, current=scale.replicas)
    averages = tuple(reported_average(reading, status_replicas=scale.status_replicas) for reading in readings)
    errors = tuple(
        Condition(status=False, reason="FailedGetExternalMetric", message=p.message)
        for p in proposals
        if isinstance(p, MetricError)
    )
    if combined.replicas is None:
        return replace(_held(scale.replicas, errors), averages=averages), state
    normal = _normalize(spec, combined.replicas, scale.replicas, state=state, now=now)
    result = replace(_scaled(combined, normal), averages=averages, events=errors)
    if scale.replicas == 0:  # rate limits could leave less when the minimum was raised while at zero
        result = replace(result, desired=max(result.desired, spec.min_replicas))
    remembered = _remember(spec, state, combined.replicas, now=now)
    return _finish(spec, scale, result, state=remembered, now=now, zero=controller.zero)


def _normalize(spec: HpaSpec, proposal: int, current: int, *, state: HpaState, now: Seconds) -> _Normalized:
    """Stabilise, rate-limit and bound a proposal."""
    seen, bounds = state.recommendations or (), Bounds(min=spec.min_replicas, max=spec.max_replicas)
    if spec.behavior is None:
        stable = stabilize_without_behavior(proposal, seen, since=Seconds(now - DOWNSCALE_STABILIZATION_S))
        limited = limit_without_behavior(stable, current=current, bounds=bounds)
        upwards = False  # without behaviour only scale-in is stabilised
    else:
        behavior = spec.behavior
        stable = stabilize(proposal, seen, current=current, behavior=behavior, now=now)
        limited = limit(stable, state.events, current=current, behavior=behavior, bounds=bounds, now=now)
        upwards = proposal >= current
    return _Normalized(stabilized=stable, limited=limited, able=_able(moved=stable != proposal, upwards=upwards))


def _able(*, moved: bool, upwards: bool) -> Condition:
    if not moved:
        return Condition(reason="ReadyForNewScale", message="recommended size matches current size")
    if upwards:
        return Condition(reason="ScaleUpStabilized", message="recent recommendations were lower than current one")
    return Condition(reason="ScaleDownStabilized", message="recent recommendations were higher than current one")


def _remember(spec: HpaSpec, state: HpaState, proposal: int, *, now: Seconds) -> HpaState:
    """Add the raw proposal and forget what no window reaches any more."""
    behavior = spec.behavior
    windows = [DOWNSCALE_STABILIZATION_S, *((up_window_s(behavior), down_window_s(behavior)) if behavior else ())]
    kept = [r for r in state.recommendations or () if r.at >= now - max(windows)]
    return replace(state, recommendations=(*kept, Recommendation(at=now, replicas=proposal)))


def _finish(
    spec: HpaSpec, scale: Scale, result: SyncResult, *, state: HpaState, now: Seconds, zero: ZeroRule
) -> tuple[SyncResult, HpaState]:
    """Carry out a change of size, if there is one: event, conditions, and what later syncs must know of it."""
    if result.desired == scale.replicas:
        return result, state
    message = f"New size: {result.desired}"
    changed = replace(
        result,
        rescaled=True,
        able_to_scale=Condition(
            reason="SucceededRescale", message=f"the HPA controller was able to update the size: {message}"
        ),
        events=(*result.events, Condition(reason="SuccessfulRescale", message=message)),
    )
    state = _with_event(spec.behavior, state, result.desired - scale.replicas, now=now)
    if zero is not ZeroRule.REMEMBERED:
        return changed, state
    asleep = result.desired == 0 and spec.min_replicas == 0
    condition = Condition(status=asleep, reason="ScaledToZero" if asleep else "NotScaledToZero")
    return replace(changed, scaled_to_zero=condition), replace(state, scaled_to_zero=asleep)


def _with_event(behavior: Behavior | None, state: HpaState, change: int, *, now: Seconds) -> HpaState:
    if behavior is None:
        return state
    kept = [event for event in state.events if event.at > now - longest_period_s(behavior)]
    return replace(state, events=(*kept, ScaleEvent(at=now, change=change)))


def _held(current: int, errors: tuple[Condition, ...]) -> SyncResult:
    """Return the outcome of a sync that failed for want of metrics: nothing moves."""
    message = f"invalid metrics ({len(errors)} invalid), first error is: {errors[0].message}"
    events = (*errors, Condition(reason="FailedComputeMetricsReplicas", message=message, status=False))
    return replace(_draft(current, able=_GOT_SCALE, active=errors[0]), failed=True, events=events)


def _scaled(combined: Combined, normal: _Normalized) -> SyncResult:
    message = f"the HPA was able to compute the replica count from external metric {combined.metric}"
    cut = normal.limited.replicas != normal.stabilized
    draft = _draft(
        normal.limited.replicas, able=normal.able, active=Condition(reason="ValidMetricFound", message=message)
    )
    return replace(
        draft,
        failed=combined.error is not None,
        proposal=combined.replicas,
        stabilized=normal.stabilized,
        scaling_limited=Condition(status=cut, reason=normal.limited.reason.value),
    )


def _draft(desired: int, *, able: Condition, active: Condition | None = None) -> SyncResult:
    return SyncResult(desired=desired, rescaled=False, failed=False, able_to_scale=able, scaling_active=active)
