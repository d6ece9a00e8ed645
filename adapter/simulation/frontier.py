"""Comparing policies at equal attainment: each policy's knob gives a curve, curves are read at the same attainment."""

import math
from collections.abc import Iterable


def hours_at(points: Iterable[tuple[float, float]], attainment: float) -> float:
    """Return the GPU-hours at which a policy reaches an attainment; NaN when none of its settings does.

    Settings that another one beats in both are left out; between the others it is read off a straight line, and below
    the lowest of them the lowest counts, because nobody knows how much cheaper worse would be.

    Args:
        points: (attainment, GPU-hours) of each setting.
        attainment: share of requests served in time that is asked for, 0 to 1.

    Example:
        Half way between 97 % for 10 h and 99 % for 14 h; 20 h for 98.5 % helps nobody.

        >>> hours_at([(0.97, 10.0), (0.99, 14.0), (0.985, 20.0)], 0.98)
        12.0
        >>> hours_at([(0.97, 10.0)], 0.98)
        nan
    """
    best = efficient(points)
    above = [point for point in best if point[0] >= attainment]
    below = [point for point in best if point[0] < attainment]
    if not above:
        return math.nan
    high = above[0]
    if not below or high[0] == attainment:
        return high[1]
    low = below[-1]
    return low[1] + (high[1] - low[1]) * (attainment - low[0]) / (high[0] - low[0])


def efficient(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the points that no other beats, attainment and GPU-hours both rising.

    Example:
        >>> efficient([(0.99, 14.0), (0.98, 15.0), (0.97, 10.0)])
        [(0.97, 10.0), (0.99, 14.0)]
    """
    kept: list[tuple[float, float]] = []
    for point in sorted((each for each in points if not math.isnan(each[0])), key=lambda each: (-each[0], each[1])):
        if not kept or point[1] < kept[-1][1]:
            kept.append(point)
    return kept[::-1]
