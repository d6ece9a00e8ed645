import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.hpa_behavior import Behavior, ScalingRules
from adapter.core.shaping import TARGET_MILLI, Tolerance, ToleranceRule, shape
from adapter.core.units import Milli, Ratio, Seconds
from adapter.simulation.hpa import Controller, HpaSpec, HpaState, SyncResult, ZeroRule, sync
from adapter.simulation.hpa_metrics import MetricError, MetricSpec, MetricValue, Reading, Scale

FAILED = MetricError(message="no fresh data for llm-queue")
WARM = HpaState(recommendations=())
AT = Seconds(1_000.0)


def spec(*, least: int = 1, most: int = 100, metrics: int = 1, behavior: Behavior | None = None) -> HpaSpec:
    """An HPA whose metrics count replicas (AverageValue 1)."""
    specs = tuple(MetricSpec(name=f"m{i}", target_milli=TARGET_MILLI) for i in range(metrics))
    return HpaSpec(metrics=specs, min_replicas=least, max_replicas=most, behavior=behavior)


def pods(count: int) -> Scale:
    """A scale whose pods all exist and are ready."""
    return Scale(replicas=count, status_replicas=count, ready_replicas=count)


def wish(replicas: float) -> MetricValue:
    """A reading that asks for so many replicas."""
    return MetricValue(milli=Milli(round(replicas * 1000)))


def replay(hpa: HpaSpec, wishes: list[Reading], *, start: int, controller: Controller = Controller()) -> list[int]:  # noqa: B008 - frozen value
    """Fold syncs 15 s apart; every rescale is carried out at once."""
    state, replicas, sizes = WARM, start, []
    for step, reading in enumerate(wishes):
        now = Seconds(AT + 15 * step)
        result, state = sync(hpa, pods(replicas), [reading], state=state, now=now, controller=controller)
        replicas = result.desired
        sizes.append(replicas)
    return sizes


def once(hpa: HpaSpec, current: int, *readings: Reading, state: HpaState = WARM) -> SyncResult:
    """One sync with a controller that has no history."""
    return sync(hpa, pods(current), readings, state=state, now=AT)[0]


@pytest.mark.parametrize("rule", list(ToleranceRule), ids=lambda rule: rule.value)
def test_full_chain(rule: ToleranceRule) -> None:
    """The worked chain: 8600 m over 2222 m from 3 replicas, bounds 2 to 6, no behaviour: 4."""
    hpa = HpaSpec(metrics=(MetricSpec(name="q", target_milli=Milli(2222)),), min_replicas=2, max_replicas=6)
    controller = Controller(tolerance_rule=rule)
    result, state = sync(hpa, pods(3), [wish(8.6)], state=WARM, now=AT, controller=controller)
    assert (result.desired, result.proposal, result.stabilized, result.averages) == (4, 4, 4, (2867,))
    assert (result.rescaled, result.failed, result.able_to_scale.reason) == (True, False, "SucceededRescale")
    assert [event.reason for event in result.events] == ["SuccessfulRescale"]
    assert state.recommendations is not None
    assert [r.replicas for r in state.recommendations] == [4]


def test_a_fresh_controller_does_not_scale_in_for_one_window() -> None:
    """Row C8 as a replay: the size found at start counts as a recommendation for 300 s, ends included."""
    state, sizes = HpaState(), []
    for now in (0, 15, 300, 315):
        result, state = sync(spec(), pods(10), [wish(3)], state=state, now=Seconds(now))
        sizes.append((result.desired, result.able_to_scale.reason))
    assert sizes == [(10, "ScaleDownStabilized")] * 3 + [(3, "SucceededRescale")]


@pytest.mark.parametrize(("current", "desired"), [(120, 100), (1, 2)])
def test_outside_the_bounds_metrics_are_not_asked(current: int, desired: int) -> None:
    """Even a failing metric does not stop the correction, and no rate limit applies."""
    result = once(spec(least=2), current, FAILED)
    assert (result.desired, result.failed, result.scaling_active) == (desired, False, None)


def test_zero_with_a_minimum_means_paused() -> None:
    """A workload scaled to zero by hand is left alone."""
    result = once(spec(), 0, wish(5))
    assert (result.desired, result.rescaled) == (0, False)
    assert result.scaling_active is not None
    assert (result.scaling_active.status, result.scaling_active.reason) == (False, "ScalingDisabled")


