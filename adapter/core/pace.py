"""In which steps a workload grows and shrinks: whole units, and so many a minute.

Must not know: other workloads.
"""

from adapter.core.decision import StepName
from adapter.core.standing import Standing


def in_units(standing: Standing) -> Standing:
    """Round up to whole units: groups of nodes, or sets of ranks, that only work together."""
    unit = standing.scale.unit
    if unit == 1 or not standing.planned:
        return standing
    after = standing.whole(standing.replicas)
    reason = f"replicas come in multiples of {unit}"
    if after < standing.replicas:
        reason += f", and {after} is the highest within replicas.max {standing.tuned.workload.bounds.max}"
    return standing.limited(StepName.UNIT, after, reason)


def within_step(standing: Standing) -> Standing:
    """Go no further within a minute than allowed; one unit is always allowed, and so are the bounds."""
    scale = standing.scale
    if not standing.planned or (scale.max_up is None and scale.max_down is None):
        return standing
    if standing.lowest is None or standing.highest is None:
        return standing.limited(StepName.MAX_STEP, standing.replicas, "the replicas of the last minute are not known")
    ceiling, floor = _ceiling(standing, standing.lowest), _floor(standing, standing.highest)
    if standing.replicas > ceiling:
        reason = f"{standing.lowest} within the last minute, and at most {scale.max_up} more a minute"
        return standing.limited(StepName.MAX_STEP, ceiling, reason)
    if standing.replicas < floor:
        reason = f"{standing.highest} within the last minute, and at most {scale.max_down} fewer a minute"
        return standing.limited(StepName.MAX_STEP, floor, reason)
    return standing.limited(StepName.MAX_STEP, standing.replicas, "no further than a minute allows")


def _ceiling(standing: Standing, lowest: int) -> int:
    scale = standing.scale
    if scale.max_up is None:
        return standing.replicas
    whole = (lowest + max(scale.max_up, scale.unit)) // scale.unit * scale.unit
    return max(whole, standing.whole(standing.tuned.workload.bounds.min))


def _floor(standing: Standing, highest: int) -> int:
    scale = standing.scale
    if scale.max_down is None:
        return standing.replicas
    return standing.whole(max(highest - max(scale.max_down, scale.unit), 0))
