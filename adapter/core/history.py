"""Bounded memory of a fleet: demand on three grids, every other signal on the finest.

Arrays are (workloads, time), the newest column last, NaN = gap. Recording returns a new `History`; a row depends only
on its own readings within the span, so that a restarted process that reads the span back holds the same bytes.

Each demand tier is sampled on its own grid with its own rate window (a minute's average on the fine tiers, ten minutes'
on the coarse one), never folded from a finer tier: that is what makes live recording and backfill equal to the last
bit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from adapter.core.signal import BoolArray, FloatArray, Signal
from adapter.core.workload import WorkloadId

StoredArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class TierSpec:
    """Grid of one tier: `columns` samples, `step_s` apart."""

    step_s: float
    columns: int

    @property
    def span_s(self) -> float:
        """Time that the tier covers."""
        return self.step_s * self.columns


SECONDS_TIER_SPAN_S = 3600.0
MINUTE_TIER = TierSpec(step_s=60.0, columns=1440)
COARSE_TIER = TierSpec(step_s=600.0, columns=2016)
ATTAINED_TIER = TierSpec(step_s=600.0, columns=432)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tier:
    """Samples of a fleet on one grid."""

    spec: TierSpec
    end: float
    """Time of the last column, seconds since epoch; NaN while nothing was recorded."""
    values: StoredArray
    """Shape (n, spec.columns)."""

    @classmethod
    def empty(cls, spec: TierSpec, rows: int) -> "Tier":
        """Return a tier that holds nothing but gaps."""
        return cls(spec=spec, end=float("nan"), values=np.full((rows, spec.columns), np.nan, dtype=np.float32))

    def times(self) -> FloatArray:
        """Return the time of every column, shape (spec.columns,)."""
        return self.end + self.spec.step_s * np.arange(1 - self.spec.columns, 1, dtype=np.float64)

    def select(self, rows: NDArray[np.intp]) -> "Tier":
        """Return the tier with other rows in another order; a row index of -1 is an empty row."""
        values = np.where((rows >= 0)[:, None], self.values[np.maximum(rows, 0)], np.float32("nan"))
        return replace(self, values=values)


def append(tier: Tier, columns: FloatArray, *, end: float) -> Tier:
    """Return the tier with new columns at its end; times in between that nobody recorded become gaps.

    Args:
        tier: what is known so far.
        columns: shape (n, m), one column per step of the tier's grid, the last one at `end`.
        end: time of the last column, a multiple of the tier's step after `tier.end`.
    """
    span = tier.spec.columns
    known = columns.astype(np.float32)[:, -span:]
    skipped = 0 if np.isnan(tier.end) else round((end - tier.end) / tier.spec.step_s) - columns.shape[1]
    gap = np.full((known.shape[0], max(0, min(skipped, span - known.shape[1]))), np.nan, dtype=np.float32)
    values = np.concatenate([tier.values, gap, known], axis=1)[:, -span:]
    return replace(tier, values=values, end=end)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """What is remembered of a fleet."""

    ids: tuple[WorkloadId, ...]
    """Row order of every tier."""
    minute: Tier
    """Demand each minute for a day."""
    at_least: Tier
    """1 for each minute whose demand was at least as recorded, 0 where it was just that."""
    coarse: Tier
    """Demand each ten minutes for two weeks."""
    starts: Tier
    """The slowest start of a replica within each ten minutes for two weeks, in seconds; NaN where none ended."""
    attained: Tier
    """Share of requests that met their objective in each ten minutes for three days; NaN where not known."""
    requests: Tier
    """How many requests came in each ten minutes for three days."""
    settled: Mapping[Signal, Tier] = field(default_factory=dict)
    """What one engine did in each settled ten minutes for three days, see `settled.NOTED`; NaN elsewhere."""
    signals: Mapping[Signal, Tier] = field(default_factory=dict)
    """Raw signals at every tick for an hour."""

    @classmethod
    def empty(cls, ids: tuple[WorkloadId, ...]) -> "History":
        """Return a history in which nothing was ever seen."""
        rows = len(ids)
        return cls(
            ids=ids,
            minute=Tier.empty(MINUTE_TIER, rows),
            at_least=Tier.empty(MINUTE_TIER, rows),
            coarse=Tier.empty(COARSE_TIER, rows),
            starts=Tier.empty(COARSE_TIER, rows),
            attained=Tier.empty(ATTAINED_TIER, rows),
            requests=Tier.empty(ATTAINED_TIER, rows),
        )

    def reindexed(self, ids: tuple[WorkloadId, ...]) -> "History":
        """Return the history for another set of workloads; those it never saw start empty."""
        if ids == self.ids:
            return self
        position = {each: row for row, each in enumerate(self.ids)}
        rows = np.array([position.get(each, -1) for each in ids], dtype=np.intp)
        if not self.ids:
            return History.empty(ids)
        return History(
            ids=ids,
            minute=self.minute.select(rows),
            at_least=self.at_least.select(rows),
            coarse=self.coarse.select(rows),
            starts=self.starts.select(rows),
            attained=self.attained.select(rows),
            requests=self.requests.select(rows),
            settled={signal: tier.select(rows) for signal, tier in self.settled.items()},
            signals={signal: tier.select(rows) for signal, tier in self.signals.items()},
        )


def record_minutes(history: History, demand: FloatArray, at_least: BoolArray, *, end: float) -> History:
    """Return the history with minutes of demand appended, and whether more may have arrived than that.

    Args:
        history: what is known so far.
        demand: shape (n, m), NaN = gap, the last column at `end`.
        at_least: shape (n, m).
        end: time of the last column, a multiple of 60 s.
    """
    return replace(
        history,
        minute=append(history.minute, demand, end=end),
        at_least=append(history.at_least, at_least.astype(np.float64), end=end),
    )


def censored_minutes(history: History, rows: NDArray[np.intp]) -> BoolArray:
    """Return which minutes of some rows hold less than what may have been demanded, shape (m, columns of `minute`)."""
    marks = history.at_least
    if np.isnan(marks.end):
        return np.zeros((rows.size, marks.spec.columns), dtype=np.bool_)
    return np.asarray(_until(marks, history.minute.end).values[rows] == 1.0)


def joined(first: History, second: History, ids: tuple[WorkloadId, ...]) -> History:
    """Return one history of two that cover different workloads up to the same time, in the row order of `ids`.

    Where both know a workload, the second wins. A tier that only one of them has recorded takes its end from that one.
    """
    base = first.reindexed(ids)
    other = second.reindexed(ids)
    newer = np.array([each in set(second.ids) for each in ids], dtype=np.bool_)
    return History(
        ids=ids,
        minute=_overlay(base.minute, other.minute, newer),
        at_least=_overlay(base.at_least, other.at_least, newer),
        coarse=_overlay(base.coarse, other.coarse, newer),
        starts=_overlay(base.starts, other.starts, newer),
        attained=_overlay(base.attained, other.attained, newer),
        requests=_overlay(base.requests, other.requests, newer),
        settled=_overlaid(base.settled, other.settled, newer),
        signals=_overlaid(base.signals, other.signals, newer),
    )


def _overlaid(
    base: Mapping[Signal, Tier], other: Mapping[Signal, Tier], newer: NDArray[np.bool_]
) -> dict[Signal, Tier]:
    return {signal: _overlay(base.get(signal), other.get(signal), newer) for signal in sorted({*base, *other})}


def _overlay(base: Tier | None, other: Tier | None, newer: NDArray[np.bool_]) -> Tier:
    present = [tier for tier in (base, other) if tier is not None and not np.isnan(tier.end)]
    if not present:
        kept = base or other
        if kept is None:
            raise ValueError("at least one of two tiers must exist")
        return kept
    end = max(tier.end for tier in present)
    filler = Tier.empty(present[0].spec, newer.size)
    rows = [_until(tier, end) if tier in present else filler for tier in (base or filler, other or filler)]
    return Tier(spec=present[0].spec, end=end, values=np.where(newer[:, None], rows[1].values, rows[0].values))


def _until(tier: Tier, end: float) -> Tier:
    """Return the tier moved on to `end`, with gaps for what it has not seen."""
    missing = round((end - tier.end) / tier.spec.step_s)
    if missing <= 0:
        return tier
    return append(tier, np.full((tier.values.shape[0], min(missing, tier.spec.columns)), np.nan), end=end)


def record_signals(history: History, values: Mapping[Signal, FloatArray], *, end: float, step_s: float) -> History:
    """Return the history with raw signals appended.

    Args:
        history: what is known so far.
        values: per signal shape (n, m), NaN = gap, the last column at `end`.
        end: time of the last column, seconds since epoch.
        step_s: tick interval, the grid of the raw signals.
    """
    spec = TierSpec(step_s=step_s, columns=round(SECONDS_TIER_SPAN_S / step_s))
    rows = len(history.ids)
    tiers = {
        signal: append(history.signals.get(signal) or Tier.empty(spec, rows), columns, end=end)
        for signal, columns in values.items()
    }
    return replace(history, signals={**history.signals, **tiers})


def last_known(tier: Tier, rows: NDArray[np.intp], *, at: float) -> tuple[FloatArray, FloatArray]:
    """Return the newest value of each row that is no gap, and its age in seconds; both NaN where there is none.

    Args:
        tier: samples.
        rows: which rows, shape (m,).
        at: time from which ages count, seconds since epoch.
    """
    values = tier.values[rows]
    known = ~np.isnan(values)
    back = np.argmax(known[:, ::-1], axis=1)
    found = known.any(axis=1)
    value = values[np.arange(rows.size), tier.spec.columns - 1 - back].astype(np.float64)
    return value, np.where(found, at - tier.end + back * tier.spec.step_s, np.nan)
