"""How the HPA holds back a proposal: stabilisation windows, rate limits, bounds; with `spec.behavior` and without.

Why it exists: between what a metric asks for and what the HPA requests lie these rules, and people see only the
outcome. Floats are used where the controller uses them, so that its quirks (10 % on 10 gives a limit of 12, as 10 * 1.1
is 11.000000000000002) are ours too.
Must not know: metrics, tolerance, the order of a sync.

Source: `pkg/controller/podautoscaler/horizontal.go` and `pkg/apis/autoscaling/v2/defaults.go` of Kubernetes 1.28.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from adapter.core.units import Ratio, Seconds

DOWNSCALE_STABILIZATION_S: Final = Seconds(300.0)  # --horizontal-pod-autoscaler-downscale-stabilization
_DOUBLING, _ALWAYS_ALLOWED = 2, 4  # without behaviour a sync at most doubles, or reaches four


class PolicyType(Enum):
    """What a policy's value counts."""

    PODS = "Pods"
    PERCENT = "Percent"


class SelectPolicy(Enum):
    """Which of several policies wins."""

    MAX = "Max"
    MIN = "Min"
    DISABLED = "Disabled"


class LimitReason(Enum):
    """Reason of the condition `ScalingLimited`."""

    WITHIN_RANGE = "DesiredWithinRange"
    SCALE_UP_LIMIT = "ScaleUpLimit"
    SCALE_DOWN_LIMIT = "ScaleDownLimit"
    TOO_MANY = "TooManyReplicas"
    TOO_FEW = "TooFewReplicas"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """At most this much change within the period.

    Raises:
        ValueError: the value or the period is outside what the API server accepts.
    """

    type: PolicyType
    value: int
    """Pods or per cent, > 0."""

    period_s: int
    """1 to 1800 s."""

    def __post_init__(self) -> None:
        if self.value <= 0:
            raise ValueError(f"policy value must be > 0, got {self.value}")
        if not 1 <= self.period_s <= 1800:
            raise ValueError(f"policy period_s must be within 1 and 1800, got {self.period_s}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingRules:
    """`spec.behavior.scaleUp` or `.scaleDown`; None means that the API server fills in the default of that direction.

    Raises:
        ValueError: the window is outside 0 to 3600 s.
    """

    policies: tuple[Policy, ...] | None = None
    select: SelectPolicy = SelectPolicy.MAX
    stabilization_window_s: Seconds | None = None
    tolerance: Ratio | None = None
    """Tolerance of this HPA in this direction; None: the cluster's."""

    def __post_init__(self) -> None:
        if self.stabilization_window_s is not None and not 0 <= self.stabilization_window_s <= 3600:
            raise ValueError(f"stabilization_window_s must be within 0 and 3600, got {self.stabilization_window_s}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Behavior:
    """`spec.behavior`. Not the same as none: once it exists, both directions get the defaults below."""

    scale_up: ScalingRules = ScalingRules()
    scale_down: ScalingRules = ScalingRules()


_ALL: Final = Policy(type=PolicyType.PERCENT, value=100, period_s=15)
_UP_POLICIES: Final = (Policy(type=PolicyType.PODS, value=4, period_s=15), _ALL)
_DOWN_POLICIES: Final = (_ALL,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """A raw proposal: the maximum over the metrics, before any limit."""

    at: Seconds
    replicas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleEvent:
    """A change the HPA made; kept only where there is a behaviour, lost when the controller restarts."""

    at: Seconds
    change: int
    """New minus old replicas."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """Replicas after rate limits and bounds, and which of them decided."""

    replicas: int
    reason: LimitReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """`minReplicas` and `maxReplicas`."""

    min: int
    max: int


def stabilize_without_behavior(proposal: int, recommendations: Sequence[Recommendation], *, since: Seconds) -> int:
    """Return the highest of the proposal and every raw proposal at or after `since`.

    Example:
        >>> stabilize_without_behavior(3, [Recommendation(at=Seconds(10), replicas=5)], since=Seconds(0))
        5
    """
    return max([proposal, *(r.replicas for r in recommendations if r.at >= since)])


def limit_without_behavior(wanted: int, *, current: int, bounds: Bounds) -> Limited:
    """Return what one sync allows without `behavior`: at most double or four, then the bounds.

    Example:
        >>> limit_without_behavior(10, current=1, bounds=Bounds(min=1, max=100)).replicas
        4
    """
    if wanted < bounds.min:
        return Limited(replicas=bounds.min, reason=LimitReason.TOO_FEW)
    step = max(_DOUBLING * current, _ALWAYS_ALLOWED)
    if wanted > min(step, bounds.max):
        return _cut_above(step, bounds.max)
    return Limited(replicas=wanted, reason=LimitReason.WITHIN_RANGE)


def stabilize(
    proposal: int, recommendations: Sequence[Recommendation], *, current: int, behavior: Behavior, now: Seconds
) -> int:
    """Return the current size, moved only as far as every proposal within the windows agrees.

    Example:
        A wish for 7 while 4 was enough a minute ago, up-window 300 s:

        >>> slow = Behavior(scale_up=ScalingRules(stabilization_window_s=Seconds(300)))
        >>> stabilize(7, [Recommendation(at=Seconds(0), replicas=4)], current=1, behavior=slow, now=Seconds(60))
        4
    """
    up_since, down_since = now - up_window_s(behavior), now - down_window_s(behavior)
    up = min([proposal, *(r.replicas for r in recommendations if r.at > up_since)])
    down = max([proposal, *(r.replicas for r in recommendations if r.at > down_since)])
    return min(max(current, up), down)


def limit(
    wanted: int, events: Sequence[ScaleEvent], *, current: int, behavior: Behavior, bounds: Bounds, now: Seconds
) -> Limited:
    """Return what the policies and the bounds allow of a stabilised wish.

    Example:
        >>> limit(50, [], current=10, behavior=Behavior(), bounds=Bounds(min=1, max=1000), now=Seconds(0)).replicas
        20
    """
    if wanted > current:
        allowed = max(_scale_up_limit(current, events, rules=behavior.scale_up, now=now), current)
        if wanted > min(allowed, bounds.max):
            return _cut_above(allowed, bounds.max)
    if wanted < current:
        allowed = min(_scale_down_limit(current, events, rules=behavior.scale_down, now=now), current)
        if wanted < max(allowed, bounds.min):
            return _cut_below(allowed, bounds.min)
    return Limited(replicas=wanted, reason=LimitReason.WITHIN_RANGE)


def up_window_s(behavior: Behavior) -> Seconds:
    """Return the up-stabilisation window, default 0."""
    return behavior.scale_up.stabilization_window_s or Seconds(0.0)


def down_window_s(behavior: Behavior) -> Seconds:
    """Return the down-stabilisation window, default the controller's flag of 300 s."""
    window_s = behavior.scale_down.stabilization_window_s
    return DOWNSCALE_STABILIZATION_S if window_s is None else window_s


def longest_period_s(behavior: Behavior) -> int:
    """Return the longest period of any policy, the age up to which scale events matter."""
    policies = (behavior.scale_up.policies or _UP_POLICIES) + (behavior.scale_down.policies or _DOWN_POLICIES)
    return max(policy.period_s for policy in policies)


def _scale_up_limit(current: int, events: Sequence[ScaleEvent], *, rules: ScalingRules, now: Seconds) -> int:
    if rules.select is SelectPolicy.DISABLED:
        return current
    limits = [_raised(_period_start(current, events, p, now=now), p) for p in rules.policies or _UP_POLICIES]
    return max(limits) if rules.select is SelectPolicy.MAX else min(limits)


def _scale_down_limit(current: int, events: Sequence[ScaleEvent], *, rules: ScalingRules, now: Seconds) -> int:
    if rules.select is SelectPolicy.DISABLED:
        return current
    limits = [_lowered(_period_start(current, events, p, now=now), p) for p in rules.policies or _DOWN_POLICIES]
    return min(limits) if rules.select is SelectPolicy.MAX else max(limits)


def _period_start(current: int, events: Sequence[ScaleEvent], policy: Policy, *, now: Seconds) -> int:
    """Return the size at the start of the policy's period, by undoing what happened since."""
    return current - sum(event.change for event in events if event.at > now - policy.period_s)


def _raised(start: int, policy: Policy) -> int:
    return start + policy.value if policy.type is PolicyType.PODS else math.ceil(start * (1 + policy.value / 100))


def _lowered(start: int, policy: Policy) -> int:
    return start - policy.value if policy.type is PolicyType.PODS else int(start * (1 - policy.value / 100))


def _cut_above(rate: int, maximum: int) -> Limited:
    reason = LimitReason.SCALE_UP_LIMIT if rate < maximum else LimitReason.TOO_MANY
    return Limited(replicas=min(rate, maximum), reason=reason)


def _cut_below(rate: int, minimum: int) -> Limited:
    reason = LimitReason.SCALE_DOWN_LIMIT if rate > minimum else LimitReason.TOO_FEW
    return Limited(replicas=max(rate, minimum), reason=reason)
