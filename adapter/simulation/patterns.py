"""Synthetic load: six patterns that LLM services show, minute by minute, from a seed.

Each is a mean rate over time; counts are drawn around it with the spread that real services have (a Poisson count whose
rate varies from minute to minute). Levels are relative: a scenario scales its load to some replicas.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from adapter.simulation.arrays import Floats
from adapter.simulation.load_files import DEFAULT_SHAPE, Load

_MINUTE_S = 60.0
_DAY_MIN = 1440
_LEVEL = 300.0  # requests a minute where the relative level is 1
_SPREAD = 12.0  # shape of the gamma law of a minute's rate: a standard deviation of 29 %

Rng = np.random.Generator


def make_load(pattern: str, *, days: float, seed: int) -> Load:
    """Return the load of a pattern.

    Args:
        pattern: one of `PATTERNS`.
        days: how long, > 0.
        seed: the same gives the same load.

    Raises:
        KeyError: there is no such pattern.
    """
    rng = np.random.default_rng([seed, *pattern.encode()])
    minutes = max(round(days * _DAY_MIN), 1)
    level = PATTERNS[pattern](np.arange(minutes, dtype=np.float64), rng)
    counts = rng.poisson(_LEVEL * level * rng.gamma(_SPREAD, 1 / _SPREAD, minutes))
    return Load(
        name=pattern,
        step_s=_MINUTE_S,
        counts=counts.astype(np.int64),
        known=np.ones(minutes, dtype=np.bool_),
        prompt_tokens=np.full(minutes, DEFAULT_SHAPE.prompt_tokens),
        output_tokens=np.full(minutes, DEFAULT_SHAPE.output_tokens),
    )


def _diurnal(minute: Floats, rng: Rng) -> Floats:
    """A wave a day, lower at weekends, wandering a little."""
    weekend = np.where(minute // _DAY_MIN % 7 >= 5, 0.6, 1.0)
    wander = np.exp(np.cumsum(rng.normal(0, 0.002, len(minute))))
    return (0.55 - 0.45 * np.cos(2 * np.pi * minute / _DAY_MIN)) * weekend * wander


def _bursty(minute: Floats, rng: Rng) -> Floats:
    """A low level with bursts of minutes, eight an hour on average, of three to ten times as much."""
    level = np.full(len(minute), 0.2)
    for start in np.flatnonzero(rng.random(len(minute)) < 8 / 60).tolist():
        level[start : start + int(rng.integers(1, 4))] = 0.2 * rng.uniform(3, 10)
    return level


def _flash_crowd(minute: Floats, rng: Rng) -> Floats:
    """A quiet wave a day, and once a day within three minutes ten times as much, which takes half an hour to ebb."""
    level = 0.15 - 0.05 * np.cos(2 * np.pi * minute / _DAY_MIN)
    for day in range(int(np.ceil(len(minute) / _DAY_MIN))):
        since = minute - day * _DAY_MIN - rng.uniform(8, 20) * 60
        rise = np.clip(since / 3, 0, 1)
        level = level + 1.2 * rise * np.exp(-np.maximum(since - 3, 0) / 30)
    return level


def _sparse(minute: Floats, rng: Rng) -> Floats:
    """Idle but for sessions of ten to forty minutes in working hours, some ten a day."""
    level = np.zeros(len(minute))
    at_work = (minute % _DAY_MIN >= 8 * 60) & (minute % _DAY_MIN < 19 * 60)
    for start in np.flatnonzero(at_work & (rng.random(len(minute)) < 10 / (11 * 60))).tolist():
        level[start : start + int(rng.integers(10, 41))] += 0.3
    return level


def _batch(minute: Floats, rng: Rng) -> Floats:
    """Full load for two hours from about 01:00, 09:00 and 17:00 on, nothing in between."""
    late = rng.normal(0, 5, int(np.ceil(len(minute) / 480)))
    since = minute % 480 - 60 - late[(minute // 480).astype(np.int64)]
    return np.where((since >= 0) & (since < 120), 1.0, 0.0)


def _step(minute: Floats, rng: Rng) -> Floats:
    """A level that jumps to another one every few hours."""
    edges = np.sort(rng.random(max(len(minute) // 240, 1))) * len(minute)
    levels = rng.uniform(0.2, 1.0, len(edges) + 1)
    chosen: Floats = levels[np.searchsorted(edges, minute, side="right")]
    return chosen


PATTERNS: Final[Mapping[str, Callable[[Floats, Rng], Floats]]] = {
    "diurnal": _diurnal,
    "bursty": _bursty,
    "flash-crowd": _flash_crowd,
    "sparse": _sparse,
    "batch": _batch,
    "step": _step,
}
"""Relative level of each minute, by the name of the pattern."""
