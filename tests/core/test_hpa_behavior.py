import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.hpa_behavior import (
    Behavior,
    Bounds,
    LimitReason,
    Policy,
    PolicyType,
    Recommendation,
    ScaleEvent,
    ScalingRules,
    SelectPolicy,
    limit,
    limit_without_behavior,
    stabilize,
    stabilize_without_behavior,
)
from adapter.core.units import Seconds

NOW = Seconds(10_000.0)
WITHIN, UP_LIMIT, DOWN_LIMIT = LimitReason.WITHIN_RANGE, LimitReason.SCALE_UP_LIMIT, LimitReason.SCALE_DOWN_LIMIT


def pods(value: int, period_s: int = 15) -> Policy:
    """A policy in pods."""
    return Policy(type=PolicyType.PODS, value=value, period_s=period_s)


def percent(value: int, period_s: int = 15) -> Policy:
    """A policy in per cent."""
    return Policy(type=PolicyType.PERCENT, value=value, period_s=period_s)


def up(*policies: Policy, select: SelectPolicy = SelectPolicy.MAX) -> Behavior:
    """A behaviour with these policies for scale-out."""
    return Behavior(scale_up=ScalingRules(policies=policies, select=select))


def down(*policies: Policy, select: SelectPolicy = SelectPolicy.MAX) -> Behavior:
    """A behaviour with these policies for scale-in."""
    return Behavior(scale_down=ScalingRules(policies=policies, select=select))


def ago(seconds: float, replicas: int) -> Recommendation:
    """A raw proposal of the past."""
    return Recommendation(at=Seconds(NOW - seconds), replicas=replicas)


def changed(change: int, seconds: float = 10) -> ScaleEvent:
    """A change within every period used here."""
    return ScaleEvent(at=Seconds(NOW - seconds), change=change)


# name: current, wanted, (min, max), replicas, reason
WITHOUT_BEHAVIOR = {
    "C1": (5, 7, (3, 8), 7, WITHIN),
    "C2": (3, 1, (2, 100), 2, LimitReason.TOO_FEW),
    "C3": (20, 1000, (1, 10), 10, LimitReason.TOO_MANY),
    "C4": (3, 1000, (1, 2000), 6, UP_LIMIT),
    "C5": (1, 10, (1, 100), 4, UP_LIMIT),
}
# name: proposal, history, stabilised
STABILIZED_WITHOUT_BEHAVIOR = {
    "C6": (3, [ago(120, 4), ago(60, 5)], 5),
    "C7": (3, [ago(360, 10), ago(301, 9)], 3),
    "C8": (3, [ago(0, 10)], 10),
}
# name: current, wanted, behaviour, events, min, replicas, reason
WITH_BEHAVIOR = {
    "D1": (10, 50, Behavior(), [], 1, 20, UP_LIMIT),
    "D2": (10, 500, up(pods(100), percent(100)), [], 1, 110, UP_LIMIT),
    "D3": (10, 50, up(pods(30)), [], 1, 40, UP_LIMIT),
    "D4": (10, 50, up(percent(200)), [], 1, 30, UP_LIMIT),
    "D5": (100, 2, down(pods(20), percent(1)), [], 1, 80, DOWN_LIMIT),
    "D6": (100, 2, down(pods(2), percent(1)), [], 1, 98, DOWN_LIMIT),
    "D7": (10, 2, down(pods(5)), [], 1, 5, DOWN_LIMIT),
    "D8": (100, 500, up(pods(150, 120)), [changed(15)], 1, 235, UP_LIMIT),
    "D9": (100, 500, up(percent(200, 120)), [changed(15)], 1, 255, UP_LIMIT),
    "D10": (100, 500, up(pods(5, 120)), [changed(15)], 1, 100, UP_LIMIT),
    "D11": (6, 24, up(percent(300, 300)), [changed(4), changed(-2)], 1, 16, UP_LIMIT),
    "D12": (100, 0, down(percent(50, 120)), [changed(-12)], 0, 56, DOWN_LIMIT),
    "D13": (10, 1, down(percent(50, 180)), [changed(2), changed(-4)], 1, 6, DOWN_LIMIT),
    "D14": (100, 0, down(percent(10)), [changed(-30)], 1, 100, DOWN_LIMIT),
    "D15": (1, 10, up(pods(2), percent(50), select=SelectPolicy.MIN), [], 1, 2, UP_LIMIT),
    "D16": (5, 1, down(pods(2), percent(50), select=SelectPolicy.MIN), [], 1, 3, DOWN_LIMIT),
}
WINDOWS = Behavior(scale_up=ScalingRules(stabilization_window_s=Seconds(300)))
# name: current, proposal, history, stabilised (windows of 300 s in both directions)
STABILIZED = {"D17": (2, 1, [ago(10, 2), ago(20, 3)], 2), "D18": (1, 7, [ago(10, 4), ago(20, 5)], 4)}


@pytest.mark.parametrize("row", WITHOUT_BEHAVIOR)
def test_bounds_without_behavior(row: str) -> None:
    """Double or four per sync, then min and max; C1 to C4 are from the controller's own tests."""
    current, wanted, (least, most), replicas, reason = WITHOUT_BEHAVIOR[row]
    limited = limit_without_behavior(wanted, current=current, bounds=Bounds(min=least, max=most))
    assert (limited.replicas, limited.reason) == (replicas, reason)


