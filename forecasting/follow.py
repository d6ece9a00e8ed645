"""Carry a forecaster along with a sliding history: append what is new, begin anew only where the past has changed.

Why: a caller that keeps a window of history and no state of its own gets the price of an append and the numbers of a
fresh start. The lattice of recorded origins is counted in absolute steps, so that every caller agrees on it.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.arrays import BoolArray, FloatArray
from forecasting.contract import CoarseHistory, Question, check_history
from forecasting.forecaster import Forecaster, begin
from forecasting.history import History
from forecasting.model_file import shipped_model
from forecasting.record import STRIDE


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Followed:
    """A forecaster and the absolute number of the last step it has seen."""

    forecaster: Forecaster
    last_step: int


def follow(
    previous: Followed | None,
    history: FloatArray,
    question: Question,
    *,
    last_step: int,
    censored: BoolArray | None = None,
    coarse: CoarseHistory | None = None,
) -> Followed:
    """Return the forecaster at the end of `history`.

    Args:
        previous: what the call one step ago returned for the same series in the same order; None = there is none.
        history: load per step, shape (n, t), the newest last, NaN = gap.
        question: step, horizons and quantiles.
        last_step: absolute number of the last column, e.g. its end time divided by the step.
        censored: True where a series was saturated, shape (n, t).
        coarse: the same series on a coarser grid.

    Raises:
        ValueError: an argument has no meaning; names it, its value and what is allowed.
    """
    values, marks = check_history(history, censored)
    first = (values.shape[1] - 1 - last_step) % STRIDE  # columns before the first whole stride
    if values.shape[1] - first >= STRIDE:
        values, marks = values[:, first:], marks[:, first:]
    seen = History(values=values, censored=marks, step_s=question.step_s, coarse=coarse)
    if previous is None or not _continues(previous, seen, question, last_step=last_step):
        return Followed(forecaster=begin(seen, question, shipped_model()), last_step=last_step)
    if previous.last_step == last_step:
        return previous
    grown = previous.forecaster.append(values[:, -1], censored=marks[:, -1], coarse=coarse)
    return Followed(forecaster=grown, last_step=last_step)


def _continues(previous: Followed, seen: History, question: Question, *, last_step: int) -> bool:
    """Tell whether `seen` is what `previous` saw and at most one step more."""
    new, old = last_step - previous.last_step, previous.forecaster.history
    overlap = min(old.values.shape[1], seen.values.shape[1] - new)
    if new not in {0, 1} or overlap < STRIDE or old.values.shape[0] != seen.values.shape[0]:
        return False
    if not _same_question(previous.forecaster.question, question):
        return False
    span = slice(seen.values.shape[1] - new - overlap, seen.values.shape[1] - new)
    same = np.array_equal(old.values[:, -overlap:], seen.values[:, span], equal_nan=True)
    return bool(same and np.array_equal(old.censored[:, -overlap:], seen.censored[:, span]))


def _same_question(one: Question, other: Question) -> bool:
    return bool(
        one.step_s == other.step_s
        and np.array_equal(one.horizons, other.horizons)
        and np.array_equal(one.quantiles, other.quantiles)
    )
