"""A rollout: replicas of two revisions at once, of which none is given back before it is over.

While old replicas make room for new ones, counts and load say little: surge replicas serve and go, requests move, and
what looks idle is the half that has just come up. Growing is as safe as ever.
Must not know: what is rolled out.
"""

from adapter.core.decision import Step, StepName
from adapter.core.sight import Sight


def watch_rollout(plan: int, sight: Sight) -> Step:
    """Keep the replicas that are requested while any of them is of an older revision.

    Args:
        plan: replicas so far.
        sight: what is seen; without a count of requested replicas the plan stays.
    """
    if not sight.outdated > 0:
        return Step(name=StepName.ROLLOUT, before=plan, after=plan, reason="no rollout is seen")
    after = max(plan, sight.replicas.requested or 0)
    reason = f"no scale-in during a rollout: {sight.outdated:g} replicas are of an older revision"
    return Step(name=StepName.ROLLOUT, before=plan, after=after, reason=reason)
