"""The measures, defined once.

wQL is the mean over the levels 0.5, 0.9, 0.95 and 0.99 of 2 x pinball loss / mean target. A ratio to the naive
forecast R is taken per series on equal origins, limited to 0.1 to 10; then the geometric mean over series is taken, and
over cells (group x step x lead time). Below 1 is better than R.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.arrays import BoolArray, FloatArray

LEVELS: FloatArray = np.array([0.5, 0.9, 0.95, 0.99])
"""The levels that are judged."""

FEWEST = 20
"""Scored origins below which a series says nothing about a lead time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How one forecaster did on one series at one lead time; NaN = not known."""

    wql: float
    """Weighted quantile loss of all four levels."""
    p95: float
    """2 x pinball loss at 0.95 / mean target."""
    p99: float
    """2 x pinball loss at 0.99 / mean target."""
    coverage: float
    """Share of origins whose target was at or below the 0.95 quantile."""
    coverage_busy: float
    """The same, only where the target was above zero."""
    mae: float
    """Mean absolute error of the median, in the unit of the load."""
    origins: int
    """Scored origins."""


def pinball(truth: FloatArray, said: FloatArray, levels: FloatArray) -> FloatArray:
    """Return the pinball loss per origin and level, shape (m, k): q x too low, or (1 - q) x too high.

    Example:
        10 came, 8 and 12 were said at 0.5 and 0.9.

        >>> pinball(np.array([10.0]), np.array([[8.0, 12.0]]), np.array([0.5, 0.9])).round(2).tolist()
        [[1.0, 0.2]]
    """
    off = truth[:, None] - said
    loss: FloatArray = np.maximum(levels * off, (levels - 1.0) * off)
    return loss


def score(truth: FloatArray, said: FloatArray, scored: BoolArray) -> Score:
    """Return the score of quantiles at `LEVELS` (m, 4) against `truth` (m,), on the origins marked in `scored`."""
    y, q = truth[scored], said[scored]
    if y.size == 0 or y.sum() <= 0:
        return Score(wql=np.nan, p95=np.nan, p99=np.nan, coverage=np.nan, coverage_busy=np.nan, mae=np.nan, origins=0)
    losses = 2 * pinball(y, q, LEVELS).mean(axis=0) / y.mean()
    covered = y <= q[:, 2] * (1 + 1e-6)  # 32-bit forecasts of a constant may miss by a hair
    busy = y > 0
    return Score(
        wql=float(losses.mean()),
        p95=float(losses[2]),
        p99=float(losses[3]),
        coverage=float(covered.mean()),
        coverage_busy=float(covered[busy].mean()),
        mae=float(np.abs(y - q[:, 0]).mean()),
        origins=int(y.size),
    )


def ratio(mine: float, naive: float) -> float:
    """Return mine / naive within 0.1 to 10; 1 where both are nothing, NaN where either is not known."""
    if np.isnan(mine) or np.isnan(naive):
        return np.nan
    if naive <= 0:
        return 1.0 if mine <= 0 else 10.0
    return float(np.clip(mine / naive, 0.1, 10.0))


def geometric_mean(ratios: list[float]) -> float:
    """Return the geometric mean of what is known, NaN if nothing is."""
    known = [r for r in ratios if not np.isnan(r)]
    return float(np.exp(np.mean(np.log(known)))) if known else float("nan")


def mean(values: list[float]) -> float:
    """Return the mean of what is known, NaN if nothing is."""
    known = [v for v in values if not np.isnan(v)]
    return float(np.mean(known)) if known else float("nan")
