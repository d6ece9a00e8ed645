from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.history import History, Tier, TierSpec, append, joined, last_known, record_signals
from adapter.core.signal import Signal
from adapter.core.workload import WorkloadId

NAN = float("nan")
FIVE = TierSpec(step_s=15.0, columns=5)
A, B, C = (WorkloadId("prod", name) for name in "abc")


def tier(*values: float, end: float = 60.0) -> Tier:
    """Return a tier of one row."""
    return Tier(spec=FIVE, end=end, values=np.array([values], dtype=np.float32))


def shown(each: Tier) -> list[list[float | None]]:
    """Return values with None for gaps."""
    return [[None if np.isnan(value) else value for value in row] for row in each.values.tolist()]


def test_appending_pushes_the_oldest_out() -> None:
    """Five columns stay five."""
    after = append(tier(1, 2, 3, 4, 5), np.array([[6.0, 7.0]]), end=90.0)
    assert (shown(after), after.end) == ([[3, 4, 5, 6, 7]], 90.0)


@pytest.mark.parametrize(("end", "expected"), [(105.0, [4, 5, None, None, 6]), (9000.0, [None, None, None, None, 6])])
def test_times_nobody_recorded_become_gaps(end: float, expected: list[float | None]) -> None:
    """A pause of two steps leaves two gaps, a long one leaves nothing else."""
    assert shown(append(tier(1, 2, 3, 4, 5), np.array([[6.0]]), end=end)) == [expected]


def test_more_columns_than_the_tier_has_keep_the_newest() -> None:
    """A backfill may be longer than the memory."""
    assert shown(append(Tier.empty(FIVE, 1), np.arange(8.0)[None, :], end=60.0)) == [[3, 4, 5, 6, 7]]


@given(st.lists(st.floats(0, 2.0**100, width=32) | st.just(NAN), min_size=1, max_size=9), st.data())
def test_recording_live_equals_backfill(values: list[float], data: st.DataObject) -> None:
    """One column at a time, all at once, or in any two parts: the same bytes."""
    columns = np.array([values])
    cut = data.draw(st.integers(0, len(values)))
    whole = append(Tier.empty(FIVE, 1), columns, end=15.0 * len(values))
    single = Tier.empty(FIVE, 1)
    for at in range(len(values)):
        single = append(single, columns[:, at : at + 1], end=15.0 * (at + 1))
    parts = Tier.empty(FIVE, 1)
    for first, last in ((0, cut), (cut, len(values))):
        parts = append(parts, columns[:, first:last], end=15.0 * last) if last > first else parts
    assert whole.values.tobytes() == single.values.tobytes() == parts.values.tobytes()


def test_values_are_stored_as_32_bits() -> None:
    """What is read back after a restart was never more precise."""
    assert append(Tier.empty(FIVE, 1), np.array([[0.1]]), end=15.0).values.dtype == np.float32


def test_last_known_skips_gaps_and_tells_the_age() -> None:
    """The newest value of each row, as old as its column; nothing at all is NaN."""
    values = np.array([[1, 2, NAN, NAN, NAN], [NAN] * 5, [NAN, NAN, NAN, NAN, 9]], dtype=np.float32)
    each = Tier(spec=FIVE, end=60.0, values=values)
    value, age_s = last_known(each, np.array([0, 1, 2]), at=75.0)
    assert np.array_equal(value, [2.0, NAN, 9.0], equal_nan=True)
    assert np.array_equal(age_s, [60.0, NAN, 15.0], equal_nan=True)


def recorded(ids: tuple[WorkloadId, ...], *values: float, end: float = 60.0) -> History:
    """Return a history in which each workload showed one value."""
    columns = np.array(values)[:, None]
    return record_signals(History.empty(ids), {Signal.QUEUE_DEPTH: columns}, end=end, step_s=15.0)


def newest(history: History, signal: Signal = Signal.QUEUE_DEPTH) -> list[float]:
    """Return the last column."""
    return history.signals[signal].values[:, -1].tolist()


def test_reindexing_keeps_rows_with_their_workloads() -> None:
    """Another order, one gone, one new: everybody keeps what is theirs, the new one starts empty."""
    after = recorded((A, B), 1.0, 2.0).reindexed((C, B))
    assert after.ids == (C, B)
    assert np.array_equal(newest(after), [NAN, 2.0], equal_nan=True)


def test_joining_takes_each_workload_from_where_it_is_known() -> None:
    """Where both know one, the second wins."""
    both = joined(recorded((A, B), 1.0, 2.0), recorded((B, C), 5.0, 6.0), (A, B, C))
    assert newest(both) == [1.0, 5.0, 6.0]


def test_joining_a_signal_that_one_side_lacks() -> None:
    """Rows of the side without it are gaps, and the end is the other's."""
    other = record_signals(History.empty((B,)), {Signal.TTFT: np.array([[0.5]])}, end=60.0, step_s=15.0)
    both = joined(recorded((A,), 1.0), other, (A, B))
    assert np.array_equal(newest(both), [1.0, NAN], equal_nan=True)
    assert np.array_equal(newest(both, Signal.TTFT), [NAN, 0.5], equal_nan=True)
    assert both.signals[Signal.TTFT].end == 60.0


def test_joining_moves_the_older_one_on() -> None:
    """A history that ends two ticks earlier gets two gaps."""
    both = joined(recorded((A,), 1.0, end=30.0), recorded((B,), 2.0, end=60.0), (A, B))
    assert np.array_equal(both.signals[Signal.QUEUE_DEPTH].values[0, -3:], [1.0, NAN, NAN], equal_nan=True)


def test_what_engines_did_moves_with_their_workload() -> None:
    """Selected and joined as signals are; who has none has gaps."""
    one = replace(History.empty((A, B)), settled={Signal.REQUESTS_RUNNING: tier_of([[1.0], [2.0]])})
    other = replace(History.empty((C,)), settled={Signal.REQUESTS_RUNNING: tier_of([[3.0]])})
    assert one.reindexed((B, C)).settled[Signal.REQUESTS_RUNNING].values[0, -1] == 2.0
    both = joined(one, other, (C, A)).settled[Signal.REQUESTS_RUNNING].values[:, -1]
    assert both.tolist() == [3.0, 1.0]


def tier_of(values: list[list[float]]) -> Tier:
    """Return a tier of one column per row."""
    return Tier(spec=TierSpec(step_s=600.0, columns=1), end=600.0, values=np.array(values, dtype=np.float32))
