"""Reactive scaling with a Holt-Winters forecast of concurrency on top: the larger of both is followed.

What predictive autoscalers of the field do. Additive level, trend and season of a day in ten-minute bins, smoothed with
fixed factors on the mean concurrency of each bin; the forecast is the highest bin within the lead time. Season and
level start from the history where it has two days; without, there is no season.

Source: Holt (1957) and Winters (1960), additive form as in Hyndman and Athanasopoulos, *Forecasting: Principles and
Practice*, section 8.3.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from adapter.simulation.arrays import Floats
from adapter.simulation.closed_loop import Observation, Policy
from adapter.simulation.hpa_metrics import Scale

BIN_S: Final = 600.0
_BINS_A_DAY: Final = 144


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoothing:
    """Factors of level, trend and season, in (0, 1)."""

    level: float = 0.4
    trend: float = 0.05
    season: float = 0.2


_DEFAULT: Final = Smoothing()


class HoltWinters:
    """Additive Holt-Winters, one value a bin.

    Args:
        history: mean of each bin before the first, oldest first, NaN = gap; less than two days give no season.
        smoothing: factors.
    """

    def __init__(self, history: Floats, *, smoothing: Smoothing = _DEFAULT) -> None:
        self._factors = smoothing
        self._level, self._trend = math.nan, 0.0
        self._season = np.zeros(_BINS_A_DAY)
        self._bin = 0
        if len(history) >= 2 * _BINS_A_DAY:
            self._season = _mean_day(history)
        for value in history:
            self.update(float(value))

    def update(self, value: float) -> None:
        """Take the mean of the bin that has just ended; NaN leaves everything but the time as it is."""
        slot, factors = self._bin % _BINS_A_DAY, self._factors
        self._bin += 1
        if math.isnan(value):
            return
        if math.isnan(self._level):
            self._level = value - self._season[slot]
            return
        before = self._level
        self._level = factors.level * (value - self._season[slot]) + (1 - factors.level) * (before + self._trend)
        self._trend = factors.trend * (self._level - before) + (1 - factors.trend) * self._trend
        self._season[slot] = factors.season * (value - self._level) + (1 - factors.season) * self._season[slot]

    def peak(self, bins: int) -> float:
        """Return the highest forecast of the next `bins` bins, >= 0; 0 while nothing is known."""
        if math.isnan(self._level):
            return 0.0
        ahead = np.arange(1, bins + 1)
        season = self._season[(self._bin + ahead - 1) % _BINS_A_DAY]
        return max(float(np.max(self._level + ahead * self._trend + season)), 0.0)


class PredictiveReactive:
    """A reactive policy that is shown the larger of what is and what Holt-Winters expects within the lead time.

    Args:
        reactive: decides on requests in flight.
        forecast: of requests in flight.
        lead_time_s: how far ahead it looks, > 0.
    """

    def __init__(self, reactive: Policy, forecast: HoltWinters, *, lead_time_s: float) -> None:
        self._reactive = reactive
        self._forecast = forecast
        self._bins = math.ceil(lead_time_s / BIN_S) + 1  # the bin that runs, and those within the lead time
        self._sum, self._count = 0.0, 0

    def replicas(self, seen: Observation, scale: Scale, *, now_s: float) -> int:
        """Return what the reactive policy makes of the larger of both."""
        self._sum, self._count = self._sum + seen.in_flight, self._count + 1
        if now_s % BIN_S == 0:
            self._forecast.update(self._sum / self._count)
            self._sum, self._count = 0.0, 0
        expected = math.floor(self._forecast.peak(self._bins))
        more = max(expected - seen.in_flight, 0)
        return self._reactive.replicas(replace(seen, waiting=seen.waiting + more), scale, now_s=now_s)


def _mean_day(history: Floats) -> Floats:
    """Return by how much each bin of the day is above the mean, 0 where nothing is known."""
    days = len(history) // _BINS_A_DAY
    table = history[-days * _BINS_A_DAY :].reshape(days, _BINS_A_DAY)
    known = ~np.isnan(table)
    mean = np.divide(np.nansum(table, axis=0), known.sum(axis=0), out=np.zeros(_BINS_A_DAY), where=known.any(axis=0))
    above = np.where(known.any(axis=0), mean - mean[known.any(axis=0)].mean(), 0.0) if known.any() else mean
    season: Floats = np.roll(above, len(history) % _BINS_A_DAY)  # slots count from the first bin of the history
    return season
