"""Calibrated quantile forecasts of load, many series at once.

A library of its own: arrays in, arrays out. It knows nothing of clusters, clocks or files.

Example:
    Eight minutes at 4 requests a minute: every quantile of the coming peak is 4.

    >>> import numpy as np
    >>> from forecasting import forecast
    >>> horizons, quantiles = np.array([1, 2]), np.array([0.5, 0.95])
    >>> view = forecast(np.full((1, 16), 4.0), step_s=60.0, horizons=horizons, quantiles=quantiles)
    >>> view.peak[0].tolist()
    [[4.0, 4.0], [4.0, 4.0]]
"""

from forecasting.arrays import BoolArray, FloatArray, IntArray
from forecasting.contract import LARGEST, MIN_STEPS, CoarseHistory, Forecast, NotEnoughHistory, Question
from forecasting.follow import Followed, follow, join
from forecasting.forecaster import Forecaster
from forecasting.model_file import load_model, shipped_model
from forecasting.one_shot import forecast, forecast_naive, forecast_one
from forecasting.pooled import PooledModel
from forecasting.statistical import STATISTICAL, StatisticalForecast, forecast_statistical

__all__ = [
    "LARGEST",
    "MIN_STEPS",
    "STATISTICAL",
    "BoolArray",
    "CoarseHistory",
    "FloatArray",
    "Followed",
    "Forecast",
    "Forecaster",
    "IntArray",
    "NotEnoughHistory",
    "PooledModel",
    "Question",
    "StatisticalForecast",
    "follow",
    "forecast",
    "forecast_naive",
    "forecast_one",
    "forecast_statistical",
    "join",
    "load_model",
    "shipped_model",
]
