"""Simple experts alone."""

import numpy as np

from forecasting.contract import Question
from forecasting.evaluation.rolling import with_days
from forecasting.evaluation.simple import simple_peaks
from forecasting.experts import PEAK_EXPERTS
from forecasting.series_file import SeriesSet

QUESTION = Question(step_s=60.0, horizons=np.array([3, 12]), quantiles=np.array([0.5, 0.95]))


def test_every_simple_expert_speaks_for_itself() -> None:
    """On a ramp the rolling maximum is the last value, past errors know the rise, and zero stays zero."""
    ramp = SeriesSet(names=("a",), values=np.arange(200.0)[None, :], step_s=60.0)
    said = simple_peaks(with_days(ramp), np.array([100, 200]), QUESTION)
    assert said.shape == (len(PEAK_EXPERTS), 2, 2, 2)
    by_name = dict(zip(PEAK_EXPERTS, said, strict=True))
    np.testing.assert_allclose(by_name["max_horizon"][:, :, 1], [[99, 99], [199, 199]], rtol=1e-6)
    np.testing.assert_allclose(by_name["last"][:, :, 1], [[111, 111], [211, 211]], rtol=1e-6)
    assert (by_name["zero"] == 0).all()
