"""From metric readings to one proposal, as the HPA does it for External metrics.

Why it exists: with several metrics, and some of them failing, the HPA grows on what it has but never shrinks; that
rule is what makes an honest error safe, so it is modelled apart and tested row by row.
A reading is a value or an error; there is no third thing and in particular no "nothing means 0".
Must not know: stabilisation, limits, time.

Source: `pkg/controller/podautoscaler/horizontal.go` (`computeReplicasForMetrics`) of Kubernetes 1.28.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from adapter.core.shaping import Tolerance, ToleranceRule, average_value_proposal, value_proposal
from adapter.core.units import Milli


class TargetType(Enum):
    """How the value relates to replicas."""

    AVERAGE_VALUE = "AverageValue"
    """Value divided by replicas; independent of readiness."""

    VALUE = "Value"
    """Value as a ratio to the target, multiplied by the ready pods."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSpec:
    """One External metric of an HPA.

    Raises:
        ValueError: the target is not > 0, which the API server rejects as well.
    """

    name: str
    target_milli: Milli
    """Thousandths, > 0."""

    target_type: TargetType = TargetType.AVERAGE_VALUE

    def __post_init__(self) -> None:
        if self.target_milli <= 0:
            raise ValueError(f"target of metric {self.name} must be > 0 milli, got {self.target_milli}")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricValue:
    """A successful answer."""

    milli: Milli
    """Sum over the returned items, thousandths; may be a true 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricError:
    """Any failed answer: 404, 503, empty list, time-out, undecodable; all act alike."""

    message: str


Reading = MetricValue | MetricError


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The scale subresource and the pods behind it, as read at the start of a sync."""

    replicas: int
    """`spec.replicas`: what is asked for."""

    status_replicas: int
    """`status.replicas`: pods that exist, ready or not, surge included."""

    ready_replicas: int
    """Pods that are running and ready; used with `Value` targets only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """The outcome over all metrics of an HPA."""

    replicas: int | None
    """Proposal; None: the size is held because of errors."""

    metric: str
    """The metric that asked for most; empty when none did."""

    error: MetricError | None
    """The first failing metric's error, also where others sufficed."""


def propose(
    metric: MetricSpec, reading: Reading, scale: Scale, *, tolerance: Tolerance, rule: ToleranceRule
) -> int | MetricError:
    """Return what one metric asks for, or its error.

    Example:
        >>> three = Scale(replicas=3, status_replicas=3, ready_replicas=3)
        >>> queue = MetricSpec(name="queue", target_milli=Milli(2222))
        >>> propose(queue, MetricValue(milli=Milli(8600)), three, tolerance=Tolerance(), rule=ToleranceRule.BOUNDS)
        4
    """
    if isinstance(reading, MetricError):
        return reading
    usage, target = reading.milli, metric.target_milli
    if metric.target_type is TargetType.AVERAGE_VALUE:
        status = scale.status_replicas
        return average_value_proposal(usage, target, status_replicas=status, tolerance=tolerance, rule=rule)
    if _needs_ready_pods(usage, target, scale=scale, tolerance=tolerance, rule=rule) and scale.status_replicas == 0:
        return MetricError(message="no pods returned by selector while calculating replica count")
    ready = scale.ready_replicas
    return value_proposal(usage, target, current=scale.replicas, ready=ready, tolerance=tolerance, rule=rule)


def combine(metrics: Sequence[MetricSpec], proposals: Sequence[int | MetricError], *, current: int) -> Combined:
    """Return the highest proposal, or a hold: on no proposal at all, and on a scale-in while any metric fails.

    Example:
        >>> two = [MetricSpec(name=name, target_milli=Milli(1)) for name in "ab"]
        >>> combine(two, [3, MetricError(message="no data")], current=5).replicas is None
        True
    """
    error = next((p for p in proposals if isinstance(p, MetricError)), None)
    valid = [(p, metric.name) for metric, p in zip(metrics, proposals, strict=True) if not isinstance(p, MetricError)]
    if not valid:
        return Combined(replicas=None, metric="", error=error)
    replicas, name = max(valid, key=lambda pair: pair[0])
    if error is not None and replicas < current:
        return Combined(replicas=None, metric="", error=error)
    return Combined(replicas=max(replicas, 0), metric=name, error=error)


def reported_average(reading: Reading, *, status_replicas: int) -> Milli | None:
    """Return `currentMetrics[].external.current.averageValue` in milli; None without a value or without replicas.

    Example:
        >>> reported_average(MetricValue(milli=Milli(8600)), status_replicas=3)
        2867
    """
    if isinstance(reading, MetricError) or status_replicas == 0:
        return None
    return Milli(math.ceil(float(reading.milli) / float(status_replicas)))


def _needs_ready_pods(usage: Milli, target: Milli, *, scale: Scale, tolerance: Tolerance, rule: ToleranceRule) -> bool:
    return scale.replicas != 0 and not tolerance.holds(float(usage) / float(target), rule=rule)