@pytest.mark.parametrize(
    ("readings", "desired", "failed", "reason"),
    [
        ([wish(3), FAILED], 5, True, "FailedGetExternalMetric"),
        ([FAILED, FAILED], 5, True, "FailedGetExternalMetric"),
        ([wish(8), FAILED], 8, True, "ValidMetricFound"),
        ([wish(5), FAILED], 5, True, "ValidMetricFound"),
        ([wish(3), wish(8)], 8, False, "ValidMetricFound"),
    ],
    ids=["E2", "E5", "E3", "E4", "E1"],
)
def test_failing_metrics_in_a_sync(readings: list[Reading], desired: int, *, failed: bool, reason: str) -> None:
    """Rows E1 to E5 through the whole sync: result, health and the condition people see."""
    result = once(spec(metrics=2), 5, *readings)
    assert (result.desired, result.failed) == (desired, failed)
    assert result.scaling_active is not None
    assert result.scaling_active.reason == reason


def test_a_hold_names_the_error_in_condition_and_events() -> None:
    """The text of our Status reaches the person reading `kubectl describe hpa`; the memory is untouched."""
    result, state = sync(spec(), pods(5), [FAILED], state=WARM, now=AT)
    assert result.scaling_active is not None
    assert result.scaling_active.message == FAILED.message
    assert [event.reason for event in result.events] == ["FailedGetExternalMetric", "FailedComputeMetricsReplicas"]
    assert state == WARM


def test_limits_are_reported() -> None:
    """`ScalingLimited` is true only where a limit changed the stabilised wish."""
    cut, free = once(spec(), 1, wish(10)).scaling_limited, once(spec(), 8, wish(10)).scaling_limited
    assert cut is not None
    assert free is not None
    assert (cut.status, cut.reason) == (True, "ScaleUpLimit")
    assert (free.status, free.reason) == (False, "DesiredWithinRange")


@pytest.mark.parametrize(
    ("behavior", "sizes"), [(None, [4, 8, 16, 32, 64, 100]), (Behavior(), [5, 10, 20, 40, 80, 100])], ids=["nil", "D19"]
)
def test_growth_over_syncs(behavior: Behavior | None, sizes: list[int]) -> None:
    """Row D19 through syncs: scale events of the previous sync are just old enough not to count."""
    assert replay(spec(behavior=behavior), [wish(100)] * 6, start=1) == sizes


def test_scale_events_are_kept_only_with_behavior() -> None:
    """Without behaviour nothing needs them."""
    _, without = sync(spec(), pods(1), [wish(3)], state=WARM, now=AT)
    _, kept = sync(spec(behavior=Behavior()), pods(1), [wish(3)], state=WARM, now=AT)
    assert without.events == ()
    assert [event.change for event in kept.events] == [2]


def test_memory_stays_bounded() -> None:
    """A day of syncs keeps one window of recommendations, 300 s / 15 s and both ends."""
    state = HpaState()
    for step in range(5760):
        _, state = sync(spec(), pods(3), [wish(3)], state=state, now=Seconds(15 * step))
    assert state.recommendations is not None
    assert len(state.recommendations) == 21


def test_up_window_is_reported_as_scale_up_stabilized() -> None:
    """A short spike within the up-window does not scale out."""
    slow = Behavior(scale_up=ScalingRules(stabilization_window_s=Seconds(60)))
    first = once(spec(behavior=slow), 2, wish(9), state=HpaState())
    assert (first.desired, first.able_to_scale.reason) == (2, "ScaleUpStabilized")


@pytest.mark.parametrize(("rule", "desired"), [(ToleranceRule.ABSOLUTE, 100), (ToleranceRule.BOUNDS, 101)])
def test_own_tolerance_counts_only_for_newer_controllers(rule: ToleranceRule, desired: int) -> None:
    """Older ones drop the field and use the cluster's 0.1."""
    exact = Behavior(scale_up=ScalingRules(tolerance=Ratio(0)))
    controller, hpa = Controller(tolerance_rule=rule), spec(behavior=exact, most=200)
    assert sync(hpa, pods(100), [wish(101)], state=WARM, now=AT, controller=controller)[0].desired == desired


def test_to_zero_and_back_where_the_hpa_remembers() -> None:
    """1.37: exact 0 sleeps after the window, a crumb of a replica wakes one."""
    quick = Behavior(scale_down=ScalingRules(stabilization_window_s=Seconds(0)))
    hpa, scales = spec(least=0, behavior=quick), []
    state, replicas = WARM, 2
    for step, load in enumerate([0, 0, 0.001]):
        now = Seconds(AT + 15 * step)
        result, state = sync(hpa, pods(replicas), [wish(load)], state=state, now=now)
        replicas = result.desired
        scales.append((replicas, result.scaled_to_zero.reason if result.scaled_to_zero else None))
    assert scales == [(0, "ScaledToZero"), (0, None), (1, "NotScaledToZero")]


