from dataclasses import replace

import pytest

from adapter.core.errors import CannotDecide
from adapter.core.metric import FORECAST_SIGNALS, RAW_SIGNALS, Metric, metric_value
from adapter.core.signal import Reading, Signal, State
from tests.factories import READINGS, decision, hold


def test_replicas_come_with_target_one() -> None:
    """A plan of 6 is emitted as shaped."""
    value = metric_value(decision(), Metric.REPLICAS)
    assert (value.value, value.target, value.at) == (6.0, 1.0, decision().at)


def test_demand_is_the_same_wish_in_units_of_load() -> None:
    """Value and target are both times the capacity, so that consumers land on the same count."""
    value = metric_value(decision(), Metric.DEMAND)
    assert (value.value, value.target) == pytest.approx((5.4, 0.9))


@pytest.mark.parametrize("metric", [Metric.REPLICAS, Metric.DEMAND])
def test_a_hold_has_no_number(metric: Metric) -> None:
    """The reason travels with the error."""
    with pytest.raises(CannotDecide, match="prod/llama: queue_depth is unavailable"):
        metric_value(hold(), metric)


@pytest.mark.parametrize("state", [each for each in State if each is not State.FRESH])
@pytest.mark.parametrize("metric", [*RAW_SIGNALS, *FORECAST_SIGNALS])
def test_a_raw_signal_is_served_fresh_or_not_at_all(metric: Metric, state: State) -> None:
    """An HPA on a raw signal would scale in on a partial or old value, and on a forecast made of one."""
    signal = {**RAW_SIGNALS, **FORECAST_SIGNALS}[metric]
    seen = decision(signals={signal: Reading(state=state, value=0.0)}, signal_forecasts={signal: 0.0})
    with pytest.raises(CannotDecide, match=state.name.lower()):
        metric_value(seen, metric)


def test_raw_signals_and_their_forecasts_have_no_target() -> None:
    """Users choose theirs."""
    assert metric_value(decision(), Metric.QUEUE_DEPTH).value == 12.5
    forecast = metric_value(decision(), Metric.QUEUE_DEPTH_FORECAST)
    assert (forecast.value, forecast.target) == (20.25, None)


def test_a_forecast_that_does_not_exist_yet_is_an_error() -> None:
    """Not a zero, and not the signal itself."""
    seen = decision(signals=READINGS, signal_forecasts={Signal.QUEUE_DEPTH: float("nan")})
    for metric in (Metric.QUEUE_DEPTH_FORECAST, Metric.TOKENS_PER_SECOND_FORECAST):
        with pytest.raises(CannotDecide, match="no forecast"):
            metric_value(seen, metric)


def test_demand_does_not_move_with_what_is_learnt() -> None:
    """Its target was copied when the ScaledObject was made: six replicas are six times the nominal capacity."""
    learnt = replace(decision(), capacity=replace(decision().capacity, per_replica=0.5, nominal=2.0))
    value = metric_value(learnt, Metric.DEMAND)
    assert (value.value, value.target) == (12.0, 2.0)
