"""Decision -> messages of the external scaler: names, values, targets and activity.

Number rules (KEDA `pkg/scalers/external_scaler.go`, 2.0 to 2.20):
- The float fields are read since 2.17, and only when above 0; otherwise, and before 2.17, the whole ones are. So both
  are filled: the float, and its ceiling. Zero is 0 in both; a target is never below 1 in the whole field.
- KEDA prints three decimals, rounded to nearest, so the float is rounded up to thousandths here: a crumb stays above 0.
- The HPA adds up all values of a metric: there is exactly one.
- KEDA copies the target into the HPA when the ScaledObject changes, not when our capacity does. So the planned metrics
  have targets that follow from the tuning alone, and their value is the plan times that target.
Must not know: gRPC, time, metadata keys.
"""

import math

from adapter.core.decision import Decision, DemandUnit
from adapter.core.demand import demand_unit
from adapter.core.errors import CannotDecide
from adapter.core.metric import Metric, metric_value
from adapter.core.tuning import WorkloadTuning
from adapter.core.units import to_milli
from adapter.keda._generated import externalscaler_pb2 as pb
from adapter.keda.metadata import Trigger


def target_of(trigger: Trigger, tuning: WorkloadTuning) -> float:
    """Return the target of a trigger's metric, > 0, in the metric's unit; it needs no data.

    Demand is expressed in whole units so that the plan times the target is exact in thousandths, as the shaping wants.
    """
    if trigger.target is not None:
        return trigger.target
    if trigger.metric is not Metric.DEMAND or demand_unit(tuning) is DemandUnit.WORK:
        return 1.0  # a replica, or one replica's engine-second per second
    return float(max(1, math.ceil(tuning.targets.concurrency)))


def value_of(decision: Decision, trigger: Trigger, tuning: WorkloadTuning) -> float:
    """Return the value of a trigger's metric, in thousandths rounded up.

    Raises:
        CannotDecide: there is no honest number; KEDA and the HPA then keep what is there.

    Example:
        A plan of 3 replicas with `scaleahead-demand` and a target of 16 requests in flight is 48.
    """
    if trigger.target is not None:
        value = metric_value(decision, trigger.metric).value
    else:
        value = metric_value(decision, Metric.REPLICAS).value * target_of(trigger, tuning)
    try:
        return to_milli(value) / 1000
    except ValueError as error:
        raise CannotDecide(f"{decision.workload}: {trigger.metric}: {error}") from error


def is_active(decision: Decision, trigger: Trigger) -> bool:
    """Tell whether there should be any replica.

    For the planned metrics that is the decision's own answer, and never false while replicas are asked for: KEDA would
    go to zero against the HPA. A signal activates as in KEDA's own scalers, strictly above its threshold; below it the
    decision answers, for an empty queue says nothing of the requests that run.

    Raises:
        CannotDecide: it is not known; that is never the same as inactive.
    """
    if trigger.target is not None and metric_value(decision, trigger.metric).value > trigger.activation_threshold:
        return True
    if decision.active is None:
        raise CannotDecide(f"{decision.workload}: {decision.hold_reason}")
    return decision.active or (decision.served or 0) > 0


def active_response(active: bool) -> pb.IsActiveResponse:  # noqa: FBT001 - the message is one boolean
    """Return the message that says whether there should be any replica."""
    return pb.IsActiveResponse(result=active)


def spec_response(name: str, target: float) -> pb.GetMetricSpecResponse:
    """Return the message that names one metric and its target.

    Args:
        name: of the metric, lower case.
        target: > 0.

    Example:
        >>> spec = spec_response("scaleahead-queue-depth", 0.5).metricSpecs[0]
        >>> spec.targetSize, spec.targetSizeFloat
        (1, 0.5)
    """
    spec = pb.MetricSpec(metricName=name, targetSize=max(1, math.ceil(target)), targetSizeFloat=target)
    return pb.GetMetricSpecResponse(metricSpecs=[spec])


def value_response(name: str, value: float) -> pb.GetMetricsResponse:
    """Return the message with the one value of a metric.

    Args:
        name: as in the metric's spec.
        value: >= 0.

    Example:
        >>> value = value_response("scaleahead-replicas", 8.999).metricValues[0]
        >>> value.metricValue, value.metricValueFloat
        (9, 8.999)
    """
    one = pb.MetricValue(metricName=name, metricValue=math.ceil(value), metricValueFloat=value)
    return pb.GetMetricsResponse(metricValues=[one])
