"""The metrics we expose to HPA and KEDA, and their values in a decision.

A metric either has an honest number or raises: consumers turn that into an error, which makes HPA and KEDA hold.
Nothing here may ever turn missing into zero.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from adapter.core.decision import Decision, Outcome
from adapter.core.errors import CannotDecide
from adapter.core.signal import ABSENT, Signal, State


class Metric(StrEnum):
    """Names as HPA and KEDA ask for them."""

    REPLICAS = "scaleahead-replicas"
    DEMAND = "scaleahead-demand"
    QUEUE_DEPTH = "scaleahead-queue-depth"
    QUEUE_DEPTH_FORECAST = "scaleahead-queue-depth-forecast"
    TOKENS_PER_SECOND = "scaleahead-tokens-per-second"
    TOKENS_PER_SECOND_FORECAST = "scaleahead-tokens-per-second-forecast"
    GPU_UTILIZATION = "scaleahead-gpu-utilization"
    GPU_UTILIZATION_FORECAST = "scaleahead-gpu-utilization-forecast"
    KV_CACHE_USAGE = "scaleahead-kv-cache-usage"
    KV_CACHE_USAGE_FORECAST = "scaleahead-kv-cache-usage-forecast"


RAW_SIGNALS = {
    Metric.QUEUE_DEPTH: Signal.QUEUE_DEPTH,
    Metric.TOKENS_PER_SECOND: Signal.GENERATION_TOKENS_RATE,
    Metric.GPU_UTILIZATION: Signal.GPU_UTILIZATION,
    Metric.KV_CACHE_USAGE: Signal.KV_CACHE_USAGE,
}
FORECAST_SIGNALS = {
    Metric.QUEUE_DEPTH_FORECAST: Signal.QUEUE_DEPTH,
    Metric.TOKENS_PER_SECOND_FORECAST: Signal.GENERATION_TOKENS_RATE,
    Metric.GPU_UTILIZATION_FORECAST: Signal.GPU_UTILIZATION,
    Metric.KV_CACHE_USAGE_FORECAST: Signal.KV_CACHE_USAGE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricValue:
    """A metric's value and the AverageValue target that goes with it (None for raw signals: users choose theirs)."""

    value: float
    target: float | None
    at: float
    """Time the value is true for, seconds since epoch."""


def metric_value(decision: Decision, metric: Metric) -> MetricValue:
    """Return the value of a metric in a decision.

    Raises:
        CannotDecide: the decision is to hold, or the signal behind the metric is not known well enough.
    """
    if metric in RAW_SIGNALS:
        return _raw(decision, RAW_SIGNALS[metric])
    if metric in FORECAST_SIGNALS:
        return _forecast(decision, FORECAST_SIGNALS[metric])
    if decision.outcome is Outcome.HOLD or decision.emitted is None:
        raise CannotDecide(f"{decision.workload}: {decision.hold_reason}")
    scale = decision.capacity.nominal if metric is Metric.DEMAND else 1.0
    return MetricValue(
        value=decision.emitted.value_milli / 1000 * scale,
        target=decision.emitted.target_milli / 1000 * scale,
        at=decision.at,
    )


def _raw(decision: Decision, signal: Signal) -> MetricValue:
    reading = decision.signals.get(signal, ABSENT)
    if reading.state is not State.FRESH:
        raise CannotDecide(f"{decision.workload}: signal {signal} is {reading.state.name.lower()}")
    return MetricValue(value=reading.value, target=None, at=decision.at)


def _forecast(decision: Decision, signal: Signal) -> MetricValue:
    _raw(decision, signal)  # a forecast from a signal that has fallen silent would go on as if nothing had happened
    value = decision.signal_forecasts.get(signal, math.nan)
    if not math.isfinite(value):
        raise CannotDecide(f"{decision.workload}: no forecast of {signal} yet")
    return MetricValue(value=value, target=None, at=decision.at)
