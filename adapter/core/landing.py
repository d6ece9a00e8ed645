"""Where a number of replicas ends up: what to emit for the HPA as it is configured, and what that HPA makes of it.

What is emitted means the plan, or the fewest above it that the HPA acts on. Its policies may let it go only part of the
way at the next sync, which is told; the value stays, as the HPA comes closer by itself.
Must not know: why as many are served.
"""

from collections.abc import Sequence
from dataclasses import replace

from adapter.core.decision import ReplicaCounts, Step, StepName
from adapter.core.hpa_behavior import (
    Behavior,
    Bounds,
    Limited,
    LimitReason,
    Policy,
    PolicyType,
    ScaleEvent,
    ScalingRules,
    SelectPolicy,
    down_window_s,
    limit,
    up_window_s,
)
from adapter.core.proposals import NOTHING_PROPOSED, Proposals
from adapter.core.shaping import Shaped, Tolerance, shape
from adapter.core.tuning import HpaTuning, TunedWorkload
from adapter.core.tuning.hpa import RulesTuning
from adapter.core.units import Ratio, Seconds
from adapter.core.value_target import shape_value


def land(
    served: int,
    tuned: TunedWorkload,
    *,
    replicas: ReplicaCounts,
    changes: Sequence[ScaleEvent] = (),
    proposals: Proposals = NOTHING_PROPOSED,
    now: float,
) -> tuple[Shaped, Step]:
    """Return what to emit for what is served, and the step that says what the HPA makes of it.

    Args:
        served: replicas to ask for.
        tuned: the workload, with its HPA.
        replicas: as the cluster sees them.
        changes: of what is requested, within the longest period of the HPA's policies.
        proposals: that the HPA has had within its windows.
        now: tick time, seconds since epoch.
    """
    hpa, bounds = tuned.tuning.hpa, bounds_of(tuned)
    shaped = _shaped(served, hpa, replicas=replicas, most=bounds.max)
    shaped = replace(shaped, proposes=shaped.lands_on)
    behavior, current = behavior_of(hpa), replicas.requested
    if behavior is not None and shaped.proposes is not None and current:
        steady = proposals.stabilized(shaped.proposes, current=current, behavior=behavior, now=now)
        limited = limit(steady, changes, current=current, behavior=behavior, bounds=bounds, now=Seconds(now))
        shaped = _within(shaped, limited, steady=steady)
    return shaped, Step(name=StepName.SHAPE, before=served, after=shaped.lands_on, reason=shaped.reason)


def bounds_of(tuned: TunedWorkload) -> Bounds:
    """Return the bounds of the HPA: its own if they are given, else those of the workload."""
    hpa, own = tuned.tuning.hpa, tuned.workload.bounds
    return Bounds(min=own.min if hpa.min is None else hpa.min, max=own.max if hpa.max is None else hpa.max)


def tolerance_of(hpa: HpaTuning) -> Tolerance:
    """Return the tolerance of the HPA in both directions."""
    up, down = (hpa.tolerance if each is None else each for each in (hpa.tolerance_up, hpa.tolerance_down))
    return Tolerance(up=Ratio(up), down=Ratio(down))


def behavior_of(hpa: HpaTuning) -> Behavior | None:
    """Return `spec.behavior` of the HPA; None where nothing is said about it."""
    if hpa.scale_up is None and hpa.scale_down is None:
        return None
    return Behavior(scale_up=_rules(hpa.scale_up), scale_down=_rules(hpa.scale_down))


def window_s(hpa: HpaTuning) -> float:
    """Return how far back the HPA itself looks, in seconds; 0 where nothing is said about it."""
    behavior = behavior_of(hpa)
    return 0.0 if behavior is None else max(up_window_s(behavior), down_window_s(behavior))


def _rules(rules: RulesTuning | None) -> ScalingRules:
    if rules is None:
        return ScalingRules()
    policies = tuple(
        Policy(type=PolicyType(each.type), value=each.value, period_s=round(each.period)) for each in rules.policies
    )
    return ScalingRules(
        policies=policies or None,
        select=SelectPolicy(rules.select or "Max"),
        stabilization_window_s=Seconds(rules.window or 0.0),
    )


def _shaped(served: int, hpa: HpaTuning, *, replicas: ReplicaCounts, most: int) -> Shaped:
    tolerance = tolerance_of(hpa)
    if hpa.target == "AverageValue":
        return shape(served, status_replicas=replicas.status, tolerance=tolerance, max_replicas=most)
    return shape_value(
        served, requested=replicas.requested, ready=replicas.ready, tolerance=tolerance, max_replicas=most
    )


def _within(shaped: Shaped, limited: Limited, *, steady: int) -> Shaped:
    """Return what is emitted with where the HPA's windows and policies let it go now."""
    reason = shaped.reason
    if shaped.proposes is not None and steady != shaped.proposes:
        other = "as many" if steady > shaped.proposes else "no more"
        reason += f"; its own window keeps it at {steady} for now, as {other} were proposed within it"
    if limited.reason in (LimitReason.SCALE_UP_LIMIT, LimitReason.SCALE_DOWN_LIMIT):
        reason += f"; its policies let it go to {limited.replicas} at the next sync ({limited.reason.value})"
    elif limited.reason is LimitReason.TOO_FEW:
        reason += f"; its minReplicas {limited.replicas} is above that"
    return replace(shaped, lands_on=limited.replicas, reason=reason)


def noted(proposals: Proposals, shaped: Shaped | None, hpa: HpaTuning, *, at: float) -> Proposals:
    """Return the proposals after a tick; what is not emitted, or to an HPA without windows, proposes nothing."""
    behavior = behavior_of(hpa)
    if behavior is None or shaped is None or shaped.proposes is None:
        return proposals
    return proposals.noted(shaped.proposes, at=at, behavior=behavior)
