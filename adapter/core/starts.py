"""Starts that will not end by themselves: what keeps a replica from serving, named, and no more of them asked for.

A replica that waits for a node is ordinary for as long as its lead time allows, as autoscaled nodes take minutes; an
image that cannot be pulled or a crash loop is not. Replicas that are stuck are no coming supply, and no reason to scale
in either: the load is as it was.

While starts are stuck, asking for more starts more of the same, so the plan does not grow beyond what is requested:
when no node has room, at once; with an image or a container that fails, when as many fail as serve, because one odd
replica in a fleet that starts well says nothing about the next; for no known cause, only while none serves at
all. What is missing then is told, for a fallback to take over.
Must not know: where counts come from, what replicas are for.
"""

import math
from typing import Final

import numpy as np

from adapter.core.decision import Step, StepName
from adapter.core.lead_time import LeadTime
from adapter.core.sight import Sight

STUCK_AFTER: Final = 3.0  # times the 95 % quantile of the lead time


def watch_starts(plan: int, sight: Sight, *, lead: LeadTime) -> Step:
    """Say how starts are going; while they are stuck, the plan does not grow beyond what is requested.

    Args:
        plan: replicas so far.
        sight: what is seen.
        lead: how long a start takes.
    """
    requested, reason = sight.replicas.requested, _reason(sight, lead)
    if requested is None or plan <= requested or not blocked(sight, lead):
        return Step(name=StepName.STARTS, before=plan, after=plan, reason=reason)
    reason += f". More would be stuck too: {requested} of {plan} asked for"
    return Step(name=StepName.STARTS, before=plan, after=requested, reason=reason)


def blocked(sight: Sight, lead: LeadTime) -> bool:
    """Tell whether starts are stuck so that asking for more is in vain."""
    overdue = _overdue(sight, lead)
    if overdue and sight.unschedulable > 0:
        return True
    ready = sight.replicas.ready or 0
    if overdue and ready == 0:
        return True
    failing = max(np.nan_to_num(sight.image_errors), np.nan_to_num(sight.crashing))
    return bool(failing >= max(ready, 1))


def missing(plan: int, sight: Sight, *, lead: LeadTime) -> int:
    """Return the replicas of a plan that will not serve while starts are stuck; 0 while they are not.

    Args:
        plan: replicas that the load asks for.
        sight: what is seen.
        lead: how long a start takes.
    """
    if sight.replicas.ready is None or not blocked(sight, lead):
        return 0
    return max(plan - sight.replicas.ready, 0)


def stuck_after_s(lead: LeadTime) -> float:
    """Return the age above which a replica that has never been ready counts as stuck."""
    return STUCK_AFTER * lead.tail_s


def _overdue(sight: Sight, lead: LeadTime) -> bool:
    return sight.starting_s > stuck_after_s(lead)


def _reason(sight: Sight, lead: LeadTime) -> str:
    overdue = _overdue(sight, lead)
    causes = _causes(sight, overdue=overdue)
    if causes:
        return f"stuck: {'; '.join(causes)}. Not counted on, and no reason to scale in"
    if not math.isnan(sight.starting_s):
        return (
            f"the oldest start is {sight.starting_s:.0f} s old, 95 % take at most {lead.tail_s:.0f} s ({lead.origin})"
        )
    return "no replica is seen to start"


def _causes(sight: Sight, *, overdue: bool) -> list[str]:
    """Return what is known to block starts; waiting for a node blocks only when it lasts."""
    found = (
        (sight.image_errors, "replicas cannot pull their image"),
        (sight.crashing, "replicas crash or cannot create their container"),
        (sight.unschedulable if overdue else math.nan, "replicas find no node with room"),
    )
    causes = [f"{count:g} {what}" for count, what in found if count > 0]
    if overdue:
        causes.append(f"the oldest is not ready {sight.starting_s:.0f} s after it was created")
    return causes
