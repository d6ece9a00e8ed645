"""From the JSON of a Prometheus answer to arrays; pure.

A sample that is NaN and a missing sample are two things: the first is a value somebody exported, the second is silence.
So a table holds both the values and where there was a sample.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapter.core.errors import SignalMalformed
from adapter.core.signal import FloatArray, Grid

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """The series of one answer over a grid of t times."""

    labels: tuple[Mapping[str, str], ...]
    """Label sets of the s series, without the name."""
    values: FloatArray
    """Shape (s, t); NaN where there is no sample, and where the sample is NaN."""
    present: BoolArray
    """Shape (s, t); where there is a sample."""


def decode(result: Sequence[Mapping[str, Any]], grid: Grid) -> Table:
    """Return the series of an instant vector (a grid of one time) or of a matrix.

    Args:
        result: `data.result` of the answer.
        grid: the times that were asked for; samples at other times are an error.

    Raises:
        SignalMalformed: the answer has another shape than asked for, names the first offender.
    """
    values = np.full((len(result), grid.count), np.nan)
    present = np.zeros((len(result), grid.count), dtype=np.bool_)
    labels = []
    for row, series in enumerate(result):
        try:
            labels.append(series["metric"])
            pairs = [series["value"]] if "value" in series else series["values"]
            columns = _columns(pairs, grid)
            values[row, columns] = [float(text) for _, text in pairs]
            present[row, columns] = True
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise SignalMalformed(f"not a series of numbers on the grid asked for: {str(series)[:200]}") from error
    return Table(labels=tuple(labels), values=values, present=present)


def _columns(pairs: Sequence[Sequence[Any]], grid: Grid) -> slice | list[int]:
    if len(pairs) == grid.count:
        return slice(None)
    columns = [round((at - grid.start) / grid.step_s) for at, _ in pairs]
    if columns and not (min(columns) >= 0 and max(columns) < grid.count):
        raise IndexError
    return columns
