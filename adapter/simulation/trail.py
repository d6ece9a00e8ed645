"""What is kept of a run for people to look at: its size and load over time, thinned out, and its score day by day."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from adapter.simulation.arrays import Floats

POINTS: Final = 720
"""Most points that a trail keeps; a day at two minutes each."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trail:
    """Means over equal pieces of a run, shape (n,) each."""

    at_s: Floats
    """Middle of each piece, seconds of the run."""
    spec: Floats
    """Replicas asked for."""
    ready: Floats
    in_flight: Floats


def thin(rows: Sequence[tuple[float, float, float, float]], *, points: int = POINTS) -> Trail:
    """Return the trail of (time, replicas asked for, ready replicas, requests in flight), equally spaced.

    Args:
        rows: one each sync.
        points: most points to keep, >= 1.

    Example:
        >>> thin([(15.0, 1, 0, 4), (30.0, 3, 1, 8), (45.0, 3, 3, 6)], points=2).spec.tolist()
        [2.0, 3.0]
    """
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    width = max(math.ceil(len(table) / points), 1)
    edges = np.arange(0, len(table), width)
    if not len(edges):
        return Trail(at_s=table[:, 0], spec=table[:, 1], ready=table[:, 2], in_flight=table[:, 3])
    lengths = np.diff(np.append(edges, len(table)))
    at_s, spec, ready, in_flight = np.add.reduceat(table, edges, axis=0).T / lengths
    return Trail(at_s=at_s, spec=spec, ready=ready, in_flight=in_flight)
