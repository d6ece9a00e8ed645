"""Long ranges are asked for in pieces that join without gap or overlap."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.chunks import MOST_POINTS, pieces
from adapter.core.signal import Grid


@given(st.integers(1, 200), st.integers(1, 50))
def test_pieces_cover_the_grid_exactly_once(count: int, most: int) -> None:
    """Times of the pieces, in order, are the times of the grid."""
    grid = Grid(start=1_700_000_000.0, step_s=15.0, count=count)
    parts = list(pieces(grid, most=most))

    np.testing.assert_array_equal(np.concatenate([piece.times() for _, piece in parts]), grid.times())
    assert [index for columns, _ in parts for index in range(count)[columns]] == list(range(count))
    assert all(piece.count <= most for _, piece in parts)


def test_no_piece_exceeds_what_prometheus_answers() -> None:
    """It refuses more than 11,000 points per series."""
    assert MOST_POINTS < 11_000
