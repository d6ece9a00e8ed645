"""A finished run day by day: what each 24 hours cost, and what they were worth.

Of runs on single requests only. Requests count where they arrive, changes of size where they happen, pods where they
live; the days add up to the run.
"""

import itertools
import math
from dataclasses import replace
from typing import Final

import numpy as np

from adapter.simulation.closed_loop import Run
from adapter.simulation.fleet import Fleet
from adapter.simulation.score import Objective, score

DAY_S: Final = 86_400.0


def with_days(run: Run, fleet: Fleet, *, objective: Objective) -> Run:
    """Return a run with the score of each of its days.

    Args:
        run: of `fleet`, from second 0 on.
        fleet: at the end of the run.
        objective: when a request counts as served in time.
    """
    end_s = run.moments[-1].at_s if run.moments else 0.0
    starts = np.arange(max(math.ceil(end_s / DAY_S), 1)) * DAY_S
    edges = np.searchsorted(
        fleet.requests["arrival_s"], np.minimum(np.append(starts, starts[-1] + DAY_S), end_s)
    ).tolist()
    days = tuple(
        score(
            fleet.requests[first:last],
            [event for event in run.events if start < event.at_s <= start + DAY_S],
            gpu_hours=_billed(fleet, start, end_s=min(start + DAY_S, end_s)),
            objective=objective,
        )
        for start, (first, last) in zip(starts.tolist(), itertools.pairwise(edges), strict=True)
    )
    return replace(run, days=days)


def _billed(fleet: Fleet, start_s: float, *, end_s: float) -> float:
    """Return the GPU-hours between two times."""
    lives = [(each.created_s, each.removed_s) for each in fleet.lives]
    lives += [(pod.created_s, math.inf) for pod in fleet.pods]
    seconds = math.fsum(max(min(last_s, end_s) - max(first_s, start_s), 0.0) for first_s, last_s in lives)
    return seconds * fleet.profile.gpus / 3600
