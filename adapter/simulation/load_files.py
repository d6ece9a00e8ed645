"""Files of load: requests one by one, or counts on a grid, one or several series in a file.

Why it exists: people bring what they have. This module turns CSV text into one `Load` a series and complains with the
line where it cannot; it knows nothing of replicas. Missing token lengths are filled with stated defaults; a step that
the file calls a gap is not known, which is not the same as empty.
"""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapter.simulation.arrays import Floats, Ints
from adapter.simulation.profiles import RequestShape
from adapter.simulation.traces import Requests, read_request_trace

Flags = NDArray[np.bool_]

DEFAULT_SHAPE: Final = RequestShape(prompt_tokens=1000.0, output_tokens=200.0)
"""Mean lengths where a file has none."""
REQUEST_STEP_S: Final = 60.0
"""Grid on which files of single requests are counted."""
_AROUND_S: Final = 3600.0

_COUNT_NAMES: Final = ("arrivals", "requests")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Load:
    """What arrives at one workload, on a regular grid from second 0."""

    name: str
    step_s: float
    counts: Ints
    """Requests a step, shape (t,), >= 0."""
    known: Flags
    """False where the file says gap, shape (t,); the count is 0 there."""
    prompt_tokens: Floats
    """Mean prompt tokens of a request a step, shape (t,)."""
    output_tokens: Floats
    requests: Requests | None = None
    """The requests themselves, where the file has them."""

    @property
    def duration_s(self) -> float:
        """Return the time covered."""
        return self.step_s * len(self.counts)


def bridged(load: Load) -> Load:
    """Return a load in whose gaps arrives what the hours around them let expect.

    A hole in the collection is no idle time: it runs straight from the mean of the hour before it to that of the hour
    after it, and where there is only one of them it keeps its level.

    Example:
        >>> counts, known, tokens = np.array([4, 0, 0, 7]), np.array([True, False, False, True]), np.ones(4)
        >>> gap = Load(
        ...     name="a", step_s=600.0, counts=counts, known=known, prompt_tokens=tokens, output_tokens=tokens)
        >>> bridged(gap).counts.tolist()
        [4, 5, 6, 7]
    """
    if load.known.all() or not load.known.any():
        return load
    width = max(round(_AROUND_S / load.step_s), 1)
    counts, edges = load.counts.copy(), np.flatnonzero(np.diff(np.r_[True, load.known, True].astype(np.int8)))
    for first, last in edges.reshape(-1, 2).tolist():
        sides = [
            load.counts[span][load.known[span]]
            for span in (slice(max(first - width, 0), first), slice(last, last + width))
        ]
        levels = [float(each.mean()) for each in sides if each.size]
        counts[first:last] = np.rint(np.linspace(levels[0], levels[-1], last - first + 2)[1:-1])
    return replace(load, counts=counts)


def read_loads(text: str, *, name: str) -> tuple[Load, ...]:
    """Parse CSV of requests (``t_s,input_tokens,output_tokens``) or of counts (``t_s,arrivals`` or ``t_s,requests``).

    Files of counts may have ``series_id`` (several workloads), ``gap`` (1 = not known), ``input_tokens_mean`` and
    ``output_tokens_mean`` (empty = not known), or ``input_tokens`` and ``output_tokens`` summed over the step.

    Args:
        text: the CSV, with a header line.
        name: of the workload where the file names none.

    Raises:
        ValueError: a column is missing, a field is no number, or steps are not equal; the message says where.
    """
    header = next(csv.reader(io.StringIO(text)), [])
    if not any(each in header for each in _COUNT_NAMES):
        if {"t_s", "input_tokens", "output_tokens"} <= set(header):
            return (_counted(read_request_trace(text), name=name),)
        raise ValueError(
            "line 1: need the columns t_s, input_tokens and output_tokens (one row a request), or t_s and one of "
            f"{' and '.join(_COUNT_NAMES)} (counts); found {', '.join(header)}"
        )
    if "t_s" not in header:
        raise ValueError(f"line 1: missing column t_s; found {', '.join(header)}")
    return tuple(_series(table, header, name=key) for key, table in _tables(text, header, name=name).items())