@pytest.mark.parametrize(
    ("zero", "asleep", "least", "desired"),
    [
        (ZeroRule.REMEMBERED, False, 0, 0),
        (ZeroRule.REMEMBERED, True, 0, 3),
        (ZeroRule.REMEMBERED, True, 4, 4),
        (ZeroRule.ALWAYS_AWAKE, False, 0, 3),
        (ZeroRule.ALWAYS_AWAKE, False, 1, 0),
        (ZeroRule.REJECTED, False, 1, 0),
    ],
)
def test_what_zero_means_to_each_generation(zero: ZeroRule, *, asleep: bool, least: int, desired: int) -> None:
    """A manual zero stays paused in 1.37; the older gate woke it; by default zero is not for the HPA."""
    state, controller = HpaState(recommendations=(), scaled_to_zero=asleep), Controller(zero=zero)
    result, _ = sync(spec(least=least), pods(0), [wish(3)], state=state, now=AT, controller=controller)
    assert result.desired == desired


@pytest.mark.parametrize(("least", "most"), [(-1, 5), (6, 5), (0, 0)])
def test_bounds_out_of_order_are_named(least: int, most: int) -> None:
    """As the API server would refuse them."""
    with pytest.raises(ValueError, match=f"got {least} and {most}"):
        spec(least=least, most=most)


def test_wrong_calls_are_named() -> None:
    """Too few readings, no metric at all, and a minimum the controller refuses."""
    with pytest.raises(ValueError, match="2 metrics, 1 readings"):
        once(spec(metrics=2), 3, wish(3))
    with pytest.raises(ValueError, match="at least one metric"):
        spec(metrics=0)
    with pytest.raises(ValueError, match="min_replicas 0 is refused"):
        sync(spec(least=0), pods(1), [wish(1)], state=WARM, now=AT, controller=Controller(zero=ZeroRule.REJECTED))


readings = st.integers(0, 60_000).map(lambda milli: MetricValue(milli=Milli(milli))) | st.just(FAILED)
behaviors = st.none() | st.just(Behavior())


@given(st.lists(readings, max_size=40), st.integers(1, 40), behaviors)
def test_size_stays_in_bounds_and_a_failing_metric_never_moves_it(
    wishes: list[Reading], start: int, behavior: Behavior | None
) -> None:
    """Whatever is answered, min and max hold, and an error is a hold."""
    sizes = replay(spec(least=1, most=40, behavior=behavior), wishes, start=start)
    assert all(1 <= size <= 40 for size in sizes)
    for before, reading, after in zip([start, *sizes], wishes, sizes, strict=False):
        assert reading != FAILED or after == before


@given(st.lists(readings, max_size=30), st.integers(0, 30), behaviors)
def test_replay_in_two_halves_is_the_replay_in_one(wishes: list[Reading], cut: int, behavior: Behavior | None) -> None:
    """All memory is in the state that is handed on."""
    hpa = spec(behavior=behavior)

    def fold(part: list[Reading], start: tuple[int, HpaState], *, since: int) -> tuple[int, HpaState]:
        replicas, state = start
        for step, reading in enumerate(part, start=since):
            result, state = sync(hpa, pods(replicas), [reading], state=state, now=Seconds(15 * step))
            replicas = result.desired
        return replicas, state

    half = fold(wishes[:cut], (3, HpaState()), since=0)
    assert fold(wishes[cut:], half, since=len(wishes[:cut])) == fold(wishes, (3, HpaState()), since=0)


@given(st.integers(1, 100), st.integers(1, 100), st.sampled_from(ToleranceRule))
def test_the_hpa_settles_where_shaping_said(plan: int, start: int, rule: ToleranceRule) -> None:
    """Shaped anew from the size it sees, the HPA comes to rest at or above the plan, within one tolerance of it."""
    controller, replicas, state = Controller(tolerance_rule=rule), start, WARM
    for step in range(40):
        value = MetricValue(milli=shape(plan, status_replicas=replicas).value_milli)
        now = Seconds(AT + 15 * step)
        result, state = sync(spec(most=200), pods(replicas), [value], state=state, now=now, controller=controller)
        replicas = result.desired
    assert plan <= replicas <= plan * (1 + Tolerance().up) + 2
