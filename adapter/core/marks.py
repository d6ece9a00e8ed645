"""What is noted at the ten-minute marks and learnt from there: demand, starts of replicas, and what was attained.

Why apart from ticks: what is learnt from weeks or days need not be learnt anew every few seconds, and each mark is
measured over its own ten minutes, so that a process that reads them back holds the same memory as one that was there.
Must not know: how decisions use what is learnt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from adapter.core.certainty import certain
from adapter.core.history import ATTAINED_TIER, COARSE_TIER, History, Tier, append
from adapter.core.lead_time import LeadTime, learn_lead_time
from adapter.core.regulation import Margin, margin_of, regulate
from adapter.core.settled import GAUGES, READ, WATCHED, settled_by_means, settled_engines
from adapter.core.signal import FleetReadings, FloatArray, Signal
from adapter.core.tally import Tally
from adapter.core.tuning import TunedWorkload
from adapter.core.workload import WorkloadId

LEARNT_FROM: tuple[Signal, ...] = (Signal.START_SECONDS, Signal.TTFT_ATTAINED, Signal.ITL_ATTAINED, *GAUGES)
"""Signals that are remembered at the ten-minute marks only."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Marks:
    """What m consecutive ten-minute marks note of n workloads, each of shape (n, m), NaN = not known."""

    demand: FloatArray
    """Averaged over the ten minutes before each mark."""
    starts: FloatArray
    """The slowest start that ended in them, seconds."""
    attained: FloatArray
    """Share of requests that met their objective."""
    requests: FloatArray
    """How many requests came."""
    settled: Mapping[Signal, FloatArray]
    """What one engine did, by `settled.NOTED`; NaN where the ten minutes were not settled."""

    def at(self, column: int) -> "Marks":
        """Return one mark, shape (n, 1)."""
        return Marks(
            demand=self.demand[:, [column]],
            starts=self.starts[:, [column]],
            attained=self.attained[:, [column]],
            requests=self.requests[:, [column]],
            settled={signal: each[:, [column]] for signal, each in self.settled.items()},
        )


def read_marks(readings: FleetReadings, tuned: Sequence[TunedWorkload], *, demand: FloatArray) -> Marks:
    """Return the marks that readings averaged over ten minutes show.

    Args:
        readings: at the marks, rates over the ten minutes before each.
        tuned: the workloads.
        demand: what the same readings say of demand, shape (n, m).
    """
    seen = certain(readings, tuned, {*LEARNT_FROM, Signal.ARRIVAL_RATE, *READ})
    return Marks(
        demand=demand,
        starts=seen[Signal.START_SECONDS],
        attained=attained_of(seen[Signal.TTFT_ATTAINED], seen[Signal.ITL_ATTAINED]),
        requests=seen[Signal.ARRIVAL_RATE] * COARSE_TIER.step_s,
        settled=settled_engines({signal: seen[signal] for signal in READ}),
    )


def attained_of(ttft: FloatArray, itl: FloatArray) -> FloatArray:
    """Return the share of requests that met their objective: the smaller share of both, known or not.

    Which requests missed both is not to be seen in two histograms, so at least this share missed at all.
    """
    return np.fmin(ttft, itl)


def count_marks(tallies: Sequence[Tally], demand: FloatArray) -> Marks:
    """Return the marks of workloads that were watched all along; the last one notes what was tallied until it.

    Args:
        tallies: one of each workload.
        demand: at m marks, at least one, shape (n, m); those before the last came while nobody looked.
    """
    means = {signal: np.array([[each.mean(signal)] for each in tallies]) for signal in WATCHED}
    return Marks(
        demand=demand,
        starts=_last([each.slowest_start_s for each in tallies], demand),
        attained=_last([each.attained for each in tallies], demand),
        requests=_last([each.requests for each in tallies], demand),
        settled={signal: _last(each[:, 0], demand) for signal, each in settled_by_means(means).items()},
    )


def _last(column: Sequence[float] | FloatArray, demand: FloatArray) -> FloatArray:
    """Return a column after as many gaps as there are marks before the last."""
    marks = np.full(demand.shape, np.nan)
    marks[:, -1] = column
    return marks


def note(history: History, marks: Marks, *, at: float) -> History:
    """Return the history after marks that end at `at`, seconds since epoch."""
    return replace(
        history,
        settled=with_settled(history, marks.settled, at=at),
        coarse=append(history.coarse, marks.demand, end=at),
        starts=append(history.starts, marks.starts, end=at),
        attained=append(history.attained, marks.attained, end=at),
        requests=append(history.requests, marks.requests, end=at),
    )


def with_settled(history: History, settled: Mapping[Signal, FloatArray], *, at: float) -> dict[Signal, Tier]:
    """Return what engines did in settled stretches, with more of them that end at `at`."""
    empty = Tier.empty(ATTAINED_TIER, len(history.ids))
    return {
        signal: append(history.settled.get(signal) or empty, columns, end=at) for signal, columns in settled.items()
    }


def learn_lead_times(history: History, tuned: Sequence[TunedWorkload]) -> dict[WorkloadId, LeadTime]:
    """Return the lead times of the workloads that have been seen to start."""
    rows = np.flatnonzero(~np.isnan(history.starts.values).all(axis=1)).tolist()
    starts = history.starts.values
    return {
        tuned[row].workload.id: learn_lead_time(starts[row].astype(np.float64), prior_s=tuned[row].tuning.lead_time)
        for row in rows
    }


def learn_margins(history: History, tuned: Sequence[TunedWorkload]) -> dict[WorkloadId, Margin]:
    """Return the margins of the workloads that are regulated and of which something is known."""
    attained = history.attained.values.astype(np.float64)
    requests = np.nan_to_num(history.requests.values.astype(np.float64))
    requests[np.isnan(attained)] = 0.0
    rows = [row for row in np.flatnonzero(requests.sum(axis=1) > 0).tolist() if _is_regulated(tuned[row])]
    agreed = np.array([tuned[row].tuning.slo.attainment for row in rows])
    factors = regulate(attained[rows], requests[rows], agreed=agreed).tolist()
    return {
        tuned[row].workload.id: margin_of(
            tuned[row].tuning.margin,
            factor=factor,
            attained=float(np.nansum(attained[row] * requests[row]) / requests[row].sum()),
            requests=float(requests[row].sum()),
        )
        for row, factor in zip(rows, factors, strict=True)
    }


def _is_regulated(each: TunedWorkload) -> bool:
    return each.tuning.slo.regulate and each.tuning.replicas.min > 0
