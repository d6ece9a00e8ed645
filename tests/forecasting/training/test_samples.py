"""Cutting samples."""

import numpy as np

from forecasting.training.samples import Grid, collect, sums_of_clients
from tests.forecasting.loads import counts

GRID = Grid(step_s=60.0, minutes=1, horizons=(2, 10), origins=40)


def test_a_sample_carries_what_came_in_units_of_its_scale() -> None:
    """The truth of a constant series is its experts' answer, and it has no weight: the naive forecast is perfect."""
    (near, _) = collect(np.full((1, 900), 5.0), GRID, np.random.default_rng(0))
    scored = near.truth[:, 0] > 0
    np.testing.assert_allclose(near.truth[scored, 0], near.peak[scored, 0, 2], rtol=1e-5)
    assert (near.weight == 0).all()


def test_weights_make_the_naive_loss_one_on_average() -> None:
    """Every series, horizon and target counts the same."""
    found = collect(counts(n=2), GRID, np.random.default_rng(0))
    for part in found:
        levels = np.array([0.5, 0.9, 0.95, 0.99])
        off = part.truth[:, :1] - part.peak[:, 0, [2, 4, 5, 7]]
        loss = np.maximum(levels * off, (levels - 1) * off).sum(axis=1)
        scored = part.weight[:, 0] > 0
        np.testing.assert_allclose((loss * part.weight[:, 0])[scored].mean(), 1.0, rtol=1e-3)


def test_a_sum_with_a_gap_in_it_is_a_gap() -> None:
    """A client that was not collected is not a client without load."""
    clients = np.ones((2, 10))
    clients[:, 3] = np.nan
    sums = sums_of_clients(clients, 3, np.random.default_rng(0))
    assert np.isnan(sums[:, 3]).all()
    assert np.isfinite(sums[:, 4]).all()
