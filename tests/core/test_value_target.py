from hypothesis import given
from hypothesis import strategies as st

from adapter.core.shaping import TARGET_MILLI, Tolerance, ToleranceRule, value_proposal
from adapter.core.units import Ratio
from adapter.core.value_target import shape_value

TOLERANCES = st.sampled_from([0.0, 0.05, 0.1, 0.3]).map(lambda width: Tolerance(up=Ratio(width), down=Ratio(width)))


@given(plan=st.integers(0, 60), requested=st.integers(0, 60), ready=st.integers(0, 60), tolerance=TOLERANCES)
def test_the_hpa_lands_where_said_under_both_rules(plan: int, requested: int, ready: int, tolerance: Tolerance) -> None:
    """At the plan or above it, except that with nothing ready nothing above zero can be reached."""
    shaped = shape_value(plan, requested=requested, ready=ready, tolerance=tolerance, max_replicas=100)
    assert shaped.lands_on is not None
    for rule in ToleranceRule:
        landing = value_proposal(
            shaped.value_milli, TARGET_MILLI, current=requested, ready=ready, tolerance=tolerance, rule=rule
        )
        assert landing == shaped.lands_on
    assert shaped.lands_on >= plan or ready == 0


def test_what_is_not_known_promises_nothing() -> None:
    """No landing is told without a count of ready or of requested replicas."""
    for requested, ready in ((None, 3), (3, None)):
        shaped = shape_value(4, requested=requested, ready=ready, tolerance=Tolerance(), max_replicas=9)
        assert shaped.lands_on is None
        assert "not known" in shaped.reason


def test_with_nothing_ready_the_hpa_stays() -> None:
    """Three requested and none ready: a value of more would be a scale-in to none."""
    shaped = shape_value(5, requested=3, ready=0, tolerance=Tolerance(), max_replicas=9)
    assert (shaped.value_milli, shaped.lands_on) == (1000, 3)
