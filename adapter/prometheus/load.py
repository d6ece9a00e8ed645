"""Load of the past, read from a Prometheus: every series of an answer is a series, and silence is a gap.

Implements the port `LoadArchive`. Shares the queries in pieces, below 11,000 points each, with the reading of signals.
"""

from collections.abc import Mapping

import numpy as np

from adapter.core.errors import SignalError, SignalMalformed
from adapter.core.signal import MEANWHILE, FloatArray, Grid
from adapter.core.tuning import PrometheusTuning
from adapter.ports import RecordedLoad
from adapter.prometheus.client import PrometheusClient
from adapter.prometheus.decode import Table, decode
from adapter.prometheus.failures import shorten
from adapter.prometheus.reader import Ask, answers

_MOST_SERIES = 1000


class PrometheusLoad:
    """Reads recorded load from one Prometheus."""

    def __init__(self, tuning: PrometheusTuning) -> None:
        """Prepare; nothing is sent before the first read."""
        self._tuning = tuning

    def read(self, query: str, grid: Grid) -> RecordedLoad:
        """Return the series of a query over a grid; see `ports.LoadArchive`."""
        client = PrometheusClient(self._tuning)
        try:
            rows = _rows(client.query, query, grid)
        except SignalError as error:
            # there is no tick here that would ask again
            raise type(error)(f"{str(error).removesuffix(f'; {MEANWHILE}')}; query: {shorten(query)}") from error
        finally:
            client.close()
        names = sorted(rows)
        return RecordedLoad(names=tuple(names), values=np.stack([rows[name] for name in names]), step_s=grid.step_s)


def _rows(ask: Ask, query: str, grid: Grid) -> dict[str, FloatArray]:
    rows: dict[str, FloatArray] = {}
    column = 0
    for answer, piece in answers(ask, query, grid):
        if answer.warnings:
            raise SignalMalformed(f"Prometheus warns that its answer is partial: {shorten(answer.warnings[0])}")
        _place(decode(answer.result, piece), rows, column=column, count=grid.count)
        column += piece.count
    if not rows:
        raise SignalMalformed(f"there is no series at any of the {grid.count} times asked for")
    return rows


def _place(table: Table, rows: dict[str, FloatArray], *, column: int, count: int) -> None:
    """Put the values of one piece into the rows of their series, which are made as needed."""
    for labels, bound, values in zip(table.labels, table.bounds, table.values, strict=True):
        name = _name(labels, float(bound))
        if (values < 0).any() or np.isposinf(values).any():
            wrong = values[(values < 0) | np.isposinf(values)][0]
            raise SignalMalformed(f"series {name}: load must be a finite number >= 0, got {wrong:g}")
        if name not in rows and len(rows) == _MOST_SERIES:
            raise SignalMalformed(f"the query has more than {_MOST_SERIES} series; aggregate it or match fewer")
        row = rows.setdefault(name, np.full(count, np.nan))
        row[column : column + values.size] = values


def _name(labels: Mapping[str, str], bound: float) -> str:
    """Return a series' name as Prometheus writes it.

    Example:
        >>> _name({"__name__": "requests", "model": "chat"}, float("nan"))
        'requests{model="chat"}'
    """
    shown = dict(labels) if np.isnan(bound) else {**labels, "le": f"{bound:g}"}
    name = shown.pop("__name__", "")
    return name + "{" + ", ".join(f'{label}="{value}"' for label, value in sorted(shown.items())) + "}"
