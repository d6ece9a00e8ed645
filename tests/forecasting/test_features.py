"""Features know shape, never size."""

import numpy as np

from forecasting.experts import ask_experts
from forecasting.features import horizon_features, row_features
from forecasting.window import prepare
from tests.forecasting.loads import counts, history


def features(values: np.ndarray) -> np.ndarray:
    """Return all features at a horizon of ten steps."""
    n, t = values.shape
    window = prepare(history(values).windows(np.arange(n), np.full(n, t)))
    return np.concatenate([row_features(window), horizon_features(window, ask_experts(window, 10), 10)], axis=1)


def test_features_do_not_change_with_the_unit() -> None:
    """A thousand times the load looks the same."""
    np.testing.assert_allclose(features(counts() * 1024), features(counts()), atol=1e-3)


def test_features_are_finite_for_silence_and_for_a_short_life() -> None:
    """Nothing is divided by zero, nothing is the logarithm of nothing."""
    assert np.isfinite(features(np.zeros((1, 100)))).all()
    assert np.isfinite(features(np.full((1, 3), np.nan))).all()


def test_a_row_does_not_depend_on_its_batch() -> None:
    """The same bytes alone and among others."""
    many = counts(n=9)
    assert features(many[4:5]).tobytes() == features(many)[4:5].tobytes()
