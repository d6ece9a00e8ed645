"""Made-up load."""

import numpy as np

from forecasting.training.synthetic import synthetic_load


def test_the_same_seed_gives_the_same_load() -> None:
    """Training can be repeated."""
    one, other = (synthetic_load(8, 3000, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_all_kinds_are_counts() -> None:
    """Whole numbers, none below zero, and not all alike."""
    load = synthetic_load(16, 3000, np.random.default_rng(0))
    assert (load >= 0).all()
    assert (load == np.round(load)).all()
    busy = (load > 0).mean(axis=1)
    assert busy.min() < 0.5 < busy.max()
