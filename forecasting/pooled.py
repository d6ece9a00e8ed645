"""The pooled model: learnt once from many series, it says how much to believe each expert here and now.

For every level it mixes the experts' quantiles with weights that depend on the features, and scales the mix by a
bounded factor. So its answer stays near something simple that was measured on the series itself, whatever the
features are, and follows a rescaling of the series. Several small networks are averaged.

Must not know: series, files, or how it was trained.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.ranks import GRID, Float32Array

GAIN = np.float32(0.7)
"""Largest logarithm of the factor on the mix: the model may double it or halve it."""

_UNIT = np.float32(4096.0)  # 2^12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """Two hidden layers; the outputs are, level by level, the experts' weights (before softmax) and the factors."""

    weights: tuple[Float32Array, Float32Array, Float32Array]
    """Matrices of shape (features, hidden), (hidden, hidden), (hidden, outputs)."""
    offsets: tuple[Float32Array, Float32Array, Float32Array]
    """Offsets of shape (hidden,), (hidden,), (outputs,)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PooledModel:
    """Networks and the scaling of their features."""

    centre: Float32Array
    """Mean of each feature in training, shape (f,)."""
    spread: Float32Array
    """Standard deviation of each feature in training, shape (f,), > 0."""
    networks: tuple[Network, ...]
    """The networks whose answers are averaged."""


def standardised(features: Float32Array, centre: Float32Array, spread: Float32Array) -> Float32Array:
    """Return features in units of their spread, cut at 4, so that the unheard-of is no worse than the rare."""
    scaled: Float32Array = np.clip((features - centre) / spread, np.float32(-4.0), np.float32(4.0))
    return scaled


def answer(
    model: PooledModel, features: Float32Array, *, peak: Float32Array, path: Float32Array | None
) -> tuple[Float32Array, Float32Array]:
    """Return the model's quantiles of the peak and of the path, both of shape (n, 8), ascending.

    Args:
        model: the pooled model.
        features: row and horizon features, shape (n, f).
        peak: the experts' answers for the peak, shape (n, experts, 8).
        path: the experts' answers for the path, shape (n, experts, 8); None = not asked for, then it is zero.
    """
    inputs = standardised(features, model.centre, model.spread)
    peaks, paths = np.zeros_like(peak[:, 0]), np.zeros_like(peak[:, 0])
    path_experts = 0 if path is None else path.shape[1]
    for network in model.networks:
        outputs = run_network(network if path is not None else _peak_alone(network, peak.shape[1]), inputs)
        peak_logits, path_logits, factors = split_outputs(outputs, peak.shape[1], path_experts)
        peaks += _mix(peak_logits, peak) * factors[:, 0]
        if path is not None:
            paths += _mix(path_logits, path) * factors[:, 1]
    share = np.float32(1 / len(model.networks))
    return _bounded(peaks * share, peak), paths if path is None else _bounded(paths * share, path)


def _peak_alone(network: Network, experts: int) -> Network:
    """Return the network without the outputs that only the path needs."""
    levels = GRID.size
    outputs = np.r_[0 : experts * levels, -2 * levels : -levels]
    first, second, last = network.weights
    before, between, offset = network.offsets
    return Network(weights=(first, second, last[:, outputs]), offsets=(before, between, offset[outputs]))


def run_network(network: Network, inputs: Float32Array) -> Float32Array:
    """Return the raw outputs for standardised inputs, shape (n, outputs)."""
    hidden = inputs
    for weight, offset in zip(network.weights[:2], network.offsets[:2], strict=True):
        hidden = np.tanh(_product(hidden, weight) + offset)
    return _product(hidden, network.weights[2]) + network.offsets[2]


def split_outputs(
    outputs: Float32Array, peak_experts: int, path_experts: int
) -> tuple[Float32Array, Float32Array, Float32Array]:
    """Return logits of the peak experts and of the path experts (n, e, 8), and the factors of both (n, 2, 8)."""
    n, levels = outputs.shape[0], GRID.size
    first, second = peak_experts * levels, (peak_experts + path_experts) * levels
    factors = np.exp(GAIN * np.tanh(outputs[:, second:].reshape(n, -1, levels) / GAIN))
    return (
        _by_expert(outputs[:, :first].reshape(n, peak_experts, levels)),
        _by_expert(outputs[:, first:second].reshape(n, path_experts, levels)),
        factors,
    )


def _by_expert(logits: Float32Array) -> Float32Array:
    """Return the same numbers with the experts outermost in memory, where reducing over them is fast."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(logits, 1, 0)), 0, 1)


def softmax(logits: Float32Array) -> Float32Array:
    """Return weights over axis 1 that are positive and add up to one."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    weights: Float32Array = raised / raised.sum(axis=1, keepdims=True)
    return weights


def _mix(logits: Float32Array, answers: Float32Array) -> Float32Array:
    mixed: Float32Array = (softmax(logits) * answers).sum(axis=1)
    return mixed


def _bounded(mixed: Float32Array, answers: Float32Array) -> Float32Array:
    """Return ascending quantiles no further outside the experts' range than that range is wide.

    The last expert is zero and only serves the mix. Where all others agree, as on a constant series, so must the model.
    """
    low, high = answers[:, :-1].min(axis=1), answers[:, :-1].max(axis=1)
    ordered: Float32Array = np.sort(np.clip(mixed, low, high + (high - low)), axis=1)
    return ordered


def _product(rows: Float32Array, matrix: Float32Array) -> Float32Array:
    """Return rows @ matrix, both rounded to multiples of 2^-12, without any rounding in between.

    A fast matrix product adds in an order that depends on where a row stands in its batch. Whole numbers below 2^53 add
    up exactly in any order, so the same row gives the same bits in any batch.
    """
    whole = np.rint(rows * _UNIT).astype(np.float64) @ np.rint(matrix * _UNIT).astype(np.float64)
    product: Float32Array = (whole / (float(_UNIT) * float(_UNIT))).astype(np.float32)
    return product
