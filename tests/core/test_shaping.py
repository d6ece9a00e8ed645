import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.shaping import (
    TARGET_MILLI,
    Tolerance,
    ToleranceRule,
    average_value_proposal,
    shape,
    value_proposal,
)
from adapter.core.units import Milli, Ratio

OLD, NEW = ToleranceRule.ABSOLUTE, ToleranceRule.BOUNDS
# name: status replicas, usage, target, proposal under the old rule, under the new rule
AVERAGE_VALUE = {
    "A1": (3, 8600, 2150, 4, 4),
    "A2": (5, 8600, 2867, 3, 3),
    "A3": (3, 8600, 2900, 3, 3),
    "A4": (3, 8600, 2222, 4, 4),
    "A5": (5, 8600, 3000, 3, 3),
    "A6": (4, 8600, 2200, 4, 4),
    "A7": (10, 110000, 10000, 11, 10),
    "A8": (10, 90000, 10000, 10, 10),
    "A9": (10, 111000, 10000, 12, 12),
    "A10": (0, 5000, 2000, 3, 3),
    "A11": (0, 0, 2000, 0, 0),
    "A12": (1, 100, 100000, 1, 1),
    "A13": (50, 92000, 2000, 50, 50),
    "A14": (40, 92000, 2000, 46, 46),
    "A15": (7, 0, 100, 0, 0),
}
# name: spec replicas, ready pods, usage, target, proposal (both rules)
VALUE = {
    "B1": (3, 1, 8600, 4400, 2),
    "B2": (5, 5, 8600, 14334, 3),
    "B3": (3, 3, 8600, 8888, 3),
    "B4": (3, 3, 8600, 6666, 4),
    "B5": (5, 5, 8600, 14400, 3),
    "B6": (5, 5, 0, 14400, 0),
    "B7": (4, 4, 8600, 8666, 4),
    "B8": (10, 8, 15000, 10000, 12),
    "B9": (10, 0, 50000, 10000, 0),
    "B10": (0, 0, 2500, 1000, 3),
    "B11": (0, 0, 500, 1000, 1),
}
rules = pytest.mark.parametrize("rule", list(ToleranceRule), ids=lambda rule: rule.value)
tolerances = st.builds(
    Tolerance,
    up=st.sampled_from([0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 1.0]).map(Ratio) | st.floats(0, 1.5).map(Ratio),
    down=st.sampled_from([0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 1.0]).map(Ratio) | st.floats(0, 1.5).map(Ratio),
)


@rules
@pytest.mark.parametrize("row", AVERAGE_VALUE)
def test_average_value_proposal_matches_the_controller(row: str, rule: ToleranceRule) -> None:
    """Worked rows; A1 to A6 are from the controller's own tests."""
    status, usage, target, old, new = AVERAGE_VALUE[row]
    proposal = average_value_proposal(Milli(usage), Milli(target), status_replicas=status, rule=rule)
    assert proposal == (old if rule is OLD else new)


@rules
def test_a16_tolerance_zero_acts_on_one_per_cent(rule: ToleranceRule) -> None:
    """Row A16: scaleUp.tolerance 0 makes ratio 1.01 count."""
    none_up = Tolerance(up=Ratio(0))
    assert average_value_proposal(Milli(101000), Milli(10000), status_replicas=10, tolerance=none_up, rule=rule) == 11


@rules
@pytest.mark.parametrize("row", VALUE)
def test_value_proposal_matches_the_controller(row: str, rule: ToleranceRule) -> None:
    """Worked rows; most of B1 to B7 are from the controller's own tests."""
    current, ready, usage, target, proposal = VALUE[row]
    assert value_proposal(Milli(usage), Milli(target), current=current, ready=ready, rule=rule) == proposal


def test_the_rules_differ_on_the_float_edge_only_above_one() -> None:
    """1.1 is outside for old controllers and inside for new ones; 0.9 is inside for both."""
    assert [Tolerance().holds(1.1, rule=rule) for rule in (OLD, NEW)] == [False, True]
    assert [Tolerance().holds(0.9, rule=rule) for rule in (OLD, NEW)] == [True, True]


@pytest.mark.parametrize("ratio", [math.nan, math.inf])
@rules
def test_a_ratio_that_is_no_number_never_holds(ratio: float, rule: ToleranceRule) -> None:
    """Zero status replicas give infinity or NaN in the controller."""
    assert not Tolerance().holds(ratio, rule=rule)


@pytest.mark.parametrize("wrong", [-0.1, math.nan, math.inf])
def test_a_tolerance_out_of_range_is_named(wrong: float) -> None:
    """The message carries which side, the range and the value."""
    with pytest.raises(ValueError, match="tolerance down must be a finite number >= 0, got"):
        Tolerance(down=Ratio(wrong))


