"""Many series to one value per workload; pure.

Sums do not depend on the order in which the server lists series: the addends of a cell are added in ascending order.
So an instant query, a range query over the same time, and two Prometheus replicas give the same bits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from adapter.core.signal import FloatArray
from adapter.prometheus.decode import BoolArray, Table

IndexArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Folded:
    """One number per workload and time; both arrays have shape (n, t)."""

    value: FloatArray
    """NaN where there is none."""
    bad: BoolArray
    """Where samples exist but are no usable value."""

    @property
    def seen(self) -> BoolArray:
        """Where there is a usable value."""
        return np.isfinite(self.value) & ~self.bad


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Owned:
    """The series of a table that somebody owns, once per owner."""

    rows: IndexArray
    """Row of the workload, shape (m,)."""
    series: IndexArray
    """Position in the table, shape (m,)."""

    @classmethod
    def of(cls, owners: Sequence[tuple[int, ...]]) -> "Owned":
        """Return the pairs for the owning rows of every series of a table."""
        counts = np.fromiter(map(len, owners), dtype=np.int64, count=len(owners))
        rows = np.fromiter(chain.from_iterable(owners), dtype=np.int64, count=int(counts.sum()))
        return cls(rows=rows, series=np.repeat(np.arange(len(owners)), counts))


def unusable(table: Table, *, negatives: bool) -> BoolArray:
    """Return where a sample is NaN, infinite or (unless negatives are allowed) negative, shape (s, t)."""
    bad = ~np.isfinite(table.values)
    if not negatives:
        bad |= table.values < 0
    return bad & table.present


def ordered_sum(keys: IndexArray, values: FloatArray, size: int) -> FloatArray:
    """Return the sum of the values of each key, independent of their order.

    Args:
        keys: key of every addend, shape (m,), in [0, size).
        values: addends, shape (m, t), finite.
        size: number of keys.

    Returns:
        Sums, shape (size, t); 0 for a key without addends.

    Example:
        >>> ordered_sum(np.array([0, 1, 0]), np.array([[1.0], [5.0], [2.0]]), 2).tolist()
        [[3.0], [5.0]]
    """
    total = np.zeros((size, values.shape[1]))
    if len(keys) == 0:
        return total
    order = np.lexsort((values, np.broadcast_to(keys[:, None], values.shape)), axis=0)
    np.add.at(total, (keys[order], np.arange(values.shape[1])), np.take_along_axis(values, order, axis=0))
    return total


def _any(owned: Owned, flags: BoolArray, rows: int) -> BoolArray:
    found = np.zeros((rows, flags.shape[1]), dtype=np.bool_)
    np.logical_or.at(found, owned.rows, flags[owned.series])
    return found


def _cells(table: Table, owned: Owned) -> FloatArray:
    return np.where(table.present & np.isfinite(table.values), table.values, 0.0)[owned.series]


def fold_sum(table: Table, owned: Owned, *, rows: int, negatives: bool = False) -> Folded:
    """Return the sum over a workload's series; with `negatives` single addends may be below 0.

    A workload of which no series has a sample has no value.
    """
    total = ordered_sum(owned.rows, _cells(table, owned), rows)
    value = np.where(_any(owned, table.present, rows), total, np.nan)
    return Folded(value=value, bad=_any(owned, unusable(table, negatives=negatives), rows))


def fold_same(table: Table, owned: Owned, *, rows: int) -> Folded:
    """Return the value on which all series of a workload agree; where they differ it is bad."""
    low, high = _extreme(np.minimum, table, owned, rows=rows), _extreme(np.maximum, table, owned, rows=rows)
    value = np.where(_any(owned, table.present, rows), high, np.nan)
    return Folded(value=value, bad=_any(owned, unusable(table, negatives=False), rows) | (low < high))


def fold_extreme(kind: np.ufunc, table: Table, owned: Owned, *, rows: int) -> FloatArray:
    """Return the smallest (`np.minimum`) or largest (`np.maximum`) value of a workload's series; NaN where none."""
    return np.where(_any(owned, table.present, rows), _extreme(kind, table, owned, rows=rows), np.nan)


def _extreme(kind: np.ufunc, table: Table, owned: Owned, *, rows: int) -> FloatArray:
    empty = np.inf if kind is np.minimum else -np.inf
    found = np.full((rows, table.values.shape[1]), empty)
    kind.at(found, owned.rows, np.where(table.present, table.values, empty)[owned.series])
    return found


def fold_ratio(numerator: Folded, denominator: Folded) -> Folded:
    """Return the ratio of two sums; nothing where the denominator is 0 (no traffic is no value, not NaN or 0)."""
    guarded = np.where(denominator.value > 0, denominator.value, np.nan)
    return Folded(value=numerator.value / guarded, bad=numerator.bad | denominator.bad)
