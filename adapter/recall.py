"""What a source remembers of workloads, minute by minute, read in pieces that it answers.

Priming reads what decisions depend on; this reads what happened, for those who try something on the past. A source that
does not answer now says nothing about the past, so that is an error, and not a gap.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from adapter.core.certainty import certain
from adapter.core.chunks import pieces
from adapter.core.errors import ScaleaheadError
from adapter.core.signal import MEANWHILE, FleetReadings, FloatArray, Grid, Signal
from adapter.core.tuning import TunedWorkload
from adapter.core.workload import WorkloadId
from adapter.simulation.recorded import MINUTE_S, RECORDED, Record
from adapter.stretch import Reader

_MOST_CELLS = 400_000  # of one signal in one piece, workloads times minutes
_MOST_MINUTES = 1440


class NothingRead(ScaleaheadError):
    """The source did not answer; the text says why."""


async def read_records(
    reader: Reader, tuned: Sequence[TunedWorkload], minutes: Grid, *, advance: Callable[[float], None]
) -> Mapping[WorkloadId, Record]:
    """Return what is remembered of the workloads, minute by minute; what is not certain is a gap.

    Args:
        reader: where to read.
        tuned: the workloads.
        minutes: the ends of all minutes.
        advance: called with the share that is newly done, as it is done.

    Raises:
        NothingRead: a query was not answered.
    """
    window_s = max(reader.prometheus.rate_window, MINUTE_S)
    most = max(1, min(_MOST_MINUTES, _MOST_CELLS // max(len(tuned), 1)))
    parts: dict[Signal, list[FloatArray]] = {signal: [] for signal in RECORDED}
    for _, piece in pieces(minutes, most=most):
        answer = await reader.read(tuned, piece, window_s=window_s)
        complain(answer, answer.failed & set(RECORDED))
        for signal, values in certain(answer, tuned, RECORDED).items():
            parts[signal].append(values)
        advance(piece.count / minutes.count)
    whole = {signal: np.concatenate(each, axis=1) for signal, each in parts.items()}
    start = minutes.start - minutes.step_s
    return {
        each.workload.id: Record(
            workload=each.workload.id, start=start, values={signal: values[row] for signal, values in whole.items()}
        )
        for row, each in enumerate(tuned)
    }


def complain(readings: FleetReadings, failed: frozenset[Signal]) -> None:
    """Raise what was wrong, if anything was not answered."""
    if failed:
        said = dict.fromkeys(each.message.replace(f"; {MEANWHILE}", "") for each in readings.problems)
        raise NothingRead("; ".join(said) or f"{', '.join(sorted(failed))} cannot be read")
