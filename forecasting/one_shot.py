"""The documented calls: a batch of histories in, a `Forecast` out.

Every series is forecast from its own row alone: the same row gives the same bytes in any batch.
"""

import numpy as np

from forecasting.arrays import BoolArray, FloatArray, IntArray
from forecasting.contract import MIN_STEPS, CoarseHistory, Forecast, NotEnoughHistory, Question, check_history
from forecasting.forecaster import begin
from forecasting.history import History
from forecasting.model_file import shipped_model


def forecast(
    history: FloatArray,
    *,
    step_s: float,
    horizons: IntArray,
    quantiles: FloatArray,
    censored: BoolArray | None = None,
    coarse: CoarseHistory | None = None,
) -> Forecast:
    """Forecast all series at once from a bounded window of their past.

    Args:
        history: load per step (any unit that adds up, e.g. requests per step), shape (n, t), >= 0, NaN = gap: never
            taken for 0, never scored. The last column is the step that has just ended.
        step_s: length of a step in seconds, > 0; useful from 10 s to 600 s.
        horizons: steps ahead, shape (h,), ascending, >= 1.
        quantiles: probabilities, shape (k,), ascending, in (0, 1).
        censored: True where the series was saturated and demand was at least what was seen, shape (n, t).
        coarse: the same series on a coarser grid over more days; None = only `history` is known.

    Returns:
        A `Forecast`. Rows with fewer than `MIN_STEPS` known steps are NaN and not trusted.

    Raises:
        ValueError: an argument has no meaning; names it, its value and what is allowed.
    """
    question = Question(step_s=step_s, horizons=np.asarray(horizons), quantiles=np.asarray(quantiles, dtype=np.float64))
    values, marks = check_history(history, censored)
    history_so_far = History(values=values, censored=marks, step_s=step_s, coarse=coarse)
    return begin(history_so_far, question, shipped_model()).forecast()


def forecast_one(
    history: FloatArray, *, step_s: float, horizons: IntArray, quantiles: FloatArray, censored: BoolArray | None = None
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
    return forecast(row, step_s=step_s, horizons=horizons, quantiles=quantiles, censored=marks)
