"""What to emit for an HPA whose target is a `Value` of 1, so that it lands on the plan.

Such an HPA multiplies its ready replicas by the value: proposal = ceil(value x ready), unless the value is within its
tolerance of 1, when it stays at what is requested. So the value is the plan over the ready replicas, and with none
ready nothing but its minimum can be reached: replicas that load slowly are a reason to prefer `AverageValue`.
Must not know: time, behaviour policies, the cluster.

Source: `GetExternalMetricReplicas` in `pkg/controller/podautoscaler/replica_calculator.go` of Kubernetes 1.28.
"""

from adapter.core.shaping import TARGET_MILLI, Shaped, Tolerance, ToleranceRule, value_proposal
from adapter.core.units import Milli


def shape_value(
    plan: int, *, requested: int | None, ready: int | None, tolerance: Tolerance, max_replicas: int
) -> Shaped:
    """Return the value to emit with target `Value` 1, so that the HPA lands on the plan or the fewest above it.

    Args:
        plan: replicas wanted, >= 0.
        requested: `spec.replicas` of the scale; None where it is not known.
        ready: running and ready replicas; None where it is not known.
        tolerance: of the HPA.
        max_replicas: its `maxReplicas`, up to which counts are tried.

    Example:
        Six wanted of four that are all ready: 1.5. Eleven of ten is within the tolerance, and twelve is not.

        >>> [(each.value_milli, each.lands_on) for each in (
        ...     shape_value(6, requested=4, ready=4, tolerance=Tolerance(), max_replicas=20),
        ...     shape_value(11, requested=10, ready=10, tolerance=Tolerance(), max_replicas=20))]
        [(1500, 6), (1200, 12)]
    """
    if requested is None or ready is None:
        reason = "requested or ready replicas not known: what a Value target makes of it cannot be told"
        return _shaped(plan, plan * TARGET_MILLI // max(ready or 1, 1), lands_on=None, reason=reason)
    if plan == requested:
        return _shaped(plan, TARGET_MILLI if requested else 0, lands_on=plan, reason=f"the HPA stays at {plan}")
    for count in range(plan, max(max_replicas, plan) + 1):
        value = _value_for(count, requested=requested, ready=ready, tolerance=tolerance)
        if value is not None:
            reason = f"from {requested} requested and {ready} ready, " + _reached(plan, count)
            return _shaped(plan, value, lands_on=min(count, max_replicas), reason=reason)
    reason = f"no value brings the HPA from {requested} requested and {ready} ready to {plan} or more: it stays"
    return _shaped(plan, TARGET_MILLI, lands_on=requested, reason=reason)


def _value_for(count: int, *, requested: int, ready: int, tolerance: Tolerance) -> Milli | None:
    """Return a value that brings controllers of both generations to a count; None if there is none."""
    if requested == 0:
        return Milli(count * TARGET_MILLI)  # at zero the value itself is the proposal
    if ready == 0:
        return Milli(0) if count == 0 else None
    highest, lowest = count * TARGET_MILLI // ready, max((count - 1) * TARGET_MILLI // ready + 1, 0)
    for value in dict.fromkeys((highest, lowest)):
        landings = {
            value_proposal(Milli(value), TARGET_MILLI, current=requested, ready=ready, tolerance=tolerance, rule=rule)
            for rule in ToleranceRule
        }
        if landings == {count}:
            return Milli(value)
    return None


def _reached(plan: int, count: int) -> str:
    if count == plan:
        return f"the HPA lands on the plan {plan}"
    return f"{count} is the fewest at or above {plan} that the HPA acts on"


def _shaped(plan: int, value: int, *, lands_on: int | None, reason: str) -> Shaped:
    return Shaped(plan=plan, value_milli=Milli(value), target_milli=TARGET_MILLI, lands_on=lands_on, reason=reason)
