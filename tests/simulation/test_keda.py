import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.units import Seconds
from adapter.simulation.hpa import HpaState, sync
from adapter.simulation.hpa_metrics import MetricError, MetricValue, Scale, TargetType
from adapter.simulation.keda import KedaState, PollResult, Ready, ScaledObject, build_hpa, poll, push, read_metrics
from adapter.simulation.keda_objects import (
    Answer,
    Failure,
    Fallback,
    FallbackBehavior,
    Number,
    ScalerReply,
    Trigger,
)

T0 = Seconds(10_000.0)
DOWN = Failure(message="forecast too old")
IDLE = Answer(values=(Number(),), active=False)
BUSY = Answer(values=(Number(as_float=4.0, as_int=4),), active=True)
ONE = Trigger(metric_name="replicas", target=Number(as_float=1.0, as_int=1))


def scaled(*triggers: Trigger, created_s_ago: float = 1000, **settings: object) -> ScaledObject:
    """A ScaledObject; by default one trigger with target 1."""
    return ScaledObject(triggers=triggers or (ONE,), created_at=Seconds(T0 - created_s_ago), **settings)


def pods(count: int, ready: int | None = None) -> Scale:
    """A scale whose pods all exist."""
    return Scale(replicas=count, status_replicas=count, ready_replicas=count if ready is None else ready)


def target(as_float: float = 0.0, as_int: int = 0, kind: TargetType = TargetType.AVERAGE_VALUE) -> Trigger:
    """A trigger with this target."""
    return Trigger(metric_name="m", target=Number(as_float=as_float, as_int=as_int), metric_type=kind)


def size(obj: ScaledObject, scale: Scale, reply: ScalerReply, *, state: KedaState = KedaState()) -> int:  # noqa: B008 - frozen value
    """What the HPA built by KEDA goes to in one sync."""
    readings, _ = read_metrics(obj, scale, [reply], state=state)
    return sync(build_hpa(obj), scale, readings, state=HpaState(recommendations=()), now=T0)[0].desired


def polled(obj: ScaledObject, count: int, reply: ScalerReply, *, active_s_ago: float | None = None) -> PollResult:
    """One poll at T0."""
    last = None if active_s_ago is None else Seconds(T0 - active_s_ago)
    return poll(obj, pods(count), [reply], state=KedaState(last_active_at=last), now=T0)[0]


def answer(*values: tuple[float, int]) -> Answer:
    """An answer with these (float, int) values."""
    return Answer(values=tuple(Number(as_float=f, as_int=i) for f, i in values), active=True)


# name: trigger, replicas, ready, reply, where the HPA goes
THROUGH_HPA = {
    "K1": (target(2.5), 3, 3, answer((12.0, 0)), 5),
    "K2": (target(0.0, 2), 3, 3, answer((0.0, 12)), 6),
    "K5": (target(3.0), 2, 2, answer((4.0, 4), (5.0, 5)), 3),
    "K8": (target(100.0, kind=TargetType.VALUE), 4, 4, answer((150.0, 150)), 6),
}


@pytest.mark.parametrize("row", THROUGH_HPA)
def test_scaler_numbers_reach_the_hpa(row: str) -> None:
    """Rows K1, K2, K5, K8: what KEDA reads and what the HPA makes of it."""
    trigger, count, ready, reply, landing = THROUGH_HPA[row]
    assert size(scaled(trigger), pods(count, ready), reply) == landing


@pytest.mark.parametrize(("failures", "landing"), [(2, 2), (3, 4)], ids=["3rd failure holds", "K6"])
def test_static_fallback_begins_after_the_threshold(failures: int, landing: int) -> None:
    """Row K6: threshold 3, so the fourth consecutive failure yields 10 * 4 = 40, which is four replicas."""
    obj = scaled(target(10.0), fallback=Fallback(failure_threshold=3, replicas=4))
    assert size(obj, pods(2), DOWN, state=KedaState(failures=(failures,))) == landing