def _counted(requests: Requests, *, name: str) -> Load:
    steps = max(math.floor(requests.duration_s / REQUEST_STEP_S) + 1, 1)
    counts = np.bincount((requests.arrival_s // REQUEST_STEP_S).astype(np.int64), minlength=steps)
    shape = requests.shape() if len(requests) else DEFAULT_SHAPE
    return Load(
        name=name,
        step_s=REQUEST_STEP_S,
        counts=counts.astype(np.int64),
        known=np.ones(steps, dtype=np.bool_),
        prompt_tokens=np.full(steps, shape.prompt_tokens),
        output_tokens=np.full(steps, shape.output_tokens),
        requests=requests,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """The rows of one series, column by column, and where it starts."""

    line: int
    columns: dict[str, list[str]]


def _tables(text: str, header: Sequence[str], *, name: str) -> dict[str, _Table]:
    wanted = {*_COUNT_NAMES, "t_s", "gap", "input_tokens_mean", "output_tokens_mean", "input_tokens", "output_tokens"}
    places = [(index, column) for index, column in enumerate(header) if column in wanted]
    key_at = header.index("series_id") if "series_id" in header else None
    tables: dict[str, _Table] = {}
    reader = csv.reader(io.StringIO(text))
    next(reader)
    for row in reader:
        if len(row) != len(header):
            raise ValueError(f"line {reader.line_num}: {len(row)} fields, the header has {len(header)}")
        key = name if key_at is None else row[key_at]
        if key not in tables:
            tables[key] = _Table(line=reader.line_num, columns={column: [] for _, column in places})
        for index, column in places:
            tables[key].columns[column].append(row[index])
    return tables


def _series(table: _Table, header: Sequence[str], *, name: str) -> Load:
    columns = {column: _numbers(values, column, name=name) for column, values in table.columns.items()}
    times = columns["t_s"]
    counts = columns[next(each for each in _COUNT_NAMES if each in header)]
    if len(times) < 2 or np.any(np.diff(times) != times[1] - times[0]) or times[1] <= times[0]:
        raise ValueError(f"series {name} (from line {table.line}): t_s must rise in equal steps, at least two")
    known = np.isfinite(counts) & ~(columns.get("gap", np.zeros(len(times))) == 1)
    if np.any(counts[known] < 0):
        raise ValueError(f"series {name} (from line {table.line}): counts must be >= 0")
    whole = np.where(known, counts, 0).astype(np.int64)
    return Load(
        name=name,
        step_s=float(times[1] - times[0]),
        counts=whole,
        known=known,
        prompt_tokens=_lengths(columns, "input_tokens", whole, default=DEFAULT_SHAPE.prompt_tokens),
        output_tokens=_lengths(columns, "output_tokens", whole, default=DEFAULT_SHAPE.output_tokens),
    )


def _numbers(values: list[str], column: str, *, name: str) -> Floats:
    try:
        return np.array([value or "nan" for value in values], dtype=np.float64)
    except ValueError as error:
        raise ValueError(f"series {name}, column {column}: {error}") from error


def _lengths(columns: dict[str, Floats], column: str, counts: Ints, *, default: float) -> Floats:
    """Return mean tokens a step, from a column of means or of sums."""
    means = columns.get(f"{column}_mean")
    if means is None:
        sums = columns.get(column, np.full(len(counts), np.nan))
        means = np.divide(sums, counts, out=np.full(len(counts), np.nan), where=counts > 0)
    return mean_lengths(means, counts, default=default)


def mean_lengths(means: Floats, counts: Ints, *, default: float) -> Floats:
    """Return mean tokens a step: of the step, else of the whole series, else the default; at least one.

    Args:
        means: mean tokens of a request a step, shape (t,), NaN = not known.
        counts: requests a step, shape (t,).
        default: where no step is known.
    """
    usable = np.isfinite(means) & (means > 0)
    weights = np.where(usable, counts, 0)
    usual = float(np.average(means[usable], weights=weights[usable])) if weights.any() else default
    return np.maximum(np.where(usable, means, usual), 1.0)
