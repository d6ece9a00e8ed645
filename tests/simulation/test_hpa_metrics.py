import pytest

from adapter.core.shaping import Tolerance, ToleranceRule
from adapter.core.units import Milli
from adapter.simulation.hpa_metrics import (
    MetricError,
    MetricSpec,
    MetricValue,
    Scale,
    TargetType,
    combine,
    propose,
    reported_average,
)

FAILED = MetricError(message="no fresh data")
RULE = ToleranceRule.BOUNDS
# name: proposals, result (None: hold), current is 5
COMBINED = {
    "E1": ([3, 8], 8),
    "E2": ([3, FAILED], None),
    "E3": ([8, FAILED], 8),
    "E4": ([5, FAILED], 5),
    "E5": ([FAILED, FAILED], None),
}
# name: status replicas, usage, reported average
REPORTED = {
    "A1": (3, 8600, 2867),
    "A2": (5, 8600, 1720),
    "A6": (4, 8600, 2150),
    "A7": (10, 110000, 11000),
    "A8": (10, 90000, 9000),
    "A9": (10, 111000, 11100),
    "A10": (0, 5000, None),
    "A11": (0, 0, None),
    "A12": (1, 100, 100),
    "A13": (50, 92000, 1840),
    "A14": (40, 92000, 2300),
    "A15": (7, 0, 0),
    "A16": (10, 101000, 10100),
}


def metric(target: int, target_type: TargetType) -> MetricSpec:
    """One External metric."""
    return MetricSpec(name="queue", target_milli=Milli(target), target_type=target_type)


@pytest.mark.parametrize("row", COMBINED)
def test_errors_block_scale_in_but_not_scale_out(row: str) -> None:
    """E2 and E3 are from the controller's own tests."""
    proposals, replicas = COMBINED[row]
    metrics = [metric(1000, TargetType.AVERAGE_VALUE)] * 2
    combined = combine(metrics, proposals, current=5)
    assert combined.replicas == replicas
    assert combined.error == (FAILED if FAILED in proposals else None)


@pytest.mark.parametrize("row", REPORTED)
def test_reported_average_is_rounded_up_per_replica(row: str) -> None:
    """As shown by `kubectl get hpa`."""
    status, usage, average = REPORTED[row]
    assert reported_average(MetricValue(milli=Milli(usage)), status_replicas=status) == average


def test_an_error_is_never_taken_for_a_number() -> None:
    """Missing is never zero: no proposal and no average come of it."""
    scale = Scale(replicas=3, status_replicas=3, ready_replicas=3)
    spec = metric(1000, TargetType.AVERAGE_VALUE)
    assert propose(spec, FAILED, scale, tolerance=Tolerance(), rule=RULE) is FAILED
    assert reported_average(FAILED, status_replicas=3) is None


def test_value_target_without_any_pod_is_an_error_only_where_pods_are_counted() -> None:
    """Inside tolerance the controller does not look at pods."""
    scale, spec = Scale(replicas=3, status_replicas=0, ready_replicas=0), metric(1000, TargetType.VALUE)
    outside = propose(spec, MetricValue(milli=Milli(2000)), scale, tolerance=Tolerance(), rule=RULE)
    inside = propose(spec, MetricValue(milli=Milli(1000)), scale, tolerance=Tolerance(), rule=RULE)
    assert isinstance(outside, MetricError)
    assert inside == 3


def test_negative_sum_is_floored_to_zero() -> None:
    """The controller starts from zero and takes the larger."""
    spec = metric(1000, TargetType.AVERAGE_VALUE)
    assert combine([spec], [-3], current=0).replicas == 0


def test_target_of_zero_is_refused() -> None:
    """As the API server does, with the metric named."""
    with pytest.raises(ValueError, match="target of metric queue must be > 0 milli, got 0"):
        metric(0, TargetType.VALUE)
