"""Reading GPU-hours at equal attainment."""

import math

from hypothesis import given
from hypothesis import strategies as st

from adapter.simulation.frontier import efficient, hours_at

POINTS = st.lists(st.tuples(st.floats(0.5, 1.0), st.floats(1.0, 100.0)), min_size=1, max_size=8)


def test_a_point_on_the_curve_is_read_as_it_is() -> None:
    """At 99 % exactly."""
    assert hours_at([(0.97, 10.0), (0.99, 14.0)], 0.99) == 14.0


def test_below_the_curve_the_cheapest_counts() -> None:
    """Nobody knows what 90 % would cost."""
    assert hours_at([(0.97, 10.0), (0.99, 14.0)], 0.90) == 10.0


def test_no_setting_reaches_it() -> None:
    """NaN, not the nearest."""
    assert math.isnan(hours_at([(0.97, 10.0)], 0.98))


def test_a_careful_setting_that_is_also_cheap_wins() -> None:
    """99 % for 9 h beats 97 % for 10 h."""
    assert hours_at([(0.97, 10.0), (0.99, 9.0)], 0.98) == 9.0


@given(points=POINTS, low=st.floats(0.5, 1.0), high=st.floats(0.5, 1.0))
def test_more_attainment_never_costs_less(points: list[tuple[float, float]], low: float, high: float) -> None:
    """The curve rises."""
    first, second = (hours_at(points, each) for each in sorted((low, high)))
    assert math.isnan(second) or first <= second + 1e-9


@given(points=POINTS)
def test_efficient_points_beat_all_others(points: list[tuple[float, float]]) -> None:
    """Every point is matched by a kept one that attains as much for no more."""
    kept = efficient(points)
    assert all(any(a >= x and h <= y for a, h in kept) for x, y in points)
