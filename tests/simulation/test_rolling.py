"""Forecasts along a past are those that a process would have made there and then."""

import numpy as np
import pytest

from adapter.core.following import QUANTILE_LADDER
from adapter.simulation.rolling import Rolled, roll
from forecasting import CoarseHistory, Question, follow

pytestmark = pytest.mark.timeout(60)

HORIZONS_S = (240.0, 900.0)
MINUTES, COUNT = 1800, 240
DEMAND = np.random.default_rng(4).poisson(8 + 5 * np.sin(np.arange(MINUTES) / 90)).astype(float)


def rolled(demand: np.ndarray = DEMAND) -> Rolled:
    """Return the forecasts along the last four hours."""
    return roll(demand, count=COUNT, horizons_s=HORIZONS_S)


def test_a_past_is_forecast_as_by_a_fresh_start_at_each_minute() -> None:
    """Minutes of all cuts, renewed at that minute or the one before: the same bits, from what was known then."""
    asked = Question(step_s=60.0, horizons=np.array([4, 15]), quantiles=np.array(QUANTILE_LADDER), path=False)
    view = rolled()
    for minute in (0, 46, 111, 238):
        even = minute // 2 * 2
        known = DEMAND[: MINUTES - COUNT + even + 1]
        marks = len(known) // 10
        coarse = np.concatenate([np.full(2016, np.nan), known[: 10 * marks].reshape(-1, 10).mean(axis=1)])[-2016:]
        fresh = follow(
            None,
            known[None, -1440:],
            asked,
            last_step=1440 + even % 110,  # the lattice of recorded origins is counted from the beginning of a cut
            coarse=CoarseHistory(values=coarse[None], step_s=600.0, age_s=60.0 * (len(known) - 10 * marks)),
        ).forecast()
        assert fresh.trusted[0]
        assert np.array_equal(view.peak[minute], fresh.peak[0])
        assert np.array_equal(view.arrival[minute], fresh.arrival_probability[0])


def test_nothing_is_known_of_what_comes_later() -> None:
    """Another load from some minute on leaves the forecasts of every minute before it as they were."""
    change = 130
    other = DEMAND.copy()
    other[MINUTES - COUNT + change :] *= 7
    first, second = rolled(), rolled(other)
    assert np.array_equal(first.peak[:change], second.peak[:change])
    assert not np.array_equal(first.peak[change + 2 :], second.peak[change + 2 :])


def test_too_little_history_is_no_forecast() -> None:
    """The first minutes of all have none, which is not the same as expecting nothing."""
    view = roll(DEMAND[:240], count=COUNT, horizons_s=HORIZONS_S)
    assert np.isnan(view.peak[:6]).all()
    assert np.isfinite(view.peak[200]).all()
