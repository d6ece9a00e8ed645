"""Windows against plain loops."""

import numpy as np

from forecasting.history import History
from forecasting.window import WINDOW, prepare
from tests.forecasting.loads import counts, history


def windows(values: np.ndarray, end: int):  # noqa: ANN201 - a Window of the module under test
    """Return the prepared windows after `end` steps."""
    rows = np.arange(len(values))
    return prepare(history(values).windows(rows, np.full(len(values), end)))


def test_rolling_means_skip_gaps() -> None:
    """The mean over the last steps is that of the known ones among them."""
    values = counts()
    values[0, 1190:1195] = np.nan
    window = windows(values, 1200)
    expected = np.nanmean(values[0, 1184:1200]) / window.scale[0]
    np.testing.assert_allclose(window.means[16][0, -1], expected, rtol=1e-5)


def test_peak_tables_look_forward_and_leave_gaps_out() -> None:
    """Table 2 holds the highest of the next four steps that are known; what is missing is counted."""
    values = counts()
    values[0, 1100] = np.nan
    window = windows(values, 1200)
    for at in (50, 102):  # steps before the end, the second with the gap among the next four
        expected = np.nanmax(values[0, 1200 - at + 1 : 1200 - at + 5]) / window.scale[0]
        np.testing.assert_allclose(window.peaks[2][0, WINDOW - at], expected, rtol=1e-6)
    assert window.missing is not None
    assert window.missing[:, -1].tolist() == [1.0, 0.0, 0.0]
    assert windows(counts(), 1200).missing is None


def test_a_saturated_step_hides_how_high_a_peak_was() -> None:
    """Infinite, which is more than any load that was seen and not the same as unknown."""
    marks = np.arange(1200)[None, :] == 1100
    saturated = History(values=counts(n=1), censored=marks, step_s=60.0)
    window = prepare(saturated.windows(np.array([0]), np.array([1200])))
    assert np.isinf(window.peaks[2][0, WINDOW - 102])
    assert np.isfinite(window.peaks[2][0, WINDOW - 50])


def test_the_state_tells_load_now_from_load_lately_and_silence() -> None:
    """2 with load in the last step, 1 within sixteen steps, 0 beyond."""
    values = np.zeros((3, 1200))
    values[0, -1] = values[1, -10] = values[2, -30] = 5.0
    assert windows(values, 1200).state[:, -1].tolist() == [2.0, 1.0, 0.0]


def test_no_error_is_measured_from_a_saturated_step() -> None:
    """Nor from a gap that follows one; the level itself stays what was seen."""
    values = np.array([[5.0, 9.0, np.nan, 6.0]])
    marks = np.array([[False, True, False, False]])
    saturated = History(values=values, censored=marks, step_s=60.0)
    window = prepare(saturated.windows(np.array([0]), np.array([4])))
    np.testing.assert_allclose(window.bases[0, -4:] * window.scale, [5.0, np.nan, np.nan, 6.0], rtol=1e-6)
    np.testing.assert_allclose(window.started[0, -4:] * window.scale, [5.0, 9.0, 9.0, 6.0], rtol=1e-6)


def test_silence_has_a_scale_of_one() -> None:
    """Nothing is divided by zero."""
    assert windows(np.zeros((1, 50)), 50).scale.tolist() == [1.0]
