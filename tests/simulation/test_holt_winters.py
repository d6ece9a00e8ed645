"""The forecast of concurrency, and the policy that follows the larger of both."""

import numpy as np
import pytest

from adapter.simulation.holt_winters import HoltWinters, PredictiveReactive
from adapter.simulation.hpa_metrics import Scale
from adapter.simulation.policies import ReactiveHpa
from tests.simulation.test_scrapes import scrape

DAY = 144


def test_a_constant_is_forecast_as_it_is() -> None:
    """Level 5, no trend, no season."""
    assert HoltWinters(np.full(20, 5.0)).peak(3) == pytest.approx(5.0)


def test_a_daily_pattern_is_seen_ahead() -> None:
    """Three days of a peak in bin 60, the fourth stands at bin 58: the peak is within three bins, not within one."""
    day = np.full(DAY, 10.0)
    day[60] = 50.0
    forecast = HoltWinters(np.concatenate([day, day, day, day[:58]]))
    assert forecast.peak(1) == pytest.approx(10.0, abs=2.0)
    assert forecast.peak(3) > 40.0


def test_the_season_is_aligned_when_the_history_is_no_whole_number_of_days() -> None:
    """With half a day more in front the peak is still where it was."""
    day = np.full(DAY, 10.0)
    day[60] = 50.0
    forecast = HoltWinters(np.concatenate([day[72:], day, day, day[:58]]))
    assert forecast.peak(1) < 15.0
    assert forecast.peak(3) > 35.0


def test_a_gap_changes_nothing_but_the_time() -> None:
    """After a NaN the level is what it was."""
    forecast = HoltWinters(np.full(20, 5.0))
    forecast.update(float("nan"))
    assert forecast.peak(1) == pytest.approx(5.0)


def test_nothing_known_forecasts_nothing() -> None:
    """Zero, so that the reactive part alone decides."""
    assert HoltWinters(np.zeros(0)).peak(3) == 0.0


@pytest.mark.parametrize(("waiting", "replicas"), [(4, 4), (24, 5)])
def test_the_larger_of_both_is_followed(waiting: int, replicas: int) -> None:
    """20 are expected: with a target of 5, 4 in flight are sized as 20, and 24 as 24."""
    policy = PredictiveReactive(
        ReactiveHpa(target=5, max_replicas=9), HoltWinters(np.full(10, 20.0)), lead_time_s=180.0
    )
    three = Scale(replicas=3, status_replicas=3, ready_replicas=3)
    assert policy.replicas(scrape(15.0, {1: 0}, waiting=waiting), three, now_s=15.0) == replicas