@pytest.mark.parametrize(
    ("behavior", "stands_for"),
    [
        (FallbackBehavior.STATIC, 4),
        (FallbackBehavior.CURRENT, 9),
        (FallbackBehavior.CURRENT_IF_HIGHER, 9),
        (FallbackBehavior.CURRENT_IF_LOWER, 4),
    ],
    ids=["static", "current", "higher", "K7"],
)
def test_fallback_behaviors(behavior: FallbackBehavior, stands_for: int) -> None:
    """Row K7 and its siblings: replicas 4, current 9."""
    obj = scaled(target(10.0), fallback=Fallback(failure_threshold=0, replicas=4, behavior=behavior))
    assert size(obj, pods(9), DOWN) == stands_for


def test_fallback_of_a_value_target_counts_ready_pods() -> None:
    """Target times replicas over ready pods, milli truncated; without a ready pod it is an error."""
    obj = scaled(target(100.0, kind=TargetType.VALUE), fallback=Fallback(failure_threshold=0, replicas=4))
    assert read_metrics(obj, pods(3), [DOWN], state=KedaState())[0] == (MetricValue(milli=133_333),)
    assert isinstance(read_metrics(obj, pods(3, 0), [DOWN], state=KedaState())[0][0], MetricError)


def test_failures_are_counted_by_polls_and_reads_and_reset_by_success() -> None:
    """Three increments from a poll and two reads, then none."""
    obj, state = scaled(), KedaState()
    _, state = poll(obj, pods(1), [DOWN], state=state, now=T0)
    for _ in range(2):
        _, state = read_metrics(obj, pods(1), [DOWN], state=state)
    assert state.failures == (3,)
    assert read_metrics(obj, pods(1), [BUSY], state=state)[1].failures == (0,)


def test_failing_scaler_without_fallback_holds_the_hpa() -> None:
    """Missing is never zero: the text reaches the HPA as an error."""
    readings, _ = read_metrics(scaled(), pods(3), [DOWN], state=KedaState())
    assert readings == (MetricError(message="forecast too old"),)


def test_answer_without_values_is_an_error_to_the_hpa_and_inactive_to_the_poll() -> None:
    """No value is not the value 0."""
    empty = Answer(values=(), active=True)
    assert isinstance(read_metrics(scaled(), pods(3), [empty], state=KedaState())[0][0], MetricError)
    assert not polled(scaled(), 3, empty, active_s_ago=10).active


@pytest.mark.parametrize(
    ("active_s_ago", "replicas"), [(299, 3), (300, 3), (300.1, 0)], ids=["K9", "K9 at the end", "K9 after"]
)
def test_cooldown_holds_before_zero(active_s_ago: float, replicas: int) -> None:
    """Row K9: 300 s after the last activity must have passed."""
    assert polled(scaled(), 3, IDLE, active_s_ago=active_s_ago).replicas == replicas


@pytest.mark.parametrize(("created_s_ago", "replicas"), [(60, 2), (121, 0)], ids=["K10", "K10 after"])
def test_initial_cooldown_counts_from_creation(created_s_ago: float, replicas: int) -> None:
    """Row K10: never active, initial cooldown 120 s."""
    obj = scaled(created_s_ago=created_s_ago, initial_cooldown_s=Seconds(120))
    assert polled(obj, 2, IDLE).replicas == replicas


def test_k11_failing_scaler_at_zero_stays_at_zero() -> None:
    """Row K11: no fallback, so nothing happens and Ready says so."""
    result = polled(scaled(), 0, DOWN)
    assert (result.replicas, result.ready) == (0, Ready.FALSE)


def test_k12_push_wakes_and_polls_put_to_sleep_after_cooldown() -> None:
    """Row K12: push true while polls say inactive: 0 to 1, then 0 once the cooldown is over."""
    obj = scaled()
    woken, state = push(obj, pods(0), active=True, state=KedaState(), now=T0)
    sizes = [woken.replicas]
    for after_s in (30, 300, 330):
        result, state = poll(obj, pods(sizes[-1]), [IDLE], state=state, now=Seconds(T0 + after_s))
        sizes.append(result.replicas)
    assert sizes == [1, 1, 1, 0]


