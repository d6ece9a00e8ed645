"""What each simple expert alone would have said of the peak: the yardsticks besides R that a forecast has to beat.

Why apart from `rolling`: the product never uses one of them alone, so that their price is not the forecast's.
"""

import numpy as np

from forecasting.arrays import FloatArray, IntArray
from forecasting.contract import Question
from forecasting.experts import PEAK_EXPERTS, ask_experts
from forecasting.history import History
from forecasting.ranks import at_levels
from forecasting.window import prepare


def simple_peaks(history: History, ends: IntArray, question: Question) -> FloatArray:
    """Return what each of `PEAK_EXPERTS` said of the peak, shape (experts, m, k, h), not falling along h.

    Args:
        history: one whole series.
        ends: how many steps had passed at each origin, shape (m,).
        question: horizons and quantiles.
    """
    window = prepare(history.windows(np.zeros(ends.size, dtype=np.int64), ends))
    asked = [ask_experts(window, horizon).peak for horizon in question.horizons.tolist()]
    said = np.stack(asked, axis=-1) * window.scale[:, None, None, None]
    flat = np.maximum.accumulate(said, axis=3).reshape(-1, *said.shape[2:])
    peaks = at_levels(flat, question.quantiles).reshape(ends.size, len(PEAK_EXPERTS), -1, question.horizons.size)
    return np.moveaxis(peaks, 1, 0)
