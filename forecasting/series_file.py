"""Read load series from `.csv` and `.csv.gz` files.

Columns: `t_s` (start of the interval in seconds), optional `series_id`, optional `gap` (1 = the collection failed, not
idle), and one value column. A thin shell around the standard library; everything after it is arrays.
"""

import csv
import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from forecasting.arrays import FloatArray, IntArray
from forecasting.contract import LARGEST

_VALUE_COLUMNS = ("requests", "arrivals")
_GAP, _NO_GAP = {"1", "1.0", "true"}, {"", "0", "0.0", "false"}
_OFF_GRID = 1e-6  # of a step
_MOST_CELLS = 50_000_000  # 400 MB


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
        ValueError: the file cannot be read as series; names the file, the line or column, and what is allowed.
    """
    try:
        with _open(path) as stream:
            table = _table(path, stream, value)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        raise ValueError(f"{path} cannot be read as CSV text ({error})") from error
    if len(table.lines) < 2:
        raise ValueError(f"{path} has {len(table.lines)} rows; a series needs at least two")
    return _on_grid(path, table)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Table:
    """The columns of a file, one entry per row."""

    names: list[str]
    times: FloatArray
    loads: FloatArray
    """NaN = gap."""
    lines: list[int]
    """Where each row stands in the file, counted from 1."""


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", newline="", encoding="utf-8")
    return path.open(newline="", encoding="utf-8")


def _table(path: Path, stream: IO[str], value: str | None) -> _Table:
    reader = csv.reader(stream)
    head = [name.strip().removeprefix("\ufeff") for name in next(reader, [])]
    column = _value_column(path, head, value)
    if "t_s" not in head:
        raise ValueError(f"{path} has no column t_s (start of the interval in seconds), only {head}")
    rows, lines = [], []
    for row in reader:
        if row:
            rows.append(row)
            lines.append(reader.line_num)
        if row and len(row) != len(head):
            raise ValueError(f"{path}, line {lines[-1]}: {len(row)} fields, but the first line names {len(head)}")
    gaps = _gaps(path, _column(rows, head, "gap"), lines)
    texts = _column(rows, head, column) or []
    loads = ["nan" if gap or text == "" else text for gap, text in zip(gaps, texts, strict=True)]
    named = _column(rows, head, "series_id") or [""] * len(rows)
    return _Table(
        names=[name or path.name.split(".")[0] for name in named],
        times=_numbers(f"{path}, line {{line}}, column t_s", _column(rows, head, "t_s") or [], lines),
        loads=_loads(f"{path}, line {{line}}, column {column}", loads, lines),
        lines=lines,
    )


def _value_column(path: Path, columns: Sequence[str], value: str | None) -> str:
    wanted = _VALUE_COLUMNS if value is None else (value,)
    for name in wanted:
        if name in columns:
            return name
    raise ValueError(f"{path} has none of the value columns {list(wanted)}, only {list(columns)}")


def _column(rows: list[list[str]], head: list[str], name: str) -> list[str] | None:
    place = head.index(name) if name in head else -1
    return None if place < 0 else [row[place].strip() for row in rows]


def _gaps(path: Path, texts: list[str] | None, lines: list[int]) -> list[bool]:
    if texts is None:
        return [False] * len(lines)
    for text, line in zip(texts, lines, strict=True):
        if text.lower() not in _GAP and text.lower() not in _NO_GAP:
            raise ValueError(f"{path}, line {line}, column gap: must be 1 (collection failed) or 0, got {text!r}")
    return [text.lower() in _GAP for text in texts]


def _numbers(where: str, texts: list[str], lines: list[int]) -> FloatArray:
    """Return finite numbers."""
    for text, line in zip(texts, lines, strict=True):
        if not _is_number(text) or not np.isfinite(float(text)):
            raise ValueError(f"{where.format(line=line)}: must be a finite number, got {text!r}")
    return np.array(texts, dtype=np.float64)


def _loads(where: str, texts: list[str], lines: list[int]) -> FloatArray:
    """Return loads, NaN = gap."""
    for text, line in zip(texts, lines, strict=True):
        if not _is_number(text) or float(text) < 0 or float(text) >= LARGEST:
            allowed = f"a number >= 0 and below {LARGEST:g}, or empty for a gap"
            raise ValueError(f"{where.format(line=line)}: must be {allowed}, got {text!r}")
    return np.array(texts, dtype=np.float64)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _on_grid(path: Path, table: _Table) -> SeriesSet:
    names = tuple(dict.fromkeys(table.names))
    times = np.unique(table.times)
    if times.size < 2:
        raise ValueError(f"{path} has one point in time; a series needs at least two")
    step = float(np.diff(times).min())
    places = (table.times - times[0]) / step
    off = np.abs(places - places.round())
    if off.max() > _OFF_GRID:
        first = int(np.argmax(off > _OFF_GRID))
        raise ValueError(
            f"{path}, line {table.lines[first]}: times must be multiples of the step of {step:g} s (the shortest"
            f" distance in the file) from the first, {times[0]:.12g} s, got {table.times[first]:.12g}"
        )
    steps = int(places.max().round()) + 1
    if steps * len(names) > _MOST_CELLS:
        raise ValueError(
            f"{path}: {len(names)} series over {steps} steps of {step:g} s (the shortest distance in the file) are"
            f" more than the {_MOST_CELLS} values that are allowed"
        )
    rows = {name: i for i, name in enumerate(names)}
    cells = np.array([rows[name] for name in table.names]) * steps + places.round().astype(np.int64)
    _refuse_twice(path, table, cells)
    values = np.full(len(names) * steps, np.nan)
    values[cells] = table.loads
    return SeriesSet(names=names, values=values.reshape(len(names), steps), step_s=step)


def _refuse_twice(path: Path, table: _Table, cells: IntArray) -> None:
    """Refuse two rows for one time of one series: which of them holds is not ours to guess."""
    order = np.argsort(cells, kind="stable")
    twice = np.flatnonzero(np.diff(cells[order]) == 0)
    if twice.size:
        later = int(order[twice + 1].min())
        raise ValueError(
            f"{path}, line {table.lines[later]}: series {table.names[later]} has the time {table.times[later]:.12g} s"
            " twice; one row per series and time is allowed"
        )


def coarser(values: FloatArray, factor: int) -> FloatArray:
    """Return sums over `factor` steps, shape (n, t // factor); a sum with a gap in it is a gap.

    Example:
        >>> coarser(np.array([[1.0, 2.0, 3.0, np.nan, 5.0]]), 2).tolist()
        [[3.0, nan]]
    """
    n, steps = values.shape[0], values.shape[1] // factor
    sums: FloatArray = values[:, : steps * factor].reshape(n, steps, factor).sum(axis=2)
    return sums
