"""What was requested of each workload of late, read from memory: turns, and the changes that an HPA counts.

Must not know: what is decided on it.
"""

import math
from collections.abc import Sequence

import numpy as np

from adapter.core.flapping import turns_of
from adapter.core.history import Tier, last_known
from adapter.core.hpa_behavior import longest_period_s
from adapter.core.landing import behavior_of
from adapter.core.recent import NOTHING_RECENT, Recent, changes_of
from adapter.core.tuning import TunedWorkload


def look_back(requested: Tier | None, tuned: Sequence[TunedWorkload], *, at: float) -> list[Recent]:
    """Return what was requested of each workload of late.

    Args:
        requested: remembered counts of requested replicas, rows in the order of `tuned`; None without any.
        tuned: the workloads.
        at: tick time, seconds since epoch.
    """
    if requested is None:
        return [NOTHING_RECENT] * len(tuned)
    turns = turns_of(requested, at=at)
    newest, _ = last_known(requested, np.arange(len(tuned)), at=at)
    recent = []
    for row, each in enumerate(tuned):
        behavior = behavior_of(each.tuning.hpa)
        span_s = 0 if behavior is None else longest_period_s(behavior)
        changes = changes_of(requested, row, at=at, span_s=span_s) if span_s else ()
        count = None if math.isnan(newest[row]) else round(newest[row])
        recent.append(Recent(turns=turns[row], changes=changes, requested=count))
    return recent
