"""What holds over several workloads, or from one minute to the next: fallbacks, units, proportions, steps, budgets.

They come after everything that one workload's own decision says, change what is served and never what is planned, and
each leaves a step in the decision: what it was cut to, why, and who got the rest. Nothing here is remembered, and the
order of the workloads does not matter.

A workload on hold, and one whose data are not certain, keeps the replicas that are requested, and its budget has the
less for others.
"""

from collections.abc import Mapping, Sequence

from adapter.core.budget import within_budgets
from adapter.core.decision import Decision
from adapter.core.fallback import fall_back
from adapter.core.history import Tier
from adapter.core.pace import in_units, within_step
from adapter.core.proportion import in_proportion
from adapter.core.recent import Recent, extremes
from adapter.core.sight import Sight
from adapter.core.standing import Standing
from adapter.core.tuning import FleetTuning, ScaleTuning, TunedWorkload
from adapter.core.workload import WorkloadId

_FREE = ScaleTuning()
UNLIMITED = FleetTuning()


def limit_fleet(standings: Sequence[Standing], fleet: FleetTuning) -> dict[WorkloadId, Decision]:
    """Return the decisions within the limits of the fleet, in the order given."""
    if fleet == UNLIMITED and all(each.scale == _FREE and not each.decision.missing for each in standings):
        return {each.id: each.decision for each in standings}
    whole = [in_units(each) for each in fall_back(standings)]
    paced = [within_step(each) for each in in_proportion(whole, fleet.ratios)]
    return {each.id: each.concluded() for each in within_budgets(paced, fleet)}


def stand(
    tuned: Sequence[TunedWorkload],
    decisions: Mapping[WorkloadId, Decision],
    sights: Sequence[Sight],
    *,
    requested: Tier | None,
    recent: Sequence[Recent],
    at: float,
) -> list[Standing]:
    """Return the workloads as the limits see them.

    Args:
        tuned: the workloads.
        decisions: of this tick, one of each.
        sights: in the order of `tuned`.
        requested: remembered counts of requested replicas, rows in the order of `tuned`; None without any.
        recent: what was requested of each of late.
        at: tick time, seconds since epoch.
    """
    known = [None] * len(tuned) if requested is None else extremes(requested, at=at)
    return [
        Standing(
            tuned=each,
            decision=decisions[each.workload.id],
            changes=past.changes,
            doubtful=bool(sight.doubts) or sight.outdated > 0,
            lowest=span[0] if span else None,
            highest=span[1] if span else None,
        )
        for each, sight, span, past in zip(tuned, sights, known, recent, strict=True)
    ]
