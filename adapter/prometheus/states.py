"""From folded values and the freshness of their anchor to readings with a state per cell; pure.

Age is reported, not judged: which age is too old is tuned per workload, so the core turns fresh into stale.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from adapter.core.signal import FloatArray, Readings, State, StateArray
from adapter.prometheus.decode import BoolArray
from adapter.prometheus.fold import Folded


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Freshness:
    """How well an anchor is reported; all arrays have shape (n, t), NaN where nothing is known."""

    age_s: FloatArray
    reporting: FloatArray
    """Targets that report."""
    expected: FloatArray
    """Targets that reported lately and are still discovered; NaN where the source keeps no `up`."""
    copies: FloatArray
    """Series where one is expected."""
    incomplete: bool
    """Whether the source warned that its answers are partial."""

    def coverage(self) -> FloatArray:
        """Return the share of expected targets that report, in [0, 1]; NaN where unknown."""
        reporting = np.nan_to_num(self.reporting)
        expected = np.where(self.expected > 0, np.maximum(self.expected, reporting), np.nan)
        share: FloatArray = reporting / expected
        return share


def judge(folded: Folded, freshness: Freshness, *, warned: bool) -> Readings:
    """Return readings of one signal.

    A value without its anchor is absent: `rate` and `deriv` go on for a window after their target has gone.

    Args:
        folded: values of the signal.
        freshness: of the anchor of its preset.
        warned: whether the source warned that these values are partial.
    """
    coverage = freshness.coverage()
    here = freshness.reporting > 0
    state = np.full(folded.value.shape, State.ABSENT, dtype=np.uint8)
    state[here & folded.seen] = State.FRESH
    partial = (coverage < 1) | (warned or freshness.incomplete)
    state[here & folded.seen & partial] = State.PARTIAL
    state[here & (folded.bad | ((freshness.copies > 1) & folded.seen))] = State.MALFORMED
    return _readings(folded.value, state, age_s=freshness.age_s, coverage=coverage)


def _readings(value: FloatArray, state: StateArray, *, age_s: FloatArray, coverage: FloatArray) -> Readings:
    return Readings(value=np.where(state <= State.STALE, value, np.nan), state=state, age_s=age_s, coverage=coverage)


def unavailable(served: BoolArray, columns: int) -> Readings:
    """Return readings that are unavailable for the workloads that a preset serves, absent for the others."""
    missing = Readings.missing(len(served), columns, State.ABSENT)
    state = np.where(served[:, None], np.uint8(State.UNAVAILABLE), missing.state).astype(np.uint8)
    return Readings(value=missing.value, state=state, age_s=missing.age_s, coverage=missing.coverage)


def prefer(first: Readings, second: Readings, *, final: BoolArray) -> Readings:
    """Return the first readings, and the second where the first are absent.

    Args:
        first: trusted more.
        second: trusted less.
        final: rows whose absence stands, shape (n,).
    """
    gap = (first.state == State.ABSENT) & ~final[:, None]
    return Readings(
        value=np.where(gap, second.value, first.value),
        state=np.where(gap, second.state, first.state).astype(np.uint8),
        age_s=np.where(gap, second.age_s, first.age_s),
        coverage=np.where(gap, second.coverage, first.coverage),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """Something that a count includes and that is known by itself."""

    readings: Readings
    expected: BoolArray
    """Where it should be known, shape (n, t)."""


def without(readings: Readings, parts: Sequence[Part]) -> Readings:
    """Return a count of which what is known of its parts is taken off, at least 0.

    Where a part is less than fresh, so is what is left; where one should be known and is not, what is left is too much
    and therefore partial.
    """
    value, state = readings.value, readings.state
    known = state <= State.STALE
    for part in parts:
        here = known & (part.readings.state <= State.STALE)
        value = np.where(here, value - part.readings.value, value)
        doubt = np.where(here, part.readings.state, np.where(part.expected, State.PARTIAL, State.FRESH))
        state = np.where(known, np.maximum(state, doubt), state)
    value = np.maximum(value, 0.0)  # the two are scraped at different times
    return Readings(value=value, state=state.astype(np.uint8), age_s=readings.age_s, coverage=readings.coverage)


def unless_served(readings: Readings, ready: Readings) -> Readings:
    """Return a count of refused requests that is 0 where replicas are ready: what was refused does not wait."""
    served = (readings.state <= State.STALE) & (ready.state <= State.STALE) & (ready.value > 0)
    value = np.where(served, 0.0, readings.value)
    return Readings(value=value, state=readings.state, age_s=readings.age_s, coverage=readings.coverage)


def against_ready(readings: Readings, reporting: FloatArray, ready: Readings) -> Readings:
    """Return readings that are partial where fewer targets report than replicas are ready.

    Catches what the source cannot know: pods that nobody scrapes.

    Args:
        readings: of a signal that each pod exports itself.
        reporting: targets that report, shape (n, t); NaN for rows that cannot be compared.
        ready: ready replicas.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(ready.state <= State.STALE, reporting / ready.value, np.nan)
    short = share < 1
    demoted = short & (readings.state == State.FRESH)
    return Readings(
        value=readings.value,
        state=np.where(demoted, np.uint8(State.PARTIAL), readings.state).astype(np.uint8),
        age_s=readings.age_s,
        coverage=np.where(short, np.fmin(readings.coverage, share), readings.coverage),
    )
