"""Numbers on the wire, for every version of KEDA."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.decision import Outcome
from adapter.core.errors import CannotDecide
from adapter.core.metric import Metric
from adapter.core.shaping import average_value_proposal, shape
from adapter.core.signal import Reading, Signal, State
from adapter.core.tuning import WorkloadTuning
from adapter.core.units import Milli
from adapter.keda.metadata import Trigger, parse_trigger
from adapter.keda.wire import is_active, spec_response, target_of, value_of, value_response
from tests.factories import LLAMA, hold
from tests.keda.world import plan

_TUNING = WorkloadTuning()


def _trigger(**metadata: str) -> Trigger:
    return parse_trigger(LLAMA, metadata, defaults=_TUNING, presets=["vllm"])


def _read(whole: int, fraction: float) -> Milli:
    """Return the thousandths KEDA hands to the HPA, as of 2.17: the float when above 0, else the whole number."""
    return Milli(round(fraction * 1000)) if fraction > 0 else Milli(whole * 1000)


@given(st.floats(min_value=0, max_value=1e12))
def test_values_fill_both_fields(value: float) -> None:
    """The ceiling and the number itself; zero is zero in both, and a crumb is at least one."""
    sent = value_response("m", value).metricValues[0]
    assert (sent.metricValue, sent.metricValueFloat) == (math.ceil(value), value)
    assert (sent.metricValue == 0) == (value == 0)


@given(st.floats(min_value=0.001, max_value=1e9))
def test_targets_are_above_zero_in_both_fields(target: float) -> None:
    """Old KEDA reads the whole field, new KEDA the float with three decimals."""
    spec = spec_response("m", target).metricSpecs[0]
    assert spec.targetSize >= 1
    assert _read(spec.targetSize, spec.targetSizeFloat) >= 1


@given(st.floats(min_value=0, max_value=1e12, exclude_min=True))
def test_a_signal_above_zero_is_never_read_as_zero(value: float) -> None:
    """KEDA rounds to nearest thousandths, which would make 0 of 0.0004; noise below a nano is 0, as everywhere."""
    decision = plan(1, signals={Signal.QUEUE_DEPTH: Reading(state=State.FRESH, value=value)})
    emitted = value_of(decision, _trigger(metric=Metric.QUEUE_DEPTH, target="1"), _TUNING)
    assert emitted >= value - 1e-9
    assert (_read(math.ceil(emitted), emitted) > 0) == (value > 0.5e-9)


@given(st.integers(0, 300), st.integers(1, 300), st.sampled_from([0.5, 7.0, 16.0, 33.3]))
def test_the_hpa_lands_alike_on_replicas_and_demand(replicas: int, status: int, concurrency: float) -> None:
    """Both planned metrics carry the same plan, whatever unit demand is in and whatever capacity was learnt."""
    tuning = WorkloadTuning.model_validate({"targets": {"concurrency": concurrency}})
    decision, shaped = plan(replicas, status=status), shape(replicas, status_replicas=status)
    for metric in (Metric.REPLICAS, Metric.DEMAND):
        trigger = _trigger(metric=metric)
        value, target = value_of(decision, trigger, tuning), target_of(trigger, tuning)
        usage, per_replica = _read(math.ceil(value), value), _read(0, target)
        assert average_value_proposal(usage, per_replica, status_replicas=status) == shaped.lands_on


def test_demand_is_expressed_in_engine_seconds_once_token_rates_are_configured() -> None:
    """One replica then does one engine-second per second."""
    capacity = {"promptTokensPerSecond": 20000, "generationTokensPerSecond": 2000}
    trigger = _trigger(metric=Metric.DEMAND)
    assert target_of(trigger, _TUNING) == 16.0
    assert target_of(trigger, WorkloadTuning.model_validate({"capacity": capacity})) == 1.0


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        (Metric.QUEUE_DEPTH, 12.5),
        (Metric.QUEUE_DEPTH_FORECAST, 0.25),
        (Metric.TOKENS_PER_SECOND, 0.0),
    ],
)
def test_signals_are_sent_as_they_are(metric: Metric, value: float) -> None:
    """A fresh zero is a zero."""
    assert value_of(plan(3), _trigger(metric=metric, target="4"), _TUNING) == value


@pytest.mark.parametrize("metric", [Metric.KV_CACHE_USAGE, Metric.GPU_UTILIZATION, Metric.KV_CACHE_USAGE_FORECAST])
def test_an_unknown_signal_has_no_value_and_no_activity(metric: Metric) -> None:
    """Stale, absent or without a forecast: an error, never 0 or false."""
    trigger = _trigger(metric=metric, target="1")
    with pytest.raises(CannotDecide):
        value_of(plan(3), trigger, _TUNING)
    with pytest.raises(CannotDecide):
        is_active(plan(3), trigger)


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e13])
def test_numbers_that_kedas_arithmetic_cannot_carry_are_refused(value: float) -> None:
    """Older versions overflow on them."""
    decision = plan(1, signals={Signal.QUEUE_DEPTH: Reading(state=State.FRESH, value=value)})
    with pytest.raises(CannotDecide, match="scaleahead-queue-depth"):
        value_of(decision, _trigger(metric=Metric.QUEUE_DEPTH, target="1"), _TUNING)


def test_a_hold_has_no_value_and_no_activity() -> None:
    """Its reason is told instead."""
    for ask in (lambda d, t: value_of(d, t, _TUNING), is_active):
        with pytest.raises(CannotDecide, match="queue_depth is unavailable"):
            ask(hold(reason="queue_depth is unavailable"), _trigger())


@pytest.mark.parametrize(("active", "served", "expected"), [(False, 0, False), (True, 0, True), (False, 2, True)])
def test_a_workload_with_replicas_to_serve_is_active(active: bool, served: int, expected: bool) -> None:
    """Else KEDA would go to zero while the HPA is told to scale."""
    decision = plan(2, active=active, served=served, outcome=Outcome.PLAN)
    assert is_active(decision, _trigger()) is expected


@pytest.mark.parametrize(("threshold", "expected"), [("12.4", True), ("12.5", False), ("0", True)])
def test_a_signal_activates_strictly_above_its_threshold(threshold: str, expected: bool) -> None:
    """As KEDA's own scalers do."""
    trigger = _trigger(metric=Metric.QUEUE_DEPTH, target="4", activationThreshold=threshold)
    assert is_active(plan(0), trigger) is expected


def test_a_signal_below_its_threshold_sends_nothing_to_zero() -> None:
    """An empty queue is no idle engine: the decision must say so, and a hold says nothing."""
    trigger = _trigger(metric=Metric.QUEUE_DEPTH, target="4")
    empty = {Signal.QUEUE_DEPTH: Reading(state=State.FRESH, value=0.0)}
    assert is_active(plan(1, signals=empty), trigger) is True
    assert is_active(plan(0, signals=empty), trigger) is False
    with pytest.raises(CannotDecide):
        is_active(hold(signals=empty), trigger)