@pytest.mark.parametrize("row", STABILIZED_WITHOUT_BEHAVIOR)
def test_stabilisation_without_behavior(row: str) -> None:
    """The highest raw proposal of the last five minutes wins."""
    proposal, history, stabilized = STABILIZED_WITHOUT_BEHAVIOR[row]
    assert stabilize_without_behavior(proposal, history, since=Seconds(NOW - 300)) == stabilized


@pytest.mark.parametrize("row", WITH_BEHAVIOR)
def test_rate_limits_with_behavior(row: str) -> None:
    """Worked rows; D1 to D18 are from the controller's own tests."""
    current, wanted, behavior, events, least, replicas, reason = WITH_BEHAVIOR[row]
    bounds = Bounds(min=least, max=1000)
    limited = limit(wanted, events, current=current, behavior=behavior, bounds=bounds, now=NOW)
    assert (limited.replicas, limited.reason) == (replicas, reason)


@pytest.mark.parametrize("row", STABILIZED)
def test_stabilisation_with_behavior(row: str) -> None:
    """The size moves only as far as all proposals in the window agree."""
    current, proposal, history, stabilized = STABILIZED[row]
    assert stabilize(proposal, history, current=current, behavior=WINDOWS, now=NOW) == stabilized


@pytest.mark.parametrize(
    ("behavior", "sizes"), [(None, [4, 8, 16, 32, 64, 100]), (Behavior(), [5, 10, 20, 40, 80, 100])], ids=["nil", "D19"]
)
def test_growth_from_one_step_by_step(behavior: Behavior | None, sizes: list[int]) -> None:
    """No behaviour and default behaviour grow differently."""
    grown, current, bounds = [], 1, Bounds(min=1, max=100)
    while current < 100:
        if behavior is None:
            current = limit_without_behavior(100, current=current, bounds=bounds).replicas
        else:
            current = limit(100, [], current=current, behavior=behavior, bounds=bounds, now=NOW).replicas
        grown.append(current)
    assert grown == sizes


def test_events_of_a_period_count_strictly_within_it() -> None:
    """At exactly the age of the period an event no longer counts."""
    bounds, behavior = Bounds(min=1, max=1000), up(pods(5, 60))
    young, old = [changed(5, 59.9)], [changed(5, 60)]
    assert limit(50, young, current=10, behavior=behavior, bounds=bounds, now=NOW).replicas == 10
    assert limit(50, old, current=10, behavior=behavior, bounds=bounds, now=NOW).replicas == 15


@pytest.mark.parametrize("wanted", [1, 50])
def test_disabled_direction_does_not_move(wanted: int) -> None:
    """SelectPolicy Disabled pins the limit to the current size."""
    off = ScalingRules(select=SelectPolicy.DISABLED)
    behavior, bounds = Behavior(scale_up=off, scale_down=off), Bounds(min=1, max=100)
    assert limit(wanted, [], current=10, behavior=behavior, bounds=bounds, now=NOW).replicas == 10


def test_percent_always_permits_movement() -> None:
    """Up rounds up, down truncates: 10 % of 5 allows 6 and 4."""
    bounds = Bounds(min=1, max=100)
    assert limit(50, [], current=5, behavior=up(percent(10)), bounds=bounds, now=NOW).replicas == 6
    assert limit(1, [], current=5, behavior=down(percent(10)), bounds=bounds, now=NOW).replicas == 4


@pytest.mark.parametrize(
    ("value", "period_s", "message"),
    [(0, 15, "value must be > 0, got 0"), (1, 0, "1 and 1800, got 0"), (1, 1801, "1 and 1800, got 1801")],
)
def test_policy_out_of_range_is_named(value: int, period_s: int, message: str) -> None:
    """The limits of the API server."""
    with pytest.raises(ValueError, match=message):
        pods(value, period_s)


@pytest.mark.parametrize("window_s", [-1, 3601])
def test_window_out_of_range_is_named(window_s: float) -> None:
    """The limits of the API server."""
    with pytest.raises(ValueError, match="stabilization_window_s must be within 0 and 3600"):
        ScalingRules(stabilization_window_s=Seconds(window_s))


policies = st.builds(pods, st.integers(1, 50), st.integers(1, 1800)) | st.builds(
    percent, st.integers(1, 300), st.integers(1, 1800)
)
rules = st.builds(
    ScalingRules,
    policies=st.none() | st.lists(policies, min_size=1, max_size=3).map(tuple),
    select=st.sampled_from(SelectPolicy),
)
behaviors = st.builds(Behavior, scale_up=rules, scale_down=rules)
histories = st.lists(st.builds(changed, st.integers(-20, 20), st.floats(0, 2000)), max_size=5)


@given(current=st.integers(1, 100), wanted=st.integers(0, 200), behavior=behaviors, events=histories)
def test_limits_never_move_against_the_wish_nor_beyond_it(
    *, current: int, wanted: int, behavior: Behavior, events: list[ScaleEvent]
) -> None:
    """The result lies between the current size and the wish, whatever policies and events say."""
    bounds = Bounds(min=1, max=100)
    replicas = limit(wanted, events, current=current, behavior=behavior, bounds=bounds, now=NOW).replicas
    assert min(current, max(wanted, 1)) <= replicas <= max(current, min(wanted, 100))
