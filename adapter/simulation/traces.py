"""Requests of a workload over time: real traces, read, placed and scaled.

A trace is arrays of arrival time, prompt tokens and output tokens. This module reads text that is
handed to it or shipped in ``data/`` (see ``data/NOTICE`` for sources and licences); it knows nothing of
pods. Randomness comes only from the Generator that the caller passes.
"""

import csv
import gzip
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import numpy as np

from adapter.simulation.arrays import Floats, Ints
from adapter.simulation.profiles import EngineProfile, RequestShape

PEAK_WINDOW_S: Final = 600.0
"""Window of the busiest stretch that `scale_to_peak` looks at."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Requests:
    """Requests in order of arrival; the arrays are made read-only.

    Raises:
        ValueError: lengths differ, times are not finite, negative or out of order, or a request has no tokens.
    """

    arrival_s: Floats
    """Seconds from the start, shape (n,), finite, >= 0, ascending."""
    prompt_tokens: Ints
    """Shape (n,), >= 1."""
    output_tokens: Ints
    """Shape (n,), >= 1."""

    def __post_init__(self) -> None:
        if not len(self.arrival_s) == len(self.prompt_tokens) == len(self.output_tokens):
            raise ValueError(
                "arrival_s, prompt_tokens and output_tokens must be equally long, got "
                f"{len(self.arrival_s)}, {len(self.prompt_tokens)}, {len(self.output_tokens)}"
            )
        if not np.all(np.isfinite(self.arrival_s)) or np.any(np.diff(self.arrival_s, prepend=0.0) < 0):
            raise ValueError("arrival_s must be finite, >= 0 and ascending")
        for name in ("prompt_tokens", "output_tokens"):
            if np.any(getattr(self, name) < 1):
                raise ValueError(f"{name} must be >= 1, got {int(getattr(self, name).min())}")
        for array in (self.arrival_s, self.prompt_tokens, self.output_tokens):
            array.flags.writeable = False

    def __len__(self) -> int:
        return len(self.arrival_s)

    @property
    def duration_s(self) -> float:
        """Return the time of the last arrival, 0 without requests."""
        return float(self.arrival_s[-1]) if len(self) else 0.0

    def shape(self) -> RequestShape:
        """Return the mean lengths.

        Raises:
            ValueError: there are no requests.
        """
        if not len(self):
            raise ValueError("a trace without requests has no mean lengths")
        return RequestShape(
            prompt_tokens=float(self.prompt_tokens.mean()), output_tokens=float(self.output_tokens.mean())
        )

    def between(self, start_s: float, end_s: float) -> "Requests":
        """Return the requests that arrive in [start_s, end_s), with times from `start_s` on."""
        first, last = np.searchsorted(self.arrival_s, [start_s, end_s], side="left")
        return Requests(
            arrival_s=self.arrival_s[first:last] - start_s,
            prompt_tokens=self.prompt_tokens[first:last].copy(),
            output_tokens=self.output_tokens[first:last].copy(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLengths:
    """Lognormal lengths around published means, for traces that only have counts."""

    shape: RequestShape
    prompt_sigma: float = 1.0
    """Standard deviation of the logarithm, >= 0; 1.0 is about what production traces show."""
    output_sigma: float = 0.8
    longest: int = 32_768
    """Lengths are cut here, tokens."""


def read_request_trace(text: str) -> Requests:
    """Parse CSV with the columns ``t_s,input_tokens,output_tokens``, one row a request.

    Raises:
        ValueError: a column is missing or a field is not a number; the message has the line.
    """
    columns = _columns(text, ("t_s", "input_tokens", "output_tokens"))
    return Requests(
        arrival_s=columns["t_s"],
        prompt_tokens=columns["input_tokens"].astype(np.int64),
        output_tokens=columns["output_tokens"].astype(np.int64),
    )


def read_count_trace(text: str, *, series: str | None = None) -> tuple[float, Ints]:
    """Parse CSV with the columns ``t_s,arrivals`` on a regular grid; return its step in seconds and the counts.

    Args:
        text: the CSV.
        series: where there is a column ``series_id``, the one series to read.

    Raises:
        ValueError: no such series, fewer than two rows, an irregular grid, or a negative count.
    """
    columns = _columns(text, ("t_s", "arrivals"), series=series)
    if len(columns["t_s"]) < 2:
        raise ValueError("a trace of counts needs at least two rows")
    steps = np.diff(columns["t_s"])
    if np.any(steps != steps[0]) or steps[0] <= 0:
        raise ValueError("t_s must rise in equal steps (of several series in one file, name one)")
    if np.any(columns["arrivals"] < 0):
        raise ValueError("arrivals must be >= 0")
    return float(steps[0]), columns["arrivals"].astype(np.int64)


def place_counts(counts: Ints, step_s: float, lengths: TokenLengths, *, rng: np.random.Generator) -> Requests:
    """Return requests with `counts[i]` arrivals uniformly at random in step i and random lengths."""
    total = int(counts.sum())
    arrival_s = (np.repeat(np.arange(len(counts)), counts) + rng.random(total)) * step_s
    return Requests(
        arrival_s=np.sort(arrival_s),
        prompt_tokens=_lognormal(rng, total, (lengths.shape.prompt_tokens, lengths.prompt_sigma, lengths.longest)),
        output_tokens=_lognormal(rng, total, (lengths.shape.output_tokens, lengths.output_sigma, lengths.longest)),
    )


def peak_replicas(requests: Requests, profile: EngineProfile, *, window_s: float = PEAK_WINDOW_S) -> float:
    """Return the replicas of `profile`, as a fraction, that the busiest `window_s` seconds need.

    That is the highest arrival rate over any window, in work, over what one replica sustains.
    """
    if not len(requests):
        return 0.0
    work = requests.prompt_tokens * profile.per_prefill_token_s
    work = work + requests.output_tokens * profile.token_cost_s(requests.shape())
    total = np.concatenate([[0.0], np.cumsum(work)])
    ends = np.searchsorted(requests.arrival_s, requests.arrival_s + window_s, side="left")
    busiest = float(np.max(total[ends] - total[:-1])) / window_s
    shape = requests.shape()
    return busiest / (profile.sustainable_requests_per_s(shape) * profile.work_s(shape))


def scale_to_peak(
    requests: Requests,
    profile: EngineProfile,
    replicas: float,
    *,
    rng: np.random.Generator,
    window_s: float = PEAK_WINDOW_S,
    spread_s: float = 2.0,
) -> Requests:
    """Repeat or thin out requests until the busiest `window_s` seconds need `replicas` of `profile`.

    A factor of 2.3 repeats each request twice and three in ten a third time; a factor below 1 keeps
    that share. Repeated requests arrive up to `spread_s` after the original, so that they do not come as one.
    A short window suits a trace whose load comes in bursts of seconds: its busiest ten minutes may need few
    replicas on average and still many more at once.

    Raises:
        ValueError: there are no requests, or `replicas` is not > 0.
    """
    if replicas <= 0 or not len(requests):
        raise ValueError(f"needs requests and replicas > 0, got {len(requests)} requests, replicas {replicas}")
    factor = replicas / peak_replicas(requests, profile, window_s=window_s)
    copies = math.floor(factor) + (rng.random(len(requests)) < factor - math.floor(factor))
    index = np.repeat(np.arange(len(requests)), copies)
    repeated = np.diff(index, prepend=-1) == 0
    arrival_s = requests.arrival_s[index] + np.where(repeated, rng.random(len(index)) * spread_s, 0.0)
    order = np.argsort(arrival_s, kind="stable")
    return Requests(
        arrival_s=arrival_s[order],
        prompt_tokens=requests.prompt_tokens[index][order],
        output_tokens=requests.output_tokens[index][order],
    )


def azure_code() -> Requests:
    """Return the Azure LLM code trace of 2023: 8,819 requests in 57 minutes, very bursty."""
    packed = files("adapter.simulation.data").joinpath("azure-code_requests.csv.gz").read_bytes()
    return read_request_trace(gzip.decompress(packed).decode())


def mostly_idle(*, rng: np.random.Generator) -> Requests:
    """Return 3.5 hours of one client of ServeGen's m-mid model: a few bursts, idle for long in between."""
    text = files("adapter.simulation.data").joinpath("servegen-m-mid-client-046_60s.csv").read_text(encoding="utf-8")
    step_s, counts = read_count_trace(text)
    return place_counts(counts, step_s, MOSTLY_IDLE_LENGTHS, rng=rng)


