"""Read load series from `.csv` and `.csv.gz` files.

Columns: `t_s` (start of the interval in seconds), optional `series_id`, optional `gap` (1 = the collection failed, not
idle), and one value column. A thin shell around the standard library; everything after it is arrays.
"""

import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from forecasting.arrays import FloatArray

_VALUE_COLUMNS = ("requests", "arrivals")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeriesSet:
    """Series on one regular grid."""

    names: tuple[str, ...]
    """The `series_id` of each row of `values`, in the order of the file."""
    values: FloatArray
    """Load per step, shape (n, t), NaN = gap or not in the file."""
    step_s: float
    """Length of a step in seconds."""


def read_series(path: Path, value: str | None = None) -> SeriesSet:
    """Return the series in the file at `path`.

    Args:
        path: a `.csv` or `.csv.gz` file.
        value: name of the value column; None = `requests`, else `arrivals`.

    Raises:
        ValueError: a column is missing, or the times are not on a regular grid; names the file and what it needs.
    """
    with _open(path) as stream:
        reader = csv.DictReader(stream)
        columns = reader.fieldnames or ()
        column = _value_column(path, columns, value)
        if "t_s" not in columns:
            raise ValueError(f"{path} has no column t_s (start of the interval in seconds), only {list(columns)}")
        records = [
            (row.get("series_id") or path.name.split(".")[0], float(row["t_s"]), _number(row, column)) for row in reader
        ]
    if len(records) < 2:
        raise ValueError(f"{path} has {len(records)} rows; a series needs at least two")
    return _on_grid(path, records)


def _open(path: Path) -> IO[str]:
    return gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="")


def _value_column(path: Path, columns: Sequence[str], value: str | None) -> str:
    wanted = _VALUE_COLUMNS if value is None else (value,)
    for name in wanted:
        if name in columns:
            return name
    raise ValueError(f"{path} has none of the value columns {list(wanted)}, only {list(columns)}")


def _number(row: dict[str, str], column: str) -> float:
    if row.get("gap") in {"1", "1.0", "True", "true"} or row[column] == "":
        return np.nan
    return float(row[column])


def _on_grid(path: Path, records: list[tuple[str, float, float]]) -> SeriesSet:
    names = tuple(dict.fromkeys(name for name, _, _ in records))
    times = np.unique([t for _, t, _ in records])
    if times.size < 2:
        raise ValueError(f"{path} has one point in time; a series needs at least two")
    step = float(np.diff(times).min())
    columns = (np.array([t for _, t, _ in records]) - times[0]) / step
    if np.abs(columns - columns.round()).max() > 1e-6:
        raise ValueError(f"{path}: times must be multiples of the step of {step} s from the first, {times[0]} s")
    rows = {name: i for i, name in enumerate(names)}
    values = np.full((len(names), int(columns.max().round()) + 1), np.nan)
    values[[rows[name] for name, _, _ in records], columns.round().astype(int)] = [v for _, _, v in records]
    return SeriesSet(names=names, values=values, step_s=step)


def coarser(values: FloatArray, factor: int) -> FloatArray:
    """Return sums over `factor` steps, shape (n, t // factor); a sum with a gap in it is a gap.

    Example:
        >>> coarser(np.array([[1.0, 2.0, 3.0, np.nan, 5.0]]), 2).tolist()
        [[3.0, nan]]
    """
    n, steps = values.shape[0], values.shape[1] // factor
    sums: FloatArray = values[:, : steps * factor].reshape(n, steps, factor).sum(axis=2)
    return sums
