"""Replicas needed to serve a demand.

Arithmetic only: must not know time, history or the cluster.
"""

import math

SLACK = 1e-9
"""2.1 / 0.7 is 3.0000000000000004 in floats: without slack, four replicas."""


def size_replicas(demand: float, capacity: float, *, margin: float) -> int:
    """Return the fewest replicas that carry `demand` times `margin`.

    Args:
        demand: load to serve, finite, >= 0, in the unit of `capacity`.
        capacity: load one ready replica sustains, > 0.
        margin: factor on demand, > 0.

    Raises:
        ValueError: an argument is out of range.

    Example:
        90 requests in flight, 16 per replica, 20 % margin: 108 / 16 = 6.75.

        >>> size_replicas(90.0, 16.0, margin=1.2)
        7
    """
    if not (math.isfinite(demand) and demand >= 0):
        raise ValueError(f"demand must be finite and >= 0, got {demand}")
    if not capacity > 0:
        raise ValueError(f"capacity must be > 0, got {capacity}")
    if not margin > 0:
        raise ValueError(f"margin must be > 0, got {margin}")
    return math.ceil(demand * margin / capacity - SLACK)
