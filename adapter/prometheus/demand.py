"""Demand at zero replicas, seen quickly: one query per preset that knows such demand, and nothing else.

Asked while workloads sleep, between the ticks; see `adapter.waking`.
"""

from collections.abc import Sequence

from adapter.core.signal import Grid, Signal, SignalProblem
from adapter.core.tuning import PrometheusTuning
from adapter.core.workload import Workload
from adapter.ports import Glimpse
from adapter.prometheus.jobs import demand_jobs
from adapter.prometheus.plan import make_plan
from adapter.prometheus.reader import Ask, Fetched, Job, fetch

_WHERE = "Prometheus"
_AHEAD_S = 5.0
"""Queries look this far past our clock: where clocks differ, a sample that is newer than now is still the newest."""


class DemandQueries:
    """The queries for some workloads, kept as long as these stay the same.

    Args:
        tuning: the Prometheus to ask.
    """

    def __init__(self, tuning: PrometheusTuning) -> None:
        self._tuning = tuning
        self._workloads: tuple[Workload, ...] = ()
        self._jobs: tuple[Job, ...] = ()

    def glimpse(self, ask: Ask, workloads: Sequence[Workload], *, now: float) -> Glimpse:
        """Return what waits for the workloads; blocks until every query is answered."""
        if tuple(workloads) != self._workloads:
            self._workloads = tuple(workloads)
            plan = make_plan(self._workloads, self._tuning, window_s=self._tuning.rate_window)
            self._jobs = tuple(job for preset in plan.presets for job in demand_jobs(preset, self._workloads))
        grid = Grid(start=now + _AHEAD_S, step_s=1.0)
        fetched = [fetch(ask, job, grid) for job in self._jobs]
        waiting = {
            self._workloads[row].id: value for each in fetched for row, value in enumerate(_waiting(each)) if value > 0
        }
        return Glimpse(waiting=waiting, where=_WHERE, problems=tuple(map(_problem, filter(_complains, fetched))))


def _waiting(fetched: Fetched) -> list[float]:
    """Return one number per workload, NaN where there is no usable one; empty when nobody answered."""
    if fetched.folded is None:
        return []
    usable = fetched.folded.seen[:, 0].tolist()
    values = fetched.folded.value[:, 0].tolist()
    return [value if seen else float("nan") for value, seen in zip(values, usable, strict=True)]


def _complains(fetched: Fetched) -> bool:
    return bool(fetched.complaints)


def _problem(fetched: Fetched) -> SignalProblem:
    return SignalProblem(signal=Signal.DEMAND_AT_ZERO, query=fetched.query, message="; ".join(fetched.complaints))
