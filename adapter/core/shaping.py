"""HPA arithmetic for one External metric, and the value to emit so that the HPA lands on the plan.

Why it exists: the HPA ignores any wish within its tolerance, rounds up, and divides by the scale's status replicas, so
a plan sent as it is can be ignored. With target `AverageValue` 1 a value of n replicas is n * 1000 milli, and
    ratio = value / (1000 * status replicas);  inside tolerance -> status replicas,  outside -> ceil(value / 1000).
Three facts follow, for tolerance 0.1 and 10 replicas in the status:
- Plan 9 as 9000 is ratio 0.9: ignored. 8999 is outside and still rounds up to 9. A whole unit of milli means the same
  count, so most scale-ins can be met exactly; from 20 to 19 not even 18001 (0.90005) is outside, so it stays 20.
- Plan 11 is at most ratio 1.1. Older controllers act on it (|1 - 1.1| > 0.1 in floats), newer ones do not (1.1 <= 1.1),
  and no larger value rounds to 11. The fewest reachable at or above is 12: too many by one beats too few by one.
- Plan 0 is exactly 0: a crumb of 1 milli is one replica for ever.
A value counts as reachable only when both generations of the tolerance rule agree, so the version need not be known.
Must not know: time, behaviour policies, stabilisation (see `adapter.simulation.hpa`), the cluster.

Source: `pkg/controller/podautoscaler/replica_calculator.go` of Kubernetes 1.28 and later, float64 throughout as there.
"""

import math
from dataclasses import dataclass
from enum import Enum
from typing import Final

from adapter.core.units import Milli, Ratio

TARGET_MILLI: Final = Milli(1000)
"""The target to configure: AverageValue 1, so that the value is a count of replicas."""

_CLUSTER_DEFAULT: Final = Ratio(0.1)  # --horizontal-pod-autoscaler-tolerance


class ToleranceRule(Enum):
    """How a controller compares the ratio with its tolerance; they differ only where floats round."""

    ABSOLUTE = "absolute"
    """|1 - ratio| <= tolerance; up to about Kubernetes 1.32, which knows one tolerance for the whole cluster."""

    BOUNDS = "bounds"
    """1 - down <= ratio <= 1 + up; since per-HPA tolerances exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far from 1 the ratio may be without the HPA acting.

    Raises:
        ValueError: a tolerance is negative or not finite.
    """

    up: Ratio = _CLUSTER_DEFAULT
    """`spec.behavior.scaleUp.tolerance`, or the cluster's default; >= 0."""

    down: Ratio = _CLUSTER_DEFAULT
    """`spec.behavior.scaleDown.tolerance`, or the cluster's default; >= 0."""

    def __post_init__(self) -> None:
        for name, value in (("up", self.up), ("down", self.down)):
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"tolerance {name} must be a finite number >= 0, got {value}")

    def holds(self, ratio: float, *, rule: ToleranceRule) -> bool:
        """Tell whether the controller leaves the size alone at this ratio; infinite and NaN ratios never hold.

        With `ABSOLUTE`, which has one tolerance, the side of the ratio picks it.

        Example:
            >>> [Tolerance().holds(1.1, rule=rule) for rule in (ToleranceRule.ABSOLUTE, ToleranceRule.BOUNDS)]
            [False, True]
        """
        if rule is ToleranceRule.BOUNDS:
            return (1.0 - self.down) <= ratio <= (1.0 + self.up)
        return abs(1.0 - ratio) <= (self.up if ratio > 1.0 else self.down)


DEFAULT_TOLERANCE: Final = Tolerance()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaped:
    """What to emit for a plan, and what the HPA makes of it."""

    plan: int
    """Replicas we want, >= 0."""

    value_milli: Milli
    """Metric value to emit, thousandths of a replica."""

    target_milli: Milli
    """`averageValue` the HPA must be configured with, thousandths."""

    lands_on: int | None
    """Replicas the HPA goes to, cut at `max_replicas`; >= plan where that allows. None: status replicas not known."""

    reason: str
    """Why value and landing differ from the plan, or that they do not; shown to people."""

    proposes: int | None = None
    """Replicas that the HPA works out, before its own windows and policies; None where nobody has asked."""


def average_value_proposal(
    usage: Milli,
    target: Milli,
    *,
    status_replicas: int,
    tolerance: Tolerance = DEFAULT_TOLERANCE,
    rule: ToleranceRule = ToleranceRule.BOUNDS,
) -> int:
    """Return the replicas the HPA proposes for an `AverageValue` target, before floors and limits.

    Args:
        usage: sum over the returned items, milli.
        target: `averageValue`, milli, > 0.
        status_replicas: `status.replicas` of the scale, >= 0 (the status count, not the requested one).
        tolerance: of this HPA, else of the cluster.
        rule: generation of the controller.

    Example:
        8600 over 3 replicas is 2867 each, 1.29 of the target: ceil(8600 / 2222) = ceil(3.87).

        >>> average_value_proposal(Milli(8600), Milli(2222), status_replicas=3)
        4
    """
    held = status_replicas > 0 and tolerance.holds(float(usage) / (float(target) * float(status_replicas)), rule=rule)
    return status_replicas if held else math.ceil(float(usage) / float(target))