def test_push_of_false_does_nothing() -> None:
    """Since 2.18 only polls deactivate."""
    result, state = push(scaled(), pods(3), active=False, state=KedaState(), now=T0)
    assert (result.replicas, state) == (3, KedaState())


@pytest.mark.parametrize(("count", "replicas"), [(0, 3), (1, 1), (5, 5)])
def test_activity_lifts_only_from_zero(count: int, replicas: int) -> None:
    """Sizes above zero belong to the HPA, even below the minimum."""
    assert polled(scaled(min_replicas=3), count, BUSY).replicas == replicas


def test_idle_count_is_left_on_activity_and_kept_after_cooldown() -> None:
    """Idle 0 with a minimum of 2: 0 to 2 when active, 2 to 0 when idle long enough."""
    obj = scaled(min_replicas=2, idle_replicas=0)
    assert polled(obj, 0, BUSY).replicas == 2
    assert polled(obj, 2, IDLE, active_s_ago=299).replicas == 2
    assert polled(obj, 2, IDLE, active_s_ago=301).replicas == 0


def test_inactive_object_below_its_minimum_is_raised() -> None:
    """Without an idle count the minimum holds also when inactive."""
    assert polled(scaled(min_replicas=2), 1, IDLE).replicas == 2


def test_partial_failure_does_not_refresh_activity() -> None:
    """One trigger active, one failing, already up: Ready Unknown and the last activity stays as it was."""
    obj, before = scaled(ONE, target(2.0)), KedaState(last_active_at=Seconds(T0 - 50))
    result, state = poll(obj, pods(2), [BUSY, DOWN], state=before, now=T0)
    assert (result.replicas, result.ready, state.last_active_at) == (2, Ready.UNKNOWN, T0 - 50)


@pytest.mark.parametrize(
    ("fallback", "failures", "replicas"),
    [
        (None, 9, 2),
        (Fallback(failure_threshold=3, replicas=2), 0, 2),
        (Fallback(failure_threshold=3, replicas=0), 0, 0),
    ],
    ids=["no fallback", "waiting for it", "fallback of zero"],
)
def test_outage_scales_in_only_with_a_fallback_of_zero(fallback: Fallback | None, failures: int, replicas: int) -> None:
    """The executor's table for inactive objects with errors, long after the last activity."""
    state = KedaState(last_active_at=Seconds(0), failures=(failures,))
    assert poll(scaled(fallback=fallback), pods(2), [DOWN], state=state, now=T0)[0].replicas == replicas


def test_fallback_activates_from_zero_once_over_the_threshold() -> None:
    """Since 2.19."""
    obj = scaled(fallback=Fallback(failure_threshold=3, replicas=2))
    assert poll(obj, pods(0), [DOWN], state=KedaState(failures=(2,)), now=T0)[0].replicas == 0
    assert poll(obj, pods(0), [DOWN], state=KedaState(failures=(3,)), now=T0)[0].replicas == 1


def test_hpa_built_by_keda_never_has_a_minimum_of_zero() -> None:
    """Names carry the trigger's index, bounds are KEDA's."""
    hpa = build_hpa(scaled(ONE, target(2.0)))
    assert (hpa.min_replicas, hpa.max_replicas, [m.name for m in hpa.metrics]) == (1, 100, ["s0-replicas", "s1-m"])


@given(st.lists(st.sampled_from([BUSY, DOWN]), max_size=30), st.integers(0, 20))
def test_without_fallback_polls_never_shrink_unless_told_inactive(replies: list[ScalerReply], start: int) -> None:
    """Errors and activity alone never take a replica away."""
    state, replicas = KedaState(), start
    for step, reply in enumerate(replies):
        result, state = poll(scaled(), pods(replicas), [reply], state=state, now=Seconds(T0 + 1000 * step))
        assert result.replicas >= replicas
        replicas = result.replicas


def test_replies_that_do_not_fit_are_named() -> None:
    """One reply per trigger."""
    with pytest.raises(ValueError, match="1 triggers, 2 replies"):
        poll(scaled(), pods(1), [BUSY, BUSY], state=KedaState(), now=T0)
