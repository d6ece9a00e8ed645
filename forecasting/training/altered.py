"""Measured load made into other load, so that the pooled model meets more than the services that were measured.

Five kinds: fewer requests, tokens instead of requests, shifted levels, a slower course, and quiet weekends. What is
kept is the part that is hard to make up: how bursts, silences and levels of real users follow each other.
"""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from forecasting.arrays import FloatArray

_DAY = 1440  # steps of one minute


def altered_load(minutes: FloatArray, count: int, rng: Generator) -> FloatArray:
    """Return `count` altered rows of `minutes`, kinds in turn, shape (count, t); a gap stays a gap.

    Args:
        minutes: measured counts per minute, shape (n, t), NaN = gap.
        count: number of series, >= 1.
        rng: source of randomness; the same state gives the same load.
    """
    rows = [_KINDS[i % len(_KINDS)](minutes[rng.integers(len(minutes))], rng) for i in range(count)]
    return np.array(rows)


def _thinned(row: FloatArray, rng: Generator) -> FloatArray:
    """Return one request in 3 to 300, each kept or lost on its own."""
    return _kept(row, 10 ** rng.uniform(-2.5, -0.5), rng)


def _as_tokens(row: FloatArray, rng: Generator) -> FloatArray:
    """Return the sum of requests of Gamma sizes, from nearly equal ones to a few that outweigh all others."""
    shape = 10 ** rng.uniform(-1.3, 0.3)
    sizes: FloatArray = np.round(500 * rng.gamma(np.nan_to_num(row) * shape) / shape)
    return np.where(np.isnan(row), np.nan, sizes)


def _shifted(row: FloatArray, rng: Generator) -> FloatArray:
    """Return the load at levels that change at a few moments and stay."""
    moments = np.sort(rng.integers(row.size, size=rng.integers(2, 9)))
    levels = np.exp(rng.normal(0, 0.8, moments.size + 1))
    load: FloatArray = np.round(row * levels[np.searchsorted(moments, np.arange(row.size))])
    return load


def _slowed(row: FloatArray, rng: Generator) -> FloatArray:
    """Return a stretch of the load that takes two to four times as long, its requests spread over the minutes."""
    factor = int(rng.integers(2, 5))
    start = rng.integers(row.size - row.size // factor + 1)
    rest = np.repeat(row[start:], factor)[: row.size]
    padded = np.concatenate([np.full(row.size - rest.size, np.nan), rest])
    return _kept(padded, 1 / factor, rng)


def _with_weekends(row: FloatArray, rng: Generator) -> FloatArray:
    """Return the load with two quieter days in each seven."""
    weekend = (np.arange(row.size) // _DAY + rng.integers(7)) % 7 >= 5
    load: FloatArray = np.round(row * np.where(weekend, rng.uniform(0.05, 0.7), 1.0))
    return load


def _kept(row: FloatArray, share: float, rng: Generator) -> FloatArray:
    kept = rng.binomial(np.nan_to_num(row).astype(np.int64), share)
    return np.where(np.isnan(row), np.nan, kept)


_KINDS: tuple[Callable[[FloatArray, Generator], FloatArray], ...] = (
    _thinned,
    _as_tokens,
    _shifted,
    _slowed,
    _with_weekends,
)
