"""Cut training samples from series: windows at random origins, what the experts say there, and what came.

Loads of several clients are also summed at random within their service, and minutes are summed to longer steps, so
that the model meets aggregates of every size and grids from 10 s to 10 min.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from forecasting.arrays import BoolArray, FloatArray, IntArray
from forecasting.contract import CoarseHistory
from forecasting.experts import Answers, ask_experts
from forecasting.features import horizon_features, row_features
from forecasting.history import History
from forecasting.ranks import GRID, Float32Array
from forecasting.series_file import coarser
from forecasting.targets import load_ahead, peak_ahead
from forecasting.window import prepare

COARSE_S = 600.0
"""Step of the coarse history in training."""

_SCORED = (2, 4, 5, 7)  # positions in GRID of the levels that forecasts are judged by
_CHUNK = 256
_FEWEST_SCORED = 15  # samples of a series and horizon, below which its weight would be luck
_PERFECT = 1e-3  # naive loss relative to the load


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """One way of looking at series of minutes."""

    step_s: float
    """Length of a step in seconds."""
    minutes: int
    """Minutes summed into a step; 1 also where minutes are taken for shorter steps."""
    horizons: tuple[int, ...]
    """Steps ahead."""
    origins: int
    """Origins per series."""


GRIDS = (
    Grid(step_s=60.0, minutes=1, horizons=(2, 5, 10, 20, 30, 60), origins=480),
    Grid(step_s=600.0, minutes=10, horizons=(1, 2, 3, 6, 144), origins=440),
    Grid(step_s=120.0, minutes=2, horizons=(1, 3, 5, 15, 30), origins=140),
    Grid(step_s=300.0, minutes=5, horizons=(1, 2, 4, 6, 12), origins=140),
)
"""Grids for measured load."""

SHORT_GRIDS = (
    Grid(step_s=10.0, minutes=1, horizons=(6, 12, 30, 60, 180), origins=180),
    Grid(step_s=30.0, minutes=1, horizons=(4, 10, 20, 60, 120), origins=180),
)
"""Grids that synthetic minutes are taken for; their character knows no unit of time."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawSamples:
    """Samples before their features are standardised; axes as in `fitting.Samples`."""

    features: Float32Array
    peak: Float32Array
    path: Float32Array
    truth: Float32Array
    weight: Float32Array


def collect(minutes: FloatArray, grid: Grid, rng: Generator) -> list[RawSamples]:
    """Return samples of every series (n, t) of minutes on `grid`, one entry per series and horizon."""
    values = coarser(minutes, grid.minutes)
    found = []
    for row in values:
        ends = np.sort(
            rng.choice(np.arange(min(60, row.size // 4), row.size), min(grid.origins, row.size // 4), replace=False)
        )
        ends = ends[~np.isnan(row[ends - 1])]
        with_days = grid.step_s >= COARSE_S or (grid.step_s >= 60 and rng.random() < 0.8)
        found += _of_one(_history(row[None, :], grid, with_days=with_days), grid, ends)
    return found


def sums_of_clients(clients: FloatArray, count: int, rng: Generator) -> FloatArray:
    """Return `count` sums of 2 to 7 random rows of `clients` (n, t); a sum with a gap in it is a gap."""
    picks = [rng.choice(len(clients), min(int(rng.integers(2, 8)), len(clients)), replace=False) for _ in range(count)]
    return np.array([clients[pick].sum(axis=0) for pick in picks])


def join(parts: list[RawSamples]) -> RawSamples:
    """Return all samples in one."""
    return RawSamples(
        features=np.concatenate([p.features for p in parts]),
        peak=np.concatenate([p.peak for p in parts]),
        path=np.concatenate([p.path for p in parts]),
        truth=np.concatenate([p.truth for p in parts]),
        weight=np.concatenate([p.weight for p in parts]),
    )


def _history(values: FloatArray, grid: Grid, *, with_days: bool) -> History:
    factor = round(COARSE_S / grid.step_s)
    coarse = None
    if with_days and factor > 2:
        binned = coarser(values, factor) / factor
        age_s = (values.shape[1] - binned.shape[1] * factor) * grid.step_s
        coarse = CoarseHistory(values=binned, step_s=COARSE_S, age_s=age_s)
    return History(values=values, censored=np.zeros(values.shape, dtype=np.bool_), step_s=grid.step_s, coarse=coarse)


def _of_one(history: History, grid: Grid, ends: IntArray) -> list[RawSamples]:
    per_horizon: dict[int, list[tuple[Float32Array, Answers, FloatArray]]] = {h: [] for h in grid.horizons}
    for start in range(0, ends.size, _CHUNK):
        part = ends[start : start + _CHUNK]
        window = prepare(history.windows(np.zeros(part.size, dtype=np.int64), part))
        shared = row_features(window)
        for horizon in grid.horizons:
            answers = ask_experts(window, horizon)
            features = np.concatenate([shared, horizon_features(window, answers, horizon)], axis=1)
            per_horizon[horizon].append((features, answers, window.scale))
    return [_weighted(parts, _truths(history, ends, horizon)) for horizon, parts in per_horizon.items() if parts]


def _truths(history: History, ends: IntArray, horizon: int) -> FloatArray:
    peak = peak_ahead(history.known, horizon)[0, ends - 1]
    return np.stack([peak, load_ahead(history.known, horizon)[0, ends - 1]], axis=1)


def _weighted(parts: list[tuple[Float32Array, Answers, FloatArray]], truths: FloatArray) -> RawSamples:
    scale = np.concatenate([s for _, _, s in parts])[:, None]
    peak = np.concatenate([answers.peak for _, answers, _ in parts])
    path = np.concatenate([answers.path for _, answers, _ in parts])
    scored: BoolArray = np.asarray(np.isfinite(truths).all(axis=1))
    losses = np.stack(
        [_naive_loss(answers, truths[:, i] / scale[:, 0]) for i, answers in enumerate((peak, path))], axis=1
    )
    enough = scored.sum() > _FEWEST_SCORED
    mean = (losses * scale)[scored].mean(axis=0) if enough else np.zeros(2)
    typical = truths[scored].mean(axis=0) if enough else np.ones(2)
    # where the naive forecast is all but perfect, its loss is dust that must not become a huge weight
    weight = np.where(scored[:, None] & (mean > _PERFECT * typical), scale / np.maximum(mean, 1e-300), 0.0)
    return RawSamples(
        features=np.concatenate([features for features, _, _ in parts]),
        peak=peak,
        path=path,
        truth=np.where(scored[:, None], truths / scale, 0.0).astype(np.float32),
        weight=weight.astype(np.float32),
    )


def _naive_loss(answers: Float32Array, truth: FloatArray) -> FloatArray:
    """Return the naive expert's pinball loss, summed over the levels that count, shape (m,); NaN where unknown."""
    off = truth[:, None] - answers[:, 0, _SCORED]
    levels = GRID[list(_SCORED)]
    loss: FloatArray = np.maximum(levels * off, (levels - 1) * off).sum(axis=1)
    return loss
