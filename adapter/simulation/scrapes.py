"""A memory of scrapes of one fleet, and the functions of PromQL that the vllm preset asks of them.

Stands in for the Prometheus between a simulated fleet and a policy, without text and without servers: the engines' rows
are kept as arrays. Rates are those of Prometheus, its extrapolation to the edges of the window and its resets of
counters included, summed over all pods that have two samples in the window, gone ones too; slopes are least squares.
Must not know who asks.

Source: `extrapolatedRate` and `linearRegression` in `promql/functions.go` of Prometheus 3.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np

from adapter.simulation.arrays import NO_REQUEST, Floats
from adapter.simulation.buckets import ITL_BOUNDS_S, TTFT_BOUNDS_S
from adapter.simulation.closed_loop import Observation
from adapter.simulation.score import DEFAULT_OBJECTIVE

_GAUGES: Final = ("running", "waiting")
_COUNTERS: Final = (
    "prompt_tokens",
    "cached_tokens",
    "generation_tokens",
    "ended",
    "succeeded",
    "finished_prompt_tokens",
    "finished_output_tokens",
    "ttft_count",
    "ttft_in_time",
    "itl_count",
    "itl_in_time",
)
_COLUMN: Final = {name: index for index, name in enumerate((*_GAUGES, *_COUNTERS))}
_DERIVED: Final = frozenset({"running", "ended", "ttft_count", "ttft_in_time", "itl_count", "itl_in_time"})
_EXTRAPOLATED_GAPS: Final = 1.1  # a window's edge further away than this many intervals is not reached


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scrape:
    """All engines at one time."""

    at_s: float
    serials: tuple[int, ...]
    values: Floats
    """Shape (engines, columns)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rates:
    """Changes per second over a window, summed over pods; by name of the column."""

    increase: Floats
    slope: Floats

    def rate(self, name: str) -> float:
        """Return the rate of a counter."""
        return float(self.increase[_COLUMN[name]])

    def deriv(self, name: str) -> float:
        """Return the slope of a gauge."""
        return float(self.slope[_COLUMN[name]])


class ScrapeMemory:
    """Scrapes of the last minutes, oldest first.

    Args:
        span_s: how long scrapes are remembered; no window may be longer.
    """

    def __init__(self, *, span_s: float = 630.0) -> None:
        self._span_s = span_s
        self._scrapes: deque[Scrape] = deque()
        self.newest: Observation | None = None

    def record(self, seen: Observation) -> None:
        """Remember a scrape and forget those that are too old."""
        self.newest = seen
        self._scrapes.append(Scrape(at_s=seen.at_s, serials=seen.serials, values=_columns(seen)))
        while self._scrapes[0].at_s < seen.at_s - self._span_s:
            self._scrapes.popleft()

    def rates(self, *, at_s: float, window_s: float) -> Rates | None:
        """Return the changes over the window that ends at `at_s`; None when no pod has two samples in it.

        Args:
            at_s: end of the window, included.
            window_s: its length; its start is left out, as in PromQL.
        """
        inside = [scrape for scrape in self._scrapes if at_s - window_s < scrape.at_s <= at_s]
        pods: dict[int, list[tuple[float, Floats]]] = {}
        for scrape in inside:
            for serial, values in zip(scrape.serials, scrape.values, strict=True):
                pods.setdefault(serial, []).append((scrape.at_s, values))
        known = [samples for samples in pods.values() if len(samples) >= 2]
        if not known:
            return None
        return Rates(
            increase=np.sum([_rate(samples, at_s=at_s, window_s=window_s) for samples in known], axis=0),
            slope=np.sum([_slope(samples) for samples in known], axis=0),
        )


def _columns(seen: Observation) -> Floats:
    rows = seen.rows
    values = np.empty((len(rows), len(_COLUMN)))
    values[:, _COLUMN["running"]] = rows["decoding"] + (rows["prefilling"] != NO_REQUEST)
    values[:, _COLUMN["ended"]] = rows["succeeded"] + rows["aborted"] + rows["refused"]
    for name in _COLUMN.keys() - _DERIVED:
        values[:, _COLUMN[name]] = rows[name]
    for name, bounds, limit_s in (
        ("ttft", TTFT_BOUNDS_S, DEFAULT_OBJECTIVE.ttft_s),
        ("itl", ITL_BOUNDS_S, DEFAULT_OBJECTIVE.itl_s),
    ):
        values[:, _COLUMN[f"{name}_count"]] = rows[name].sum(axis=1)
        values[:, _COLUMN[f"{name}_in_time"]] = _in_time(rows[name], bounds, limit_s)
    return values


def _in_time(buckets: Floats, bounds: Floats, limit_s: float) -> Floats:
    """Return the observations at or below a limit, straight inside the bucket that it cuts, shape (engines,)."""
    cut = int(np.searchsorted(bounds, limit_s))
    whole: Floats = buckets[:, :cut].sum(axis=1).astype(np.float64)
    if cut == len(bounds):
        return whole
    lower = bounds[cut - 1] if cut else 0.0
    inside: Floats = whole + buckets[:, cut] * (limit_s - lower) / (bounds[cut] - lower)
    return inside


def _rate(samples: list[tuple[float, Floats]], *, at_s: float, window_s: float) -> Floats:
    """Return the rate of one pod's counters, extrapolated to the edges of the window as Prometheus does."""
    (first_s, first), (last_s, last) = samples[0], samples[-1]
    increase, sampled_s = last - first + _lost(samples), last_s - first_s
    gap_s = sampled_s / (len(samples) - 1)
    to_end = at_s - last_s
    to_end = to_end if to_end < gap_s * _EXTRAPOLATED_GAPS else gap_s / 2
    to_start = first_s - (at_s - window_s)
    to_start = to_start if to_start < gap_s * _EXTRAPOLATED_GAPS else gap_s / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        to_zero = np.where((increase > 0) & (first >= 0), sampled_s * first / increase, np.inf)
    reached = sampled_s + np.minimum(to_start, to_zero) + to_end
    rate: Floats = increase * reached / sampled_s / window_s
    return rate


def _lost(samples: list[tuple[float, Floats]]) -> Floats:
    """Return what counters had reached when they began anew, which is what a fall of a counter means."""
    values = np.array([each for _, each in samples])
    before, after = values[:-1], values[1:]
    lost: Floats = np.where(after < before, before, 0.0).sum(axis=0)
    return lost


def _slope(samples: list[tuple[float, Floats]]) -> Floats:
    times = np.array([at_s for at_s, _ in samples])
    values = np.array([each for _, each in samples])
    centred = times - times.mean()
    slope: Floats = centred @ values / (centred @ centred)
    return slope
