"""Grids in pieces that a Prometheus answers: it refuses more than 11,000 points per series; pure."""

from collections.abc import Iterator

from adapter.core.signal import Grid

MOST_POINTS = 10_000


def pieces(grid: Grid, *, most: int = MOST_POINTS) -> Iterator[tuple[slice, Grid]]:
    """Yield the columns of each piece and its grid, in order; a last piece of one time is a range of its own.

    Example:
        >>> [(columns, piece.count) for columns, piece in pieces(Grid(start=0, step_s=15, count=5), most=2)]
        [(slice(0, 2, None), 2), (slice(2, 4, None), 2), (slice(4, 5, None), 1)]
    """
    if most < 1:
        raise ValueError(f"most must be >= 1, got {most}")
    for first in range(0, grid.count, most):
        count = min(most, grid.count - first)
        start = grid.start + first * grid.step_s
        yield slice(first, first + count), Grid(start=start, step_s=grid.step_s, count=count)
