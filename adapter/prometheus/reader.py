"""One query over one grid: sent, decoded and folded in the calling thread.

The fold happens here so that a large answer becomes a small array in the worker thread, not on the event loop.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from adapter.core.chunks import MOST_POINTS, pieces
from adapter.core.errors import SignalError, SignalMalformed
from adapter.core.signal import MEANWHILE, Grid
from adapter.prometheus.client import Answer
from adapter.prometheus.decode import Table, decode
from adapter.prometheus.failures import AnswerTooLarge, shorten
from adapter.prometheus.fold import Folded, Owned, unusable
from adapter.prometheus.matching import Owners

Ask = Callable[[str, Grid], Answer]
Fold = Callable[[Table, Owned], Folded]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A query, whose series it returns, and how they become one value per workload."""

    query: str
    owners: Owners
    fold: Fold


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fetched:
    """What came of a job."""

    query: str
    folded: Folded | None
    """Values over the whole grid; None if any part of it did not answer."""
    complaints: tuple[str, ...] = ()
    """What was wrong, for people to read."""
    warned: bool = False
    """Whether the source said that its answer is partial."""


def fetch(ask: Ask, job: Job, grid: Grid) -> Fetched:
    """Return the folded answer; errors become complaints, never exceptions."""
    parts: list[Folded] = []
    warnings: dict[str, None] = {}
    offenders: dict[str, None] = {}
    try:
        for answer, piece in answers(ask, job.query, grid):
            table = decode(answer.result, piece)
            owned = _owned(table, job.owners)
            parts.append(job.fold(table, owned))
            warnings |= dict.fromkeys(answer.warnings)
            offenders |= dict.fromkeys(_offenders(table, owned, parts[-1]))
    except SignalError as error:
        return Fetched(query=job.query, folded=None, complaints=(str(error),))
    complaints = (*map(_partial, warnings), *offenders)
    return Fetched(query=job.query, folded=_joined(parts), complaints=complaints, warned=bool(warnings))


def _owned(table: Table, owners: Owners) -> Owned:
    try:
        return Owned.of([owners.rows(labels) for labels in table.labels])
    except TypeError as error:
        raise SignalMalformed("the answer holds labels that are no text") from error


def answers(ask: Ask, query: str, grid: Grid, *, most: int = MOST_POINTS) -> Iterator[tuple[Answer, Grid]]:
    """Yield the answers that together cover a grid; a piece whose answer is too large is asked for in halves."""
    for _, piece in pieces(grid, most=most):
        try:
            answer = ask(query, piece)
        except AnswerTooLarge:
            if piece.count == 1:
                raise
            yield from answers(ask, query, piece, most=(piece.count + 1) // 2)
        else:
            yield answer, piece


def _joined(parts: list[Folded]) -> Folded:
    return Folded(
        value=np.concatenate([part.value for part in parts], axis=1),
        bad=np.concatenate([part.bad for part in parts], axis=1),
    )


def _partial(warning: str) -> str:
    return f"partial result, its values may scale out but not in. Prometheus warns: {shorten(warning)}"


def _offenders(table: Table, owned: Owned, folded: Folded) -> tuple[str, ...]:
    """Return one line on samples that are no usable value, naming the first series."""
    if not folded.bad.any():
        return ()
    row, column = (int(index) for index in np.argwhere(folded.bad)[0])
    series = owned.series[owned.rows == row]
    wrong = series[unusable(table, negatives=False)[series, column]]
    shown = wrong if len(wrong) else series
    listed = ", ".join(_shown(table, int(each), column) for each in shown[:3])
    what = "no finite number >= 0" if len(wrong) else "series that contradict each other where one value is expected"
    return (f"malformed, {what}: {listed}; {MEANWHILE}",)


def _shown(table: Table, series: int, column: int) -> str:
    labels = ", ".join(f'{label}="{value}"' for label, value in sorted(table.labels[series].items()))
    return f"{{{labels}}} = {table.values[series, column]:g}"
