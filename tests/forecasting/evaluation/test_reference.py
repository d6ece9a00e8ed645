"""The fast R equals its definition."""

import numpy as np

from forecasting.contract import Question
from forecasting.evaluation.reference import naive_at
from forecasting.naive import naive_forecast
from tests.forecasting.loads import counts


def test_r_at_an_origin_is_the_naive_forecast_of_what_was_known_by_then() -> None:
    """With gaps, at short and long horizons, to the last bit."""
    values = counts(n=1, t=400)
    values[0, 200:210] = np.nan
    ask = Question(step_s=60.0, horizons=np.array([1, 7, 60]), quantiles=np.array([0.5, 0.9, 0.99]))
    ends = np.array([30, 205, 399])
    fast = naive_at(values[0], ends, ask)
    for i, end in enumerate(ends):
        slow = naive_forecast(values[:, :end], values[:, :end], ask)
        np.testing.assert_array_equal(fast.peak[i], slow.peak[0])
        np.testing.assert_array_equal(fast.path[i], slow.path[0])
