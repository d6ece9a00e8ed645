"""Gradient descent on the pinball loss."""

import numpy as np

from forecasting.experts import PATH_EXPERTS, PEAK_EXPERTS
from forecasting.pooled import PooledModel, answer
from forecasting.ranks import GRID
from forecasting.training.fitting import Samples, fit


def samples(count: int, rng: np.random.Generator) -> Samples:
    """Return samples whose truth is always what the fourth expert says, all other experts being far too high."""
    truth = rng.uniform(1, 2, size=(count, 1)).astype(np.float32)
    peak = np.full((count, len(PEAK_EXPERTS), GRID.size), 20.0, dtype=np.float32)
    path = np.full((count, len(PATH_EXPERTS), GRID.size), 20.0, dtype=np.float32)
    peak[:, 3], path[:, 3] = truth, truth
    peak[:, -1] = path[:, -1] = 0.0
    return Samples(
        features=rng.normal(size=(count, 4)).astype(np.float32),
        peak=peak,
        path=path,
        truth=np.repeat(truth, 2, axis=1),
        weight=np.ones((count, 2), dtype=np.float32),
    )


def median_error(passes: int) -> float:
    """Return the mean error of the median after so many passes over the same samples."""
    found = samples(1024, np.random.default_rng(0))
    network = fit(found, passes, np.random.default_rng(1))
    model = PooledModel(centre=np.zeros(4, np.float32), spread=np.ones(4, np.float32), networks=(network,))
    said, _ = answer(model, found.features, peak=found.peak, path=found.path)
    return float(np.abs(said[:, 2] - found.truth[:, 0]).mean())


def test_training_moves_towards_the_expert_that_is_right() -> None:
    """The error of the median falls with the passes."""
    assert median_error(60) < 0.97 * median_error(1)


def test_the_same_seed_gives_the_same_network() -> None:
    """Training can be repeated."""
    one, other = (fit(samples(1024, np.random.default_rng(0)), 2, np.random.default_rng(1)) for _ in range(2))
    np.testing.assert_array_equal(one.weights[2], other.weights[2])
