"""Rows of batches."""

from dataclasses import dataclass

import numpy as np

from forecasting.batch import pick, stack


@dataclass(frozen=True)
class Pair:
    """Two arrays with a row a series."""

    one: np.ndarray
    two: np.ndarray


BATCH = Pair(one=np.arange(3), two=np.arange(6.0).reshape(3, 2))


def test_rows_are_picked_from_every_array() -> None:
    """In the order that was asked for."""
    picked = pick(BATCH, np.array([2, 0]))
    assert (picked.one.tolist(), picked.two.tolist()) == ([2, 0], [[4.0, 5.0], [0.0, 1.0]])


def test_stacking_undoes_picking() -> None:
    """Rows taken apart and put together are the batch again."""
    whole = stack([pick(BATCH, np.array([0])), pick(BATCH, np.array([1, 2]))])
    assert np.array_equal(whole.one, BATCH.one)
    assert np.array_equal(whole.two, BATCH.two)
