"""Measured load made into other load."""

import numpy as np

from forecasting.training.altered import altered_load
from tests.forecasting.loads import counts

DAYS = 2 * 1440


def test_the_same_seed_gives_the_same_load() -> None:
    """Training can be repeated."""
    one, other = (altered_load(counts(n=2), 5, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_all_kinds_are_counts_and_none_is_the_load_it_was_made_from() -> None:
    """Whole numbers, none below zero, as long as before, and of very different size."""
    row = np.random.default_rng(1).poisson(100, (1, 7 * 1440)).astype(float)
    load = altered_load(row, 5, np.random.default_rng(0))
    thinned, tokens, shifted, slowed, weekly = load
    known = load[~np.isnan(load)]
    assert load.shape == (5, row.size)
    assert (known >= 0).all()
    assert (known == np.round(known)).all()
    assert thinned.mean() < 0.4 * row.mean() < 200 * row.mean() < tokens.mean()
    assert np.nanmean(slowed) < 0.6 * row.mean()
    days = weekly.reshape(7, 1440).mean(axis=1)
    assert np.count_nonzero(days < 0.8 * row.mean()) == 2
    assert shifted.std() > 2 * row.std()


def test_a_gap_stays_a_gap() -> None:
    """What was not collected is no silence, whatever is made of the load around it."""
    row = np.full((1, DAYS), 20.0)
    row[:, 500:1500] = np.nan
    load = altered_load(row, 5, np.random.default_rng(3))
    kept_in_place = load[[0, 1, 2, 4]]
    np.testing.assert_array_equal(np.isnan(kept_in_place), np.repeat(np.isnan(row), 4, axis=0))
    assert np.isnan(load[3]).any()
