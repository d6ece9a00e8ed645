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
    """Label sets of the s series, without the name and without `le`."""
    bounds: FloatArray
    """Upper bounds of buckets, from `le`, shape (s,); NaN for series that are no buckets."""
    values: FloatArray
    """Shape (s, t); NaN where there is no sample, and where the sample is NaN."""
    present: BoolArray
    """Shape (s, t); where there is a sample."""


def decode(result: Sequence[Mapping[str, Any]], grid: Grid) -> Table:
    """Return the series of an instant vector (a grid of one time) or of a matrix.

    Args:
        result: `data.result` of the answer; consumed, its label sets become those of the table.
        grid: the times that were asked for; samples at other times are an error.

    Raises:
        SignalMalformed: the answer has another shape than asked for.
    """
    try:
        labels = tuple([series["metric"] for series in result])
        bounds = np.array([float(label.pop("le", "nan")) for label in labels], dtype=np.float64)
        values, present = _vector(result) if grid.count == 1 else _matrix(result, grid)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        example = str(result[0])[:200]
        raise SignalMalformed(
            f"the answer holds something else than series of numbers at the times asked for, first: {example}"
        ) from error
    return Table(labels=labels, bounds=bounds, values=values, present=present)


def _vector(result: Sequence[Mapping[str, Any]]) -> tuple[FloatArray, BoolArray]:
    # This is every tick of every workload: one pass, no array access per series.
    values = np.array([float(series["value"][1]) for series in result], dtype=np.float64).reshape(-1, 1)
    return values, np.ones(values.shape, dtype=np.bool_)


def _matrix(result: Sequence[Mapping[str, Any]], grid: Grid) -> tuple[FloatArray, BoolArray]:
    values = np.full((len(result), grid.count), np.nan)
    present = np.zeros((len(result), grid.count), dtype=np.bool_)
    for row, series in enumerate(result):
        columns = _columns(series["values"], grid)
        values[row, columns] = [float(text) for _, text in series["values"]]
        present[row, columns] = True
    return values, present


def _columns(pairs: Sequence[Sequence[Any]], grid: Grid) -> slice | list[int]:
    columns = [round((at - grid.start) / grid.step_s) for at, _ in pairs]
    if columns and not (min(columns) >= 0 and max(columns) < grid.count):
        raise IndexError
    return columns if len(columns) < grid.count else slice(None)
