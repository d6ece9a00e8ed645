"""Inference of the pooled model."""

import numpy as np

from forecasting.pooled import Network, PooledModel, answer, run_network
from forecasting.ranks import GRID


def model(rng: np.random.Generator, outputs: int) -> PooledModel:
    """Return a random network over five features."""

    def random(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    network = Network(
        weights=(random(5, 6), random(6, 6), random(6, outputs)), offsets=(random(6), random(6), random(outputs))
    )
    return PooledModel(centre=np.zeros(5, np.float32), spread=np.ones(5, np.float32), networks=(network,))


def test_the_network_equals_plain_matrix_products() -> None:
    """Two hidden layers with tanh, within the rounding of weights and inputs."""
    rng = np.random.default_rng(0)
    network = model(rng, 8).networks[0]
    inputs = rng.normal(size=(4, 5)).astype(np.float32)
    (w1, w2, w3), (b1, b2, b3) = network.weights, network.offsets
    expected = np.tanh(np.tanh(inputs @ w1 + b1) @ w2 + b2) @ w3 + b3
    np.testing.assert_allclose(run_network(network, inputs), expected, atol=5e-3)


def test_a_row_gives_the_same_bytes_at_any_place_of_any_batch() -> None:
    """Products are exact, so their order does not show."""
    rng = np.random.default_rng(1)
    network = model(rng, 8).networks[0]
    inputs = rng.normal(size=(70, 5)).astype(np.float32)
    together = run_network(network, inputs)
    for row in (0, 7, 69):
        assert run_network(network, inputs[row : row + 1]).tobytes() == together[row : row + 1].tobytes()


def test_answers_stay_near_the_experts_and_do_not_cross() -> None:
    """Whatever the weights, the answer is no further out than the experts are apart."""
    rng = np.random.default_rng(2)
    peak = np.sort(rng.gamma(2.0, size=(20, 4, GRID.size)), axis=2).astype(np.float32)
    path = np.sort(rng.gamma(2.0, size=(20, 3, GRID.size)), axis=2).astype(np.float32)
    pooled = model(rng, (4 + 3 + 2) * GRID.size)
    said, _ = answer(pooled, rng.normal(size=(20, 5)).astype(np.float32), peak=peak, path=path)
    low, high = peak[:, :-1].min(axis=(1, 2)), peak[:, :-1].max(axis=(1, 2))
    assert (np.diff(said, axis=1) >= 0).all()
    assert (said.min(axis=1) >= low - 1e-6).all()
    assert (said.max(axis=1) <= 2 * high).all()


def test_where_all_experts_agree_so_does_the_model() -> None:
    """A constant series stays constant."""
    rng = np.random.default_rng(3)
    peak = np.full((2, 4, GRID.size), 3.0, dtype=np.float32)
    peak[:, -1] = 0.0
    said, _ = answer(model(rng, 10 * GRID.size), np.zeros((2, 5), np.float32), peak=peak, path=peak)
    np.testing.assert_allclose(said, 3.0)
