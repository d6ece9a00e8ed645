"""The measures against hand-made numbers."""

import numpy as np

from forecasting.evaluation.metrics import geometric_mean, ratio, score


def test_the_loss_of_one_origin_is_what_the_definition_says() -> None:
    """10 came, 8 was said at every level: 2 x mean(q x 2) / 10."""
    result = score(np.array([10.0]), np.full((1, 4), 8.0), np.array([True]))
    np.testing.assert_allclose(result.wql, 2 * np.mean([0.5, 0.9, 0.95, 0.99]) * 2 / 10)
    np.testing.assert_allclose(result.p95, 2 * 0.95 * 2 / 10)
    assert result.coverage == 0.0
    assert result.mae == 2.0


def test_unscored_origins_and_silence_say_nothing() -> None:
    """Only marked origins count; a series without any load has no score."""
    truth, said = np.array([10.0, 99.0]), np.full((2, 4), 10.0)
    assert score(truth, said, np.array([True, False])).wql == 0.0
    assert np.isnan(score(np.zeros(2), said, np.array([True, True])).wql)


def test_ratios_are_limited_and_unknown_ones_left_out() -> None:
    """0.1 to 10, and a geometric mean."""
    assert ratio(100.0, 1.0) == 10.0
    assert ratio(0.0, 1.0) == 0.1
    assert ratio(0.0, 0.0) == 1.0
    np.testing.assert_allclose(geometric_mean([0.5, 2.0, np.nan]), 1.0)
