"""Starts that will not end by themselves: what keeps a replica from serving, named.

A replica that waits for a node is ordinary for as long as its lead time allows, as autoscaled nodes take minutes; an
image that cannot be pulled or a crash loop is not. Replicas that are stuck are no coming supply, and no reason to scale
in either: the load is as it was. So the plan stays, and the step says what a person has to mend.
Must not know: where counts come from, what replicas are for.
"""

import math
from typing import Final

from adapter.core.decision import Step, StepName
from adapter.core.lead_time import LeadTime
from adapter.core.sight import Sight

STUCK_AFTER: Final = 3.0  # times the 95 % quantile of the lead time


def watch_starts(plan: int, sight: Sight, *, lead: LeadTime) -> Step:
    """Say how starts are going; the plan stays as it is.

    Args:
        plan: replicas so far.
        sight: what is seen.
        lead: how long a start takes.
    """
    return Step(name=StepName.STARTS, before=plan, after=plan, reason=_reason(sight, lead))


def stuck_after_s(lead: LeadTime) -> float:
    """Return the age above which a replica that has never been ready counts as stuck."""
    return STUCK_AFTER * lead.tail_s


def _reason(sight: Sight, lead: LeadTime) -> str:
    overdue = sight.starting_s > stuck_after_s(lead)
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
