"""Bounds that people set: planned events, manual overrides, minimum and maximum."""

from datetime import datetime

from adapter.core.decision import Step, StepName
from adapter.core.tuning import OverrideTuning, WorkloadTuning
from adapter.core.workload import Bounds


def apply_events(plan: int, *, tuning: WorkloadTuning, lead_s: float, now: float) -> Step:
    """Raise the plan to the floor of every event that is on, or that starts within the lead time."""
    due = [event for event in tuning.events if _epoch(event.start) - lead_s <= now < _epoch(event.end)]
    if not due:
        return Step(name=StepName.EVENT, before=plan, after=plan, reason="no event is planned")
    event = max(due, key=lambda each: each.floor)
    after = max(plan, event.floor)
    return Step(name=StepName.EVENT, before=plan, after=after, reason=f"event {event.name!r} needs {event.floor}")


def apply_override(plan: int, *, requested: int | None, tuning: WorkloadTuning, now: float) -> Step:
    """Apply a manual override while it lasts."""
    override = tuning.override
    if override is None:
        return Step(name=StepName.OVERRIDE, before=plan, after=plan, reason="no override is set")
    if not override_lasts(override, now=now):
        reason = f"the override of {override.author} ended {override.until.isoformat()}"
        return Step(name=StepName.OVERRIDE, before=plan, after=plan, reason=reason)
    after, what = _overridden(plan, override, requested=requested)
    note = f" ({override.reason})" if override.reason else ""
    reason = f"{override.author} set {what} until {override.until.isoformat()}{note}"
    return Step(name=StepName.OVERRIDE, before=plan, after=after, reason=reason)


def override_lasts(override: OverrideTuning, *, now: float) -> bool:
    """Return whether an override is still in force."""
    return now < _epoch(override.until)


def apply_bounds(plan: int, bounds: Bounds) -> Step:
    """Move the plan into its bounds."""
    after = bounds.clamp(plan)
    inside = f"within {bounds.min} to {bounds.max}"
    reason = inside if after == plan else f"cut to replicas.{'max' if after < plan else 'min'} {after}"
    return Step(name=StepName.BOUNDS, before=plan, after=after, reason=reason)


def _overridden(plan: int, override: OverrideTuning, *, requested: int | None) -> tuple[int, str]:
    frozen = requested if override.freeze and requested is not None else plan
    floored = max(frozen, override.floor) if override.floor is not None else frozen
    capped = min(floored, override.ceiling) if override.ceiling is not None else floored
    parts = (
        "freeze" if override.freeze else "",
        f"floor {override.floor}" if override.floor is not None else "",
        f"ceiling {override.ceiling}" if override.ceiling is not None else "",
    )
    return capped, ", ".join(part for part in parts if part)


def _epoch(moment: datetime) -> float:
    return moment.timestamp()
