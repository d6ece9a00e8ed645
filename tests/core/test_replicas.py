import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.replicas import size_replicas

LOADS = st.floats(0, 1e6)


@given(LOADS, LOADS, st.floats(0.1, 1e3), st.floats(1, 5))
def test_more_demand_never_needs_fewer_replicas(demand: float, more: float, capacity: float, margin: float) -> None:
    """Sizing is monotone in demand."""
    fewer = size_replicas(demand, capacity, margin=margin)
    assert size_replicas(demand + more, capacity, margin=margin) >= fewer


def test_a_whole_ratio_is_not_rounded_up_by_floats() -> None:
    """2.1 / 0.7 is 3.0000000000000004, and three replicas."""
    assert size_replicas(2.1, 0.7, margin=1.0) == 3
    assert size_replicas(2.11, 0.7, margin=1.0) == 4


def test_no_demand_needs_no_replica() -> None:
    """And any demand needs one."""
    assert (size_replicas(0.0, 16.0, margin=1.0), size_replicas(1e-3, 16.0, margin=1.0)) == (0, 1)


@pytest.mark.parametrize(
    ("demand", "capacity", "margin", "named"),
    [
        (-1.0, 1.0, 1.0, "demand"),
        (float("nan"), 1.0, 1.0, "demand"),
        (float("inf"), 1.0, 1.0, "demand"),
        (1.0, 0.0, 1.0, "capacity"),
        (1.0, float("nan"), 1.0, "capacity"),
        (1.0, 1.0, 0.0, "margin"),
    ],
)
def test_out_of_range_is_named(demand: float, capacity: float, margin: float, named: str) -> None:
    """The message starts with the argument at fault."""
    with pytest.raises(ValueError, match=f"^{named} must be"):
        size_replicas(demand, capacity, margin=margin)
