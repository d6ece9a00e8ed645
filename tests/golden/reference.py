"""The numeric kernels of `forecasting` once more: plain loops over lists, exact fractions, no code of the package.

Slow and obvious on purpose. `None` is what NaN is there: not known.
"""

import math
from collections.abc import Sequence
from fractions import Fraction

Row = Sequence[float | None]


def pinball(truth: float, said: float, level: float) -> float:
    """Koenker, Bassett 1978: too low costs the level per unit, too high costs one minus the level."""
    return level * (truth - said) if truth > said else (1 - level) * (said - truth)


def weighted_quantile_loss(truths: Row, said: Sequence[Sequence[float]], levels: Sequence[float]) -> float:
    """Mean over levels of 2 x summed pinball loss / summed target, over the origins whose target is known."""
    known = [i for i, truth in enumerate(truths) if truth is not None]
    total = sum(truths[i] for i in known)
    return sum(2 * sum(pinball(truths[i], said[i][k], q) for i in known) / total for k, q in enumerate(levels)) / len(
        levels
    )


def conformal_quantile(errors: Row, level: Fraction) -> float:
    """The ceil((m + 1) q)-th smallest of m errors, the largest where there are fewer."""
    known = sorted(error for error in errors if error is not None)
    rank = math.ceil((len(known) + 1) * level)
    return known[min(rank, len(known)) - 1]


def peaks_ahead(row: Row, horizon: int, *, may_miss: Fraction = Fraction(0)) -> list[float | None]:
    """The highest of the next `horizon` values; not known if more than `may_miss` of them are not."""
    found: list[float | None] = []
    for origin in range(len(row)):
        window = row[origin + 1 : origin + 1 + horizon]
        enough = len(window) == horizon and window.count(None) <= may_miss * horizon
        found.append(max(value for value in window if value is not None) if enough else None)
    return found


def weighted_median(values: Sequence[float], weights: Sequence[float]) -> float:
    """The smallest value that has half of the weight at or below it."""
    ordered = sorted(zip(values, weights, strict=True))
    below = 0.0
    for value, weight in ordered:
        below += weight
        if below >= sum(weights) / 2:
            return value
    return ordered[-1][0]


def interpolated_quantile(sample: Row, level: float) -> float:
    """Position (m + 1) q among the m sorted values, between neighbours in proportion, within the sample."""
    known = sorted(value for value in sample if value is not None)
    position = min(max((len(known) + 1) * level, 1.0), float(len(known)))
    low = math.floor(position)
    high = min(low + 1, len(known))
    return known[low - 1] + (position - low) * (known[high - 1] - known[low - 1])


def rolling_means(row: Row, span: int) -> list[float | None]:
    """Mean of what is known among the last `span`; what was before where nothing is known."""
    means: list[float | None] = []
    for end in range(1, len(row) + 1):
        window = [value for value in row[max(0, end - span) : end] if value is not None]
        means.append(math.fsum(window) / len(window) if window else (means[-1] if means else None))
    return means


def damped_trend(row: Row, horizon: int) -> list[float | None]:
    """The mean of four plus 0.7 of its change over the horizon (2 to 16 steps), no change where it is too young."""
    smooth, span = rolling_means(row, 4), min(max(horizon, 2), 16)
    points: list[float | None] = []
    for at, now in enumerate(smooth):
        if now is None:
            points.append(None)
            continue
        before = smooth[max(0, at - span)]
        points.append(max(0.0, now + 0.7 * (now - (now if before is None else before))))
    return points


def trend_peak(row: Row, horizon: int, level: float) -> float:
    """The expert `trend`: its point now plus the quantile of its errors at up to 96 evenly spread origins.

    It learns from windows of which a fifth at most is missing.
    """
    points, truths = damped_trend(row, horizon), peaks_ahead(row, horizon, may_miss=Fraction(1, 5))
    every = (len(row) - horizon) // 96
    origins = [len(row) - 1 - horizon - every * i for i in range(96)]
    errors = [None if at < 0 or points[at] is None or truths[at] is None else truths[at] - points[at] for at in origins]
    return points[-1] + interpolated_quantile(errors, level)


def mixing_weights(
    losses: Sequence[Row], *, prior: Sequence[float], sharpness: float, worth: float, memory: float
) -> list[float]:
    """Weights of members from their losses at origins that are over, oldest first, and a prior worth `worth` origins.

    exp(-sharpness x (loss relative to the first member's - 1)), losses discounted by `memory` per newer origin.
    """
    over = [i for i, loss in enumerate(losses[0]) if loss is not None]
    ages = {i: len(losses[0]) - 1 - i for i in over}
    totals = [math.fsum(memory ** ages[i] * row[i] for i in over) for row in losses]
    typical = totals[0] / math.fsum(memory**age for age in ages.values()) * worth
    relative = [(total + first * typical) / (totals[0] + typical) for total, first in zip(totals, prior, strict=True)]
    return [math.exp(-sharpness * (min(one, 10.0) - 1)) for one in relative]
