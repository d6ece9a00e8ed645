"""Series fold into workloads the same way whatever order they come in."""

import random
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.signal import Grid
from adapter.prometheus.decode import Table, decode
from adapter.prometheus.fold import Folded, Owned, fold_extreme, fold_ratio, fold_same, fold_sum

_INSTANT = Grid(start=0.0, step_s=1.0)


def _table(*values: float | str) -> Table:
    return decode(
        [{"metric": {"pod": str(pod)}, "value": [0.0, str(value)]} for pod, value in enumerate(values)], _INSTANT
    )


def _owned(*rows: Sequence[int]) -> Owned:
    return Owned.of([tuple(each) for each in rows])


def _one(value: float) -> Folded:
    return Folded(value=np.array([[value]]), bad=np.array([[False]]))


def test_sum_goes_to_every_owner_and_strangers_are_left_out() -> None:
    """Pods 0 and 1 belong to row 0, pod 1 also to row 2, pod 2 to nobody; row 1 has no value, not 0."""
    folded = fold_sum(_table(1, 2, 40), _owned([0], [0, 2], []), rows=3)

    assert folded.value[[0, 2], 0].tolist() == [3.0, 2.0]
    assert np.isnan(folded.value[1, 0])
    assert not folded.bad.any()


@given(st.lists(st.floats(0, 1e9), min_size=2, max_size=30), st.randoms())
def test_sum_does_not_depend_on_the_order_of_the_answer(values: list[float], chance: random.Random) -> None:
    """Two servers that list series differently give the same bits."""
    shuffled = values.copy()
    chance.shuffle(shuffled)
    sums = [fold_sum(_table(*each), _owned(*[[0]] * len(each)), rows=1).value for each in (values, shuffled)]

    assert sums[0].tobytes() == sums[1].tobytes()


@given(st.lists(st.lists(st.none() | st.floats(-1e6, 1e6), min_size=3, max_size=3), min_size=1, max_size=12))
def test_column_of_a_range_has_the_bits_of_the_instant(samples: list[list[float | None]]) -> None:
    """Series that have no sample at a time change nothing there, gaps or not."""
    grid = Grid(start=0.0, step_s=1.0, count=3)
    series = [
        {"metric": {"pod": str(pod)}, "values": [[at, repr(v)] for at, v in enumerate(row) if v is not None]}
        for pod, row in enumerate(samples)
    ]
    whole = fold_sum(decode(series, grid), _owned(*[[0]] * len(samples)), rows=1, negatives=True)
    for at in range(3):
        here = [row[at] for row in samples if row[at] is not None]
        instant = fold_sum(_table(*here), _owned(*[[0]] * len(here)), rows=1, negatives=True)  # type: ignore[arg-type]
        np.testing.assert_array_equal(whole.value[:, at], instant.value[:, 0])


def test_nan_infinite_and_negative_samples_are_bad() -> None:
    """Each of them spoils the cell of its owner only."""
    folded = fold_sum(_table("NaN", "+Inf", -1, 5), _owned([0], [1], [2], [3]), rows=4)

    assert folded.bad[:, 0].tolist() == [True, True, True, False]
    assert folded.seen[:, 0].tolist() == [False, False, False, True]


def test_negative_addends_are_fine_where_they_are_expected() -> None:
    """The slope of one pod may be negative; the sum over all is what counts."""
    folded = fold_sum(_table(-2, 5), _owned([0], [0]), rows=1, negatives=True)

    assert folded.value.tolist() == [[3.0]]
    assert not folded.bad.any()


def test_agreeing_copies_are_one_value_and_contradicting_ones_are_bad() -> None:
    """Two copies of kube-state-metrics that say 2 mean 2; 2 and 3 mean nothing."""
    folded = fold_same(_table(2, 2, 2, 3), _owned([0], [0], [1], [1]), rows=3)

    assert folded.value[0, 0] == 2.0
    assert folded.bad[:, 0].tolist() == [False, True, False]
    assert np.isnan(folded.value[2, 0])


def test_youngest_sample_is_the_smallest_age() -> None:
    """The extreme is taken over a workload's own series; without any there is none."""
    ages = fold_extreme(np.minimum, _table(7, 3, 1), _owned([0], [0], [2]), rows=3)

    assert ages[[0, 2], 0].tolist() == [3.0, 1.0]
    assert np.isnan(ages[1, 0])


def test_ratio_without_traffic_has_no_value() -> None:
    """Zero over zero is not zero, and a missing numerator is not zero either."""
    assert fold_ratio(_one(3.0), _one(4.0)).value.tolist() == [[0.75]]
    assert np.isnan(fold_ratio(_one(0.0), _one(0.0)).value).all()
    assert np.isnan(fold_ratio(_one(np.nan), _one(4.0)).value).all()
    assert np.isnan(fold_ratio(_one(3.0), _one(np.nan)).value).all()
