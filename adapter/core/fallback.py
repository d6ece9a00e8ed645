"""A second workload that takes the replicas which the first one cannot start: another node pool, another model variant.

Must not know: why starts are stuck, how requests find their way to the fallback.
"""

from collections.abc import Sequence

from adapter.core.decision import StepName
from adapter.core.standing import Standing
from adapter.core.workload import WorkloadId


def fall_back(standings: Sequence[Standing]) -> list[Standing]:
    """Return the workloads with what others are missing added to their fallbacks; a hold takes nothing over."""
    rows = {each.id: row for row, each in enumerate(standings)}
    after = list(standings)
    for each in sorted((each for each in standings if each.decision.missing), key=lambda each: each.id):
        row = rows.get(WorkloadId(each.id.namespace, each.tuned.tuning.fallback or ""))
        if row is not None and after[row].planned and row != rows[each.id]:
            taken = after[row]
            replicas = min(taken.replicas + each.decision.missing, max(taken.most, taken.replicas))
            reason = f"{replicas - taken.replicas} of {each.decision.missing} that {each.id.name} cannot start"
            after[row] = taken.limited(StepName.FALLBACK, replicas, reason)
    return after
