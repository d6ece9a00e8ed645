"""The documented calls: a batch of histories in, a `Forecast` out.

Every series is forecast from its own row alone: the same row gives the same bytes in any batch.
"""

import numpy as np
from numpy.typing import ArrayLike

from forecasting.contract import (
    MIN_STEPS,
    CoarseHistory,
    Forecast,
    NotEnoughHistory,
    Question,
    check_history,
)
from forecasting.forecaster import Forecaster
from forecasting.naive import arrival_probability, naive_forecast
from forecasting.pooled import PooledModel
from forecasting.targets import without


def forecast(  # noqa: PLR0913 - everything that a forecast depends on, by name
    history: ArrayLike,
    *,
    step_s: float,
    horizons: ArrayLike,
    quantiles: ArrayLike,
    censored: ArrayLike | None = None,
    coarse: CoarseHistory | None = None,
    model: PooledModel | None = None,
) -> Forecast:
    """Forecast all series at once from a bounded window of their past. Lists are as good as arrays.

    Args:
        history: load per step (any unit that adds up, e.g. requests per step), shape (n, t), >= 0, NaN = gap: never
            taken for 0, never scored. The last column is the step that has just ended.
        step_s: length of a step in seconds, > 0; useful from 10 s to 600 s.
        horizons: steps ahead, shape (h,), ascending, >= 1. Errors are measured up to 480 steps ahead and taken for
            those further ahead, of which only earlier days tell: look that far on a coarser grid.
        quantiles: probabilities, shape (k,), ascending, in (0, 1).
        censored: True where the series was saturated and demand was at least what was seen, shape (n, t).
        coarse: the same series on a coarser grid over more days; None = only `history` is known.
        model: which pooled model is to answer, see `load_model`; None = the one that comes with the package.

    Returns:
        A `Forecast`. Rows with fewer than `MIN_STEPS` known steps are NaN and not trusted.

    Raises:
        ValueError: an argument has no meaning; names it, its value and what is allowed.
    """
    question = Question(
        step_s=step_s, horizons=np.asarray(horizons), quantiles=np.asarray(quantiles, dtype=np.float64), model=model
    )
    return Forecaster.start(history, question, censored=censored, coarse=coarse).forecast()


def forecast_naive(
    history: ArrayLike, *, step_s: float, horizons: ArrayLike, quantiles: ArrayLike, censored: ArrayLike | None = None
) -> Forecast:
    """Forecast all series by R, the last value plus its own past errors: what every other forecast is held against.

    Costs a small part of `forecast`, and depends on nothing but the history that is handed in.

    Args:
        history: load per step, shape (n, t), >= 0, NaN = gap, the newest last.
        step_s: length of a step in seconds, > 0.
        horizons: steps ahead, shape (h,), ascending, >= 1.
        quantiles: probabilities, shape (k,), ascending, in (0, 1).
        censored: True where the series was saturated, shape (n, t).

    Returns:
        A `Forecast` without a score of its own: R is the yardstick, and has its vote once there is enough history.

    Raises:
        ValueError: an argument has no meaning; names it, its value and what is allowed.
    """
    question = Question(step_s=step_s, horizons=np.asarray(horizons), quantiles=np.asarray(quantiles, dtype=np.float64))
    values, marks = check_history(history, censored)
    known = without(values, marks)
    enough = np.sum(~np.isnan(known), axis=1) >= MIN_STEPS
    naive = naive_forecast(values, known, question)
    arrival = arrival_probability(values, question.horizons)
    n, h = arrival.shape
    return Forecast(
        quantiles=question.quantiles.copy(),
        horizons=question.horizons.astype(np.int64),
        path=np.where(enough[:, None, None], naive.path, np.nan),
        peak=np.where(enough[:, None, None], naive.peak, np.nan),
        arrival_probability=np.where(enough[:, None], arrival, np.nan),
        skill=np.full((n, h), np.nan),
        coverage=np.full((n, question.quantiles.size), np.nan),
        origins=np.zeros(n),
        trusted=enough,
    )


def forecast_one(
    history: ArrayLike,
    *,
    step_s: float,
    horizons: ArrayLike,
    quantiles: ArrayLike,
    censored: ArrayLike | None = None,
    model: PooledModel | None = None,
) -> Forecast:
    """Forecast a single series, strictly: as `forecast` with a history of shape (t,), n = 1 in the result.

    Raises:
        NotEnoughHistory: fewer than `MIN_STEPS` known steps; says how many there are.
        ValueError: as `forecast`.
    """
    marks = None if censored is None else np.asarray(censored)[None, :]
    row = np.asarray(history, dtype=np.float64)[None, :]
    usable = ~np.isnan(row) if marks is None else ~np.isnan(row) & ~marks
    if usable.sum() < MIN_STEPS:
        raise NotEnoughHistory(f"history has {usable.sum()} known steps, a forecast needs at least {MIN_STEPS}")
    return forecast(row, step_s=step_s, horizons=horizons, quantiles=quantiles, censored=marks, model=model)
