"""Windows never see what came later."""

import numpy as np

from forecasting.contract import CoarseHistory
from forecasting.history import History
from forecasting.window import COARSE_WINDOW, WINDOW
from tests.forecasting.loads import counts, history


def test_a_window_ends_with_the_step_before_the_origin() -> None:
    """After 1000 steps the last column is step 999; what is before the start is unknown."""
    values = counts()
    raw = history(values).windows(np.array([1]), np.array([1000]))
    np.testing.assert_array_equal(raw.values[0], values[1, 1000 - WINDOW : 1000])
    early = history(values).windows(np.array([1]), np.array([5]))
    assert np.isnan(early.values[0, :-5]).all()


def test_a_coarse_step_is_seen_only_when_it_has_ended() -> None:
    """At minute 1195 the ten minutes that end at 1200 are not known yet."""
    values = counts()
    coarse = CoarseHistory(values=np.arange(120.0)[None, :].repeat(3, axis=0), step_s=600.0)
    seen = history(values, coarse=coarse).windows(np.array([0, 0]), np.array([1200, 1195])).coarse
    assert seen is not None
    assert seen[:, -1].tolist() == [119.0, 118.0]


def test_an_old_coarse_history_leaves_its_last_steps_unknown() -> None:
    """A coarse grid that ended half an hour ago has three unknown steps at its end."""
    coarse = CoarseHistory(values=np.ones((3, 50)), step_s=600.0, age_s=1800.0)
    seen = history(counts(), coarse=coarse).windows(np.array([0]), np.array([1200])).coarse
    assert seen is not None
    assert np.isnan(seen[0, -3:]).all()
    assert seen[0, -4] == 1.0


def test_long_steps_are_their_own_coarse_history() -> None:
    """On a grid of ten minutes the days are read from the same series; on minutes they are not."""
    values = counts(t=1500)
    seen = history(values, step_s=600.0).windows(np.array([0]), np.array([1500])).coarse
    assert seen is not None
    np.testing.assert_array_equal(seen[0], values[0, -COARSE_WINDOW:])
    assert history(values).windows(np.array([0]), np.array([1500])).coarse is None


def test_saturated_steps_are_seen_but_not_known() -> None:
    """The level keeps them, the scoring does not."""
    values = counts()
    marks = np.zeros(values.shape, dtype=bool)
    marks[0, -1] = True
    raw = History(values=values, censored=marks, step_s=60.0).windows(np.array([0]), np.array([1200]))
    assert raw.values[0, -1] == values[0, -1]
    assert np.isnan(raw.known[0, -1])