def value_proposal(
    usage: Milli,
    target: Milli,
    *,
    current: int,
    ready: int,
    tolerance: Tolerance = DEFAULT_TOLERANCE,
    rule: ToleranceRule = ToleranceRule.BOUNDS,
) -> int:
    """Return the replicas the HPA proposes for a `Value` target, before floors and limits.

    Args:
        usage: sum over the returned items, milli.
        target: `value`, milli, > 0.
        current: `spec.replicas` of the scale, >= 0; at 0 the tolerance is not applied.
        ready: pods that are running and ready, >= 0; pods still loading pull the proposal down.
        tolerance: of this HPA, else of the cluster.
        rule: generation of the controller.

    Example:
        Half as much again as the target, but only 4 of 10 pods ready: a scale-in.

        >>> value_proposal(Milli(15000), Milli(10000), current=10, ready=4)
        6
    """
    ratio = float(usage) / float(target)
    if current == 0:
        return math.ceil(ratio)
    return current if tolerance.holds(ratio, rule=rule) else math.ceil(ratio * float(ready))


def shape(
    plan: int,
    *,
    status_replicas: int | None,
    tolerance: Tolerance = DEFAULT_TOLERANCE,
    max_replicas: int | None = None,
) -> Shaped:
    """Return the value to emit with target `AverageValue` 1 so that the HPA lands on the plan, or just above it.

    Args:
        plan: replicas wanted, >= 0.
        status_replicas: `status.replicas` of the scale; None where it is not known.
        tolerance: of the HPA that will read the value.
        max_replicas: the HPA's `maxReplicas`, at which it cuts an overshoot; None to leave it out of account.

    Raises:
        ValueError: `plan` or `status_replicas` is negative.

    Example:
        >>> [(s.value_milli, s.lands_on) for s in (shape(n, status_replicas=10) for n in (9, 11, 14))]
        [(8999, 9), (12000, 12), (14000, 14)]
        >>> shape(19, status_replicas=20).lands_on, shape(11, status_replicas=10, max_replicas=11).lands_on
        (20, 11)
    """
    _require_count("plan", plan)
    if status_replicas is None:
        reason = (
            f"status replicas not known: the plan {plan} is emitted as it is; within its tolerance the HPA may not move"
        )
        return _shaped(plan, Milli(plan * TARGET_MILLI), lands_on=None, reason=reason)
    _require_count("status_replicas", status_replicas)
    value, reached = _reach(plan, status_replicas, tolerance)
    lands_on = reached if max_replicas is None else min(reached, max_replicas)
    return _shaped(
        plan, value, lands_on=lands_on, reason=_reason(plan, status_replicas, lands_on=lands_on, value=value)
    )


def _reach(plan: int, status: int, tolerance: Tolerance) -> tuple[Milli, int]:
    """Return the value and the count it lands on under both rules: the plan where possible, else the fewest above."""
    honest = plan * TARGET_MILLI
    if plan > status:
        count = _fewest_outside(plan, status, tolerance)
        return Milli(count * TARGET_MILLI), count
    if plan == status or not _held(honest, status, tolerance):
        return Milli(honest), plan
    lower = _largest_outside(status, tolerance)
    if lower > max(honest - TARGET_MILLI, -1):  # still rounds up to the plan, and is no negative value
        return Milli(lower), plan
    return Milli(honest), status


def _fewest_outside(plan: int, status: int, tolerance: Tolerance) -> int:
    """Return the fewest replicas at or above the plan that lie above the band in which the HPA holds."""
    count = max(
        plan, math.floor(status * (1.0 + tolerance.up)) - 1
    )  # one below the band's edge, as floats may round it
    while _held(count * TARGET_MILLI, status, tolerance):
        count += 1
    return count


def _largest_outside(status: int, tolerance: Tolerance) -> int:
    """Return the largest value below the band in which the HPA holds; negative when every scale-in is ignored."""
    value = math.ceil(status * TARGET_MILLI * (1.0 - tolerance.down))
    while value >= 0 and _held(value, status, tolerance):
        value -= 1
    return value


def _held(value: int, status: int, tolerance: Tolerance) -> bool:
    """Tell whether a controller of either generation would leave the size alone."""
    if status == 0:
        return False
    ratio = float(value) / (float(TARGET_MILLI) * float(status))
    return any(tolerance.holds(ratio, rule=rule) for rule in ToleranceRule)


def _reason(plan: int, status: int, *, lands_on: int, value: int) -> str:
    if lands_on < plan:
        return f"the HPA cuts the plan {plan} at its maxReplicas {lands_on}"
    if lands_on == plan:
        note = "" if value == plan * TARGET_MILLI else f"; {value} milli moves the HPA out of its tolerance"
        return f"the HPA lands on the plan {plan} from {status}{note}"
    if lands_on == status:
        return f"from {status} the tolerance swallows every value that means {plan}: the HPA stays at {status}"
    return f"from {status} the tolerance swallows {plan}: {lands_on} is the fewest at or above that the HPA acts on"


def _require_count(name: str, count: int) -> None:
    if count < 0:
        raise ValueError(f"{name} must be >= 0, got {count}")


def _shaped(plan: int, value: Milli, *, lands_on: int | None, reason: str) -> Shaped:
    return Shaped(plan=plan, value_milli=value, target_milli=TARGET_MILLI, lands_on=lands_on, reason=reason)