@pytest.mark.parametrize(
    ("wish", "value", "lands_on"),
    [
        ((10, 10), 10000, 10),
        ((5, 5), 5000, 5),
        ((14, 10), 14000, 14),
        ((11, 10), 12000, 12),
        ((101, 100), 111000, 111),
        ((9, 10), 8999, 9),
        ((8, 10), 8000, 8),
        ((19, 20), 19000, 20),
        ((18, 20), 17999, 18),
        ((17, 20), 17000, 17),
        ((0, 10), 0, 0),
        ((0, 0), 0, 0),
        ((3, 0), 3000, 3),
    ],
)
def test_plan_is_met_or_the_nearest_reachable_count_above(wish: tuple[int, int], value: int, lands_on: int) -> None:
    """The worked numbers of the module's docstring and their neighbours, as (plan, status replicas), tolerance 0.1."""
    shaped = shape(wish[0], status_replicas=wish[1])
    assert (shaped.value_milli, shaped.lands_on) == (value, lands_on)


@pytest.mark.parametrize(
    ("wish", "limit", "reason"),
    [
        ((14, 10), None, "the HPA lands on the plan 14 from 10"),
        ((9, 10), None, "the HPA lands on the plan 9 from 10; 8999 milli moves the HPA out of its tolerance"),
        ((11, 10), None, "from 10 the tolerance swallows 11: 12 is the fewest at or above that the HPA acts on"),
        ((19, 20), None, "from 20 the tolerance swallows every value that means 19: the HPA stays at 20"),
        ((11, 10), 11, "the HPA lands on the plan 11 from 10; 12000 milli moves the HPA out of its tolerance"),
        ((11, 10), 10, "the HPA cuts the plan 11 at its maxReplicas 10"),
    ],
)
def test_reason_says_what_the_hpa_does(wish: tuple[int, int], limit: int | None, reason: str) -> None:
    """People read it, so it is fixed here."""
    assert shape(wish[0], status_replicas=wish[1], max_replicas=limit).reason == reason


def test_unknown_status_replicas_emit_the_plan_and_say_so() -> None:
    """What is not known is not guessed: no landing is promised."""
    shaped = shape(7, status_replicas=None)
    assert (shaped.value_milli, shaped.lands_on) == (7000, None)
    assert "status replicas not known" in shaped.reason


@pytest.mark.parametrize(("plan", "status", "name"), [(-1, 3, "plan"), (3, -1, "status_replicas")])
def test_negative_counts_are_refused(plan: int, status: int, name: str) -> None:
    """The message names which count."""
    with pytest.raises(ValueError, match=f"{name} must be >= 0, got -1"):
        shape(plan, status_replicas=status)


@rules
@pytest.mark.parametrize(
    ("wish", "width", "value"),
    [((11, 10), 0.1, 12000), ((19, 20), 0.05, 18999), ((3, 10), 0.7, 2999)],
    ids=["only new holds, out", "only new holds, in", "only old holds, in"],
)
def test_an_edge_on_which_the_rules_differ_is_avoided(
    wish: tuple[int, int], width: float, *, value: int, rule: ToleranceRule
) -> None:
    """The honest value would land differently on two controllers, so another is emitted."""
    tolerance = Tolerance(up=Ratio(width), down=Ratio(width))
    plan, status = wish
    shaped = shape(plan, status_replicas=status, tolerance=tolerance)
    landing = average_value_proposal(
        shaped.value_milli, TARGET_MILLI, status_replicas=status, tolerance=tolerance, rule=rule
    )
    assert (shaped.value_milli, landing) == (value, shaped.lands_on)


@given(plan=st.integers(0, 3000), status=st.integers(0, 3000), tolerance=tolerances)
def test_hpa_lands_where_said_under_both_rules_and_never_below_the_plan(
    plan: int, status: int, tolerance: Tolerance
) -> None:
    """The promise of the module, for any version of the controller."""
    shaped = shape(plan, status_replicas=status, tolerance=tolerance)
    for rule in ToleranceRule:
        proposal = average_value_proposal(
            shaped.value_milli, TARGET_MILLI, status_replicas=status, tolerance=tolerance, rule=rule
        )
        assert proposal == shaped.lands_on
    assert shaped.lands_on is not None
    assert shaped.lands_on >= plan


@given(plan=st.integers(0, 200), status=st.integers(0, 200), tolerance=tolerances)
def test_no_value_would_land_nearer_above_the_plan(plan: int, status: int, tolerance: Tolerance) -> None:
    """Against a search over every value in question: nothing between plan and landing is reachable under both rules."""
    landing = shape(plan, status_replicas=status, tolerance=tolerance).lands_on
    assert landing is not None
    for count in range(plan, landing):
        for value in (count * 1000, count * 1000 - 1, (count - 1) * 1000 + 1):
            reached = {
                average_value_proposal(
                    Milli(value), TARGET_MILLI, status_replicas=status, tolerance=tolerance, rule=rule
                )
                for rule in ToleranceRule
            }
            assert value < 0 or reached != {count}


@given(plan=st.integers(1, 500), seen=st.integers(1, 500), actual=st.integers(1, 500))
def test_a_stale_status_never_lands_below_both_plan_and_reality(plan: int, seen: int, actual: int) -> None:
    """If the size moves between shaping and the HPA's sync, the HPA still goes to the plan or above, or holds."""
    value = shape(plan, status_replicas=seen).value_milli
    assert average_value_proposal(value, TARGET_MILLI, status_replicas=actual) >= min(plan, actual)