MOSTLY_IDLE_LENGTHS: Final = TokenLengths(shape=RequestShape(prompt_tokens=1944.94, output_tokens=472.377))
"""Means published for that client in the hours of the excerpt."""


def _columns(text: str, names: tuple[str, ...], *, series: str | None = None) -> dict[str, Floats]:
    """Return the named columns of CSV text as finite floats, of all rows or of one series."""
    rows = csv.DictReader(io.StringIO(text))
    wanted = names if series is None else ("series_id", *names)
    missing = [name for name in wanted if name not in (rows.fieldnames or ())]
    if missing:
        raise ValueError(f"line 1: missing column {', '.join(missing)}; found {', '.join(rows.fieldnames or ())}")
    chosen = (row for row in rows if series is None or row["series_id"] == series)
    values = [[_finite(row, name, line=rows.line_num) for name in names] for row in chosen]
    if series is not None and not values:
        raise ValueError(f"no rows with series_id {series}")
    table = np.array(values, dtype=np.float64).reshape(-1, len(names))
    return {name: table[:, column].copy() for column, name in enumerate(names)}


def _finite(row: Mapping[str, str | None], name: str, *, line: int) -> float:
    try:
        value = float(row[name] or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"line {line}: {name} must be a finite number, got {row[name]!r}")
    return value


def _lognormal(rng: np.random.Generator, size: int, law: tuple[float, float, int]) -> Ints:
    """Draw whole lengths from 1 to the longest with the law's mean before cutting."""
    mean, sigma, longest = law
    drawn = rng.lognormal(math.log(mean) - sigma**2 / 2, sigma, size)
    return np.clip(np.rint(drawn), 1, longest).astype(np.int64)
