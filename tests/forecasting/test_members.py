"""Members from the shipped model."""

import numpy as np

from forecasting.history import History
from forecasting.members import MEMBERS, Origins, member_forecasts
from forecasting.model_file import shipped_model
from tests.forecasting.loads import counts, history

HORIZONS = np.array([1, 5, 20])


def test_members_at_an_earlier_origin_do_not_see_what_came_later() -> None:
    """The forecast after 900 steps is the same whether or not 300 more are in the array."""
    values = counts()
    origin = Origins(rows=np.arange(3), ends=np.full(3, 900))
    long = member_forecasts(history(values), origin, horizons=HORIZONS, model=shipped_model())
    short = member_forecasts(history(values[:, :900]), origin, horizons=HORIZONS, model=shipped_model())
    assert long.peak.tobytes() == short.peak.tobytes()
    assert long.path.tobytes() == short.path.tobytes()


def test_there_is_one_row_per_member_and_peaks_grow_with_the_horizon() -> None:
    """Shapes, and a longer stretch holds the shorter one."""
    origin = Origins(rows=np.arange(3), ends=np.full(3, 1200))
    said = member_forecasts(history(counts()), origin, horizons=HORIZONS, model=shipped_model())
    assert said.peak.shape == (3, len(MEMBERS), 8, 3)
    assert (np.diff(said.peak, axis=3) >= 0).all()
    assert (np.diff(said.arrival, axis=1) >= 0).all()


def test_arrival_is_likelier_in_a_burst_than_in_silence() -> None:
    """Will there be any is asked of origins in the same state."""
    pattern = np.tile((np.arange(200) < 20) * 5.0, 6)[None, :]
    origins = Origins(rows=np.array([0, 0]), ends=np.array([1010, 1100]))
    said = member_forecasts(history(pattern), origins, horizons=HORIZONS, model=shipped_model())
    assert said.arrival[0, 0] > 0.8
    assert said.arrival[1, 0] < 0.2


def test_saturation_is_load_that_arrived() -> None:
    """How much was demanded is not known, that something was is: load is all but certain to come again."""
    values = np.random.default_rng(0).poisson(20, (1, 300)).astype(float)
    marks = np.arange(300)[None, :] >= 10
    saturated = History(values=values, censored=marks, step_s=60.0)
    origin = Origins(rows=np.array([0]), ends=np.array([300]))
    said = member_forecasts(saturated, origin, horizons=HORIZONS, model=shipped_model())
    assert (said.arrival > 0.99).all()
