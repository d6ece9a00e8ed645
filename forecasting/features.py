"""What the pooled model is told about a series: shape, never size.

Why: a model that saw only ratios to the series' own scale works for requests, tokens and any unit, on series it has
never met. Every input is a logarithm of a ratio, a share, or a property of the question (horizon and step).
"""

import numpy as np

from forecasting.experts import RANKED, Answers
from forecasting.ranks import Float32Array, counted, zero_for_nan
from forecasting.window import MEAN_SPANS, WINDOW, Window

_MEDIAN, _P95, _P99 = 2, 5, 7  # positions in GRID


def row_features(window: Window) -> Float32Array:
    """Return what does not depend on the horizon, shape (n, 33)."""
    level = window.level
    parts = [_log(level[:, -1])]
    parts += [_log(window.means[span][:, -1]) for span in MEAN_SPANS]
    parts += [_log(level.mean(axis=1))]
    parts += [_log(level[:, -span:].max(axis=1)) for span in (4, 16, 64, 256, WINDOW)]
    for span in (16, 64, 256):
        part = level[:, -span:]
        parts += [
            _log(part.min(axis=1)),
            _log(np.sqrt(np.square(np.diff(part, axis=1)).mean(axis=1))),
            _log(part.std(axis=1)),
            np.count_nonzero(part > 0, axis=1) / span,
        ]
    parts += [np.count_nonzero(level > 0, axis=1) / WINDOW, *_ages(level)]
    parts += [np.log1p(np.count_nonzero(~np.isnan(window.known), axis=1)) / 3]
    parts += [_slope(window.means[8], 8), _slope(window.means[32], 32)]
    return np.stack(parts, axis=1).astype(np.float32)


def horizon_features(window: Window, answers: Answers, horizon: int) -> Float32Array:
    """Return what depends on the horizon, shape (n, 93): the question, the experts' answers and how sure they are."""
    peak, path = answers.peak, answers.path
    spreads = [_fine_log(peak[:, :RANKED, _P95] - peak[:, :RANKED, _MEDIAN])]
    spreads += [_fine_log(path[:, :RANKED, _P95] - path[:, :RANKED, 0])]
    views = [
        _log(peak[:, :-1, _MEDIAN]),
        _log(peak[:, :-1, _P95]),
        _log(peak[:, :RANKED, _P99]),
        _log(path[:, :-1, _MEDIAN]),
        _log(path[:, :RANKED, 0]),
        _log(path[:, :RANKED, -2]),
    ]
    parts = [*spreads, _shares(answers), _question(window, answers, horizon), *views]
    return np.concatenate(parts, axis=1).astype(np.float32)


def _question(window: Window, answers: Answers, horizon: int) -> Float32Array:
    n = window.scale.size
    asked = np.array([np.log(horizon) / 2, np.log(window.step_s / 60) / 2, np.log(horizon * window.step_s / 600) / 2])
    day = answers.day
    unknown = np.ones(n) if day is None else np.isnan(day.peak)
    growth = np.zeros(n) if day is None else np.log(day.growth)
    never = np.isnan(answers.truths).all(axis=1)
    columns = np.stack([unknown, never, growth], axis=1)
    return np.concatenate([np.repeat(asked[None, :], n, axis=0), columns], axis=1).astype(np.float32)


def _shares(answers: Answers) -> Float32Array:
    """Return how often there was any load, any in this state, more than at the origin, and exactly as much."""
    seen = ~np.isnan(answers.truths)
    busy = answers.truths > 0
    alike = seen & (answers.alike > 0)
    pairs = [
        (busy, seen),
        (busy & alike, alike),
        (answers.truths > answers.bases, seen),
        (answers.truths == answers.bases, seen),
    ]
    return np.stack([counted(hit) / np.maximum(counted(of), 1) for hit, of in pairs], axis=1).astype(np.float32)


def _ages(level: Float32Array) -> list[Float32Array]:
    """Return the logarithm of the steps since the last load and since the last silence."""
    steps = np.arange(WINDOW)
    return [
        np.log1p(WINDOW - 1 - np.where(where, steps, -1).max(axis=1)).astype(np.float32) / 3
        for where in (level > 0, level <= 0)
    ]


def _slope(smooth: Float32Array, span: int) -> Float32Array:
    return _log(smooth[:, -1]) - _log(smooth[:, -1 - span])


def _log(ratio: Float32Array) -> Float32Array:
    # contiguous first: numpy takes strided logarithms by another route, with other last bits, depending on the batch
    known = zero_for_nan(ratio)  # before the start there is no load
    logarithm: Float32Array = np.log(np.ascontiguousarray((known + np.float32(0.02)) / np.float32(1.02)))
    return logarithm


def _fine_log(ratio: Float32Array) -> Float32Array:
    logarithm: Float32Array = np.log(
        np.ascontiguousarray(np.maximum(ratio, np.float32(0.0)) + np.float32(1e-3))
    ) * np.float32(0.5)
    return logarithm
