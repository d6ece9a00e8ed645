import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.regulation import HIGHEST_FACTOR, configured_margin, margin_of, regulate

DAY = 144
SHARES = st.lists(st.floats(0.0, 1.0) | st.just(math.nan), min_size=1, max_size=60)


def factor(attained: list[float], requests: list[float] | float = 1000.0, agreed: float = 0.98) -> float:
    """Return the factor of one workload."""
    shares = np.array([attained])
    return float(regulate(shares, np.broadcast_to(requests, shares.shape), agreed=np.array([agreed]))[0])


def test_what_was_agreed_leaves_the_margin_alone() -> None:
    """Exactly 98 % is what was asked for."""
    assert factor([0.98] * DAY) == pytest.approx(1.0)


def test_a_day_of_twice_the_misses_raises_it_and_a_day_without_lowers_it() -> None:
    """exp(0.002 x 144) and its inverse."""
    assert factor([0.96] * DAY) == pytest.approx(math.exp(0.288))
    assert factor([1.0] * DAY) == pytest.approx(math.exp(-0.288))


def test_misses_count_by_request() -> None:
    """All of a few requests missed weigh little beside many that were served."""
    busy, idle = 9000.0, 300.0
    assert factor([0.98, 0.0], [busy, idle]) < factor([0.98, 0.0], [idle, busy])


def test_few_requests_are_put_together() -> None:
    """Ten requests say nothing, twenty times ten say something."""
    assert factor([0.5] * 19, 10.0) == 1.0
    assert factor([0.5] * 20, 10.0) > 1.0


def test_gaps_change_nothing() -> None:
    """What is not known is neither met nor missed."""
    assert factor([0.9, math.nan, 0.97]) == pytest.approx(factor([0.9, 0.97]))


@given(SHARES, st.floats(0.5, 1.0))
def test_the_factor_has_limits_and_more_misses_never_lower_it(attained: list[float], agreed: float) -> None:
    """Whatever was attained, and also where every request is to be in time."""
    worse = [each * 0.9 for each in attained]
    better = factor(attained, agreed=agreed)
    assert 1 / HIGHEST_FACTOR <= better <= factor(worse, agreed=agreed) + 1e-12 <= HIGHEST_FACTOR + 1e-9


def test_rows_do_not_touch_each_other() -> None:
    """A workload's factor is the same in any company."""
    attained = np.array([[0.9, 0.95], [1.0, 1.0]])
    both = regulate(attained, np.full((2, 2), 500.0), agreed=np.array([0.98, 0.98]))
    assert both.tolist() == [factor([0.9, 0.95], 500.0), factor([1.0, 1.0], 500.0)]


def test_a_margin_never_falls_below_one_and_says_where_it_comes_from() -> None:
    """Less than the load itself is no plan."""
    low = margin_of(1.15, factor=0.5, attained=0.999, requests=5000.0)
    assert (low.ratio, low.origin) == (1.0, "1.15 regulated, 99.9% attained")
    assert configured_margin(1.3).origin == "configured"
