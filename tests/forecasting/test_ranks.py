"""Quantiles of small samples."""

import numpy as np

from forecasting.ranks import GRID, at_levels, grid_quantiles, zero_for_nan


def test_quantiles_equal_those_of_numpy() -> None:
    """Between the ends, ranks (m + 1) q are numpy's Weibull rule."""
    sample = np.random.default_rng(0).normal(size=(3, 199)).astype(np.float32)
    expected = np.quantile(sample, GRID, axis=1, method="weibull").T
    np.testing.assert_allclose(grid_quantiles(sample), expected, rtol=1e-5, atol=1e-6)


def test_missing_values_do_not_count() -> None:
    """A gap leaves the ranks of the others as they were; nothing known gives nothing."""
    sample = np.arange(1, 10, dtype=np.float32)[None, :]
    holed = np.concatenate([sample, np.full((1, 5), np.nan, dtype=np.float32)], axis=1)
    np.testing.assert_array_equal(grid_quantiles(holed), grid_quantiles(sample))
    assert np.isnan(grid_quantiles(np.full((1, 4), np.nan, dtype=np.float32))).all()


def test_levels_of_the_grid_come_back_as_they_are() -> None:
    """Interpolation passes through its knots and rises beyond the last."""
    on_grid = np.arange(1.0, 9.0).reshape(1, 8, 1)
    np.testing.assert_allclose(at_levels(on_grid, GRID)[0, :, 0], np.arange(1.0, 9.0))
    assert at_levels(on_grid, np.array([0.999]))[0, 0, 0] > 8.0
    assert at_levels(on_grid, np.array([0.001]))[0, 0, 0] >= 0.0


def test_zero_stands_for_what_is_missing() -> None:
    """In the type of the values, which stay as they are."""
    values = np.array([1.0, np.nan], dtype=np.float32)
    filled = zero_for_nan(values)
    assert (filled.dtype, filled.tolist()) == (np.float32, [1.0, 0.0])
    assert np.isnan(values[1])
