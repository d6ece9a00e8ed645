"""Horizons that are worked out, and those between."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from forecasting.knots import KNOTS, between, knots

HORIZONS = st.sets(st.integers(1, 500), min_size=1, max_size=30).map(lambda each: np.array(sorted(each)))


@given(HORIZONS)
def test_knots_are_few_and_reach_from_the_first_to_the_last(horizons: np.ndarray) -> None:
    """All of them where they are few."""
    chosen = knots(horizons)
    assert set(chosen) <= set(horizons)
    assert chosen.size <= KNOTS
    assert (chosen[0], chosen[-1]) == (horizons[0], horizons[-1])
    assert horizons.size > KNOTS or np.array_equal(chosen, horizons)


@given(HORIZONS)
def test_what_rises_from_knot_to_knot_rises_between(horizons: np.ndarray) -> None:
    """And at the knots nothing changes."""
    chosen = knots(horizons)
    filled = between(np.sqrt(chosen)[None, :], horizons)
    assert (np.diff(filled) >= -1e-12).all()
    assert np.allclose(filled[0, np.searchsorted(horizons, chosen)], np.sqrt(chosen))
