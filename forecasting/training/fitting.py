"""Fit one network of the pooled model by gradient descent on the pinball loss.

Why by hand: two layers and a softmax are forty lines of numpy, so training needs nothing that forecasting does not.
Each sample's loss is divided by the naive forecast's mean loss on the same series, step and horizon: what is minimised
is the loss relative to the naive one, with every series counting the same.

Source of the optimiser: Kingma, Ba 2015, "Adam: a method for stochastic optimization" (with decoupled weight decay).
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from forecasting.experts import PATH_EXPERTS, PEAK_EXPERTS
from forecasting.pooled import GAIN, Network, softmax, split_outputs
from forecasting.ranks import GRID, Float32Array

_LEVELS = GRID.astype(np.float32)
_LEVEL_WEIGHTS = np.array([0.3, 0.3, 1.0, 0.5, 1.0, 1.2, 0.6, 1.2], dtype=np.float32)
_PATH_WEIGHT = np.float32(0.6)
_NOISE = 0.2  # of a feature's spread, added anew in each pass: keeps the model from knowing series by heart
_HIDDEN, _BATCH, _RATE, _DECAY = 48, 1024, 3e-3, 1e-4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Samples:
    """Training samples: one origin and horizon of one series each, in units of its scale."""

    features: Float32Array
    """Standardised features, shape (m, f)."""
    peak: Float32Array
    """The experts' answers for the peak, shape (m, 17, 8)."""
    path: Float32Array
    """The experts' answers for the path, shape (m, 15, 8)."""
    truth: Float32Array
    """What came: peak and load at the horizon, shape (m, 2)."""
    weight: Float32Array
    """1 / mean naive loss of the series, step and horizon, for peak and path, shape (m, 2); 0 = leave out."""


def fit(samples: Samples, passes: int, rng: Generator) -> Network:
    """Return a network trained for `passes` passes over `samples`."""
    parameters = _start(samples.features.shape[1], rng)
    descent = _Descent(parameters)
    steps = passes * (samples.features.shape[0] // _BATCH)
    step = 0
    for _ in range(passes):
        order = rng.permutation(samples.features.shape[0])
        for start in range(0, order.size - _BATCH + 1, _BATCH):
            step += 1
            gradients = _gradients(parameters, _batch(samples, order[start : start + _BATCH], rng))
            descent.move(
                gradients, _RATE * min(1.0, step / max(1, steps // 20)) * 0.5 * (1 + np.cos(np.pi * step / steps))
            )
    return as_network(parameters)


class _Descent:
    """Parameters on their way down, with the running moments of their slopes."""

    def __init__(self, parameters: list[Float32Array]) -> None:
        self.parameters = parameters
        self._slopes = [np.zeros_like(p) for p in parameters]
        self._squares = [np.zeros_like(p) for p in parameters]
        self._steps = 0

    def move(self, gradients: list[Float32Array], rate: float) -> None:
        """Take one step of size `rate` against the slopes, in place."""
        self._steps += 1
        for i, gradient in enumerate(gradients):
            self._slopes[i] += 0.1 * (gradient - self._slopes[i])
            self._squares[i] += 0.001 * (np.square(gradient) - self._squares[i])
            slope = self._slopes[i] / (1 - 0.9**self._steps)
            spread = np.sqrt(self._squares[i] / (1 - 0.999**self._steps)) + 1e-8
            decay = _DECAY if gradient.ndim > 1 else 0.0
            self.parameters[i] -= rate * (slope / spread + decay * self.parameters[i])


def as_network(parameters: list[Float32Array]) -> Network:
    """Return the network with these weights and offsets, in turn."""
    w1, b1, w2, b2, w3, b3 = parameters
    return Network(weights=(w1, w2, w3), offsets=(b1, b2, b3))


def _start(features: int, rng: Generator) -> list[Float32Array]:
    outputs = (len(PEAK_EXPERTS) + len(PATH_EXPERTS) + 2) * GRID.size
    shapes = [(features, _HIDDEN, 1.0), (_HIDDEN, _HIDDEN, 1.0), (_HIDDEN, outputs, 0.1)]
    parameters = []
    for width, height, size in shapes:
        parameters.append(rng.normal(0, size / np.sqrt(width), (width, height)).astype(np.float32))
        parameters.append(np.zeros(height, dtype=np.float32))
    return parameters


def _batch(samples: Samples, rows: np.ndarray, rng: Generator) -> Samples:
    features = samples.features[rows]
    noisy = features + _NOISE * rng.standard_normal(features.shape, dtype=np.float32)
    return Samples(
        features=noisy.astype(np.float32),
        peak=samples.peak[rows],
        path=samples.path[rows],
        truth=samples.truth[rows],
        weight=samples.weight[rows],
    )


def _gradients(parameters: list[Float32Array], batch: Samples) -> list[Float32Array]:
    """Return the slope of the batch's mean loss in every parameter, together no longer than 1."""
    w1, b1, w2, b2, w3, b3 = parameters
    first = np.tanh(batch.features @ w1 + b1)
    second = np.tanh(first @ w2 + b2)
    slope = _output_slopes(second @ w3 + b3, batch)
    into_second = (slope @ w3.T) * (1 - second**2)
    into_first = (into_second @ w2.T) * (1 - first**2)
    gradients = [
        batch.features.T @ into_first,
        into_first.sum(axis=0),
        first.T @ into_second,
        into_second.sum(axis=0),
        second.T @ slope,
        slope.sum(axis=0),
    ]
    length = np.sqrt(sum(float(np.square(g).sum()) for g in gradients))
    return [g / max(1.0, length) for g in gradients]


def _output_slopes(outputs: Float32Array, batch: Samples) -> Float32Array:
    peaks, paths = batch.peak.shape[1], batch.path.shape[1]
    peak_logits, path_logits, factors = split_outputs(outputs, peaks, paths)
    sides = [
        (peak_logits, batch.peak, factors[:, 0], batch.truth[:, :1], batch.weight[:, :1]),
        (path_logits, batch.path, factors[:, 1], batch.truth[:, 1:], batch.weight[:, 1:] * _PATH_WEIGHT),
    ]
    parts, factor_slopes = [], []
    for logits, answers, factor, truth, weight in sides:
        share = softmax(logits)
        mix = (share * answers).sum(axis=1)
        loss_slope = np.where(truth > mix * factor, -_LEVELS, 1 - _LEVELS) * _LEVEL_WEIGHTS * weight / _BATCH
        parts.append((share * (answers - mix[:, None]) * (loss_slope * factor)[:, None]).reshape(truth.shape[0], -1))
        factor_slopes.append(loss_slope * mix * factor * (1 - np.square(np.log(factor) / GAIN)))
    return np.concatenate([*parts, *factor_slopes], axis=1)
