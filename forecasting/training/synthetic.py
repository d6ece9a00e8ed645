"""Made-up load of many characters, so that the pooled model does not take two services for the whole world.

Eight kinds: days and weeks, drifting levels, bursts, bursts with a day, scheduled jobs, level shifts, rare spikes, and
interrupted days; each with Poisson, Gamma or no noise, at sizes from one request a minute to ten thousand.
"""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from scipy.signal import lfilter  # type: ignore[import-untyped]  # scipy ships no types

from forecasting.arrays import FloatArray

_DAY = 1440  # steps of one minute


def synthetic_load(count: int, steps: int, rng: Generator) -> FloatArray:
    """Return `count` series of counts per minute, shape (count, steps), kinds in turn.

    Args:
        count: number of series, >= 1.
        steps: length in minutes, >= 1.
        rng: source of randomness; the same state gives the same load.
    """
    rows = []
    for index in range(count):
        size = 10 ** rng.uniform(-0.3, 4)
        rate = size * _KINDS[index % len(_KINDS)](np.arange(steps, dtype=np.float64), rng)
        rows.append(_counts(rate, rng))
    return np.array(rows)


def _counts(rate: FloatArray, rng: Generator) -> FloatArray:
    kind = rng.integers(3)
    if kind == 0:
        return rng.poisson(np.minimum(rate, 1e8)).astype(np.float64)
    shape = 10 ** rng.uniform(-0.5, 2)
    return np.round(rate * rng.gamma(shape, 1 / shape, rate.size) if kind == 1 else rate)


def _wander(steps: int, memory: float, spread: float, *, rng: Generator) -> FloatArray:
    """Return the exponential of an AR(1) process that forgets within `memory` steps."""
    keep = 1 - 1 / memory
    noise = rng.normal(size=steps + 500)
    path: FloatArray = lfilter([spread * np.sqrt(1 - keep**2)], [1, -keep], noise)
    return np.exp(path[500:])


def _slow(t: FloatArray, rng: Generator) -> FloatArray:
    return _wander(t.size, 10 ** rng.uniform(1, 3), rng.uniform(0.05, 0.6), rng=rng)


def _day(t: FloatArray, rng: Generator) -> FloatArray:
    first = rng.uniform(0, 1.2) * np.sin(2 * np.pi * (t / _DAY + rng.random()))
    second = rng.uniform(0, 0.4) * np.sin(4 * np.pi * (t / _DAY + rng.random()))
    weekend = (t // _DAY + rng.integers(7)) % 7 >= 5
    wave: FloatArray = np.exp(first + second) * (1 - rng.choice([0.0, 0.3, 0.6]) * weekend)
    return wave


def _switching(t: FloatArray, rng: Generator, *, busy: float, quiet: float) -> FloatArray:
    """Return bursts of log-normal length and size between silences of log-normal length."""
    load, at = np.zeros(t.size), int(rng.exponential(quiet))
    size_spread = rng.choice([0.0, 0.0, 0.5, 1.2])
    while at < t.size:
        length = int(np.ceil(busy * np.exp(rng.normal(-0.5, 1.0))))
        load[at : at + length] = np.exp(rng.normal(0, 1) * size_spread)
        at += length + int(np.ceil(quiet * np.exp(rng.normal(-0.5, 1.0))))
    return load


def _days(t: FloatArray, rng: Generator) -> FloatArray:
    return _day(t, rng) * _wander(t.size, 10 ** rng.uniform(0.3, 2), rng.uniform(0.02, 0.4), rng=rng)


def _bursts(t: FloatArray, rng: Generator) -> FloatArray:
    return _switching(t, rng, busy=10 ** rng.uniform(0.3, 2.5), quiet=10 ** rng.uniform(0.7, 3))


def _daily_bursts(t: FloatArray, rng: Generator) -> FloatArray:
    return _bursts(t, rng) * _day(t, rng) * _slow(t, rng)


def _jobs(t: FloatArray, rng: Generator) -> FloatArray:
    period = int(rng.choice([60, 120, 180, 360, _DAY]))
    width = int(np.ceil(period * rng.uniform(0.03, 0.4)))
    busy = (t + rng.integers(period)) % period < width
    load: FloatArray = busy * _slow(t, rng) + rng.choice([0.0, 0.1, 0.5])
    return load


def _shifts(t: FloatArray, rng: Generator) -> FloatArray:
    ends = np.cumsum(rng.exponential(10 ** rng.uniform(2, 3.5), 2000))
    levels = np.exp(rng.normal(0, rng.uniform(0.3, 1), ends.size + 1))
    load: FloatArray = levels[np.searchsorted(ends, t)]
    return load


def _spikes(t: FloatArray, rng: Generator) -> FloatArray:
    hit = rng.random(t.size) < rng.uniform(0.002, 0.05)
    return _day(t, rng) * _slow(t, rng) * np.where(hit, rng.pareto(1.5, t.size) * 5 + 1, 1.0)


def _interrupted(t: FloatArray, rng: Generator) -> FloatArray:
    bursts = _switching(t, rng, busy=10 ** rng.uniform(1, 2.5), quiet=10 ** rng.uniform(1, 2.5))
    return _day(t, rng) * (0.3 + bursts) * _slow(t, rng)


_KINDS: tuple[Callable[[FloatArray, Generator], FloatArray], ...] = (
    _days,
    _slow,
    _bursts,
    _daily_bursts,
    _jobs,
    _shifts,
    _spikes,
    _interrupted,
)
