"""Targets against a plain loop."""

import numpy as np

from forecasting.targets import BAND_EDGES, band_steps, last_known, load_ahead, peak_ahead, without


def test_peaks_equal_those_of_a_plain_loop() -> None:
    """The doubling window gives what looking at every step gives, gaps included."""
    values = np.random.default_rng(0).random((2, 40))
    values[1, 13] = np.nan
    for horizon in (1, 2, 3, 7, 16, 39, 60):
        expected = np.full_like(values, np.nan)
        for origin in range(40 - horizon):
            expected[:, origin] = values[:, origin + 1 : origin + horizon + 1].max(axis=1)
        np.testing.assert_array_equal(peak_ahead(values, horizon), expected)


def test_load_beyond_the_end_is_unknown() -> None:
    """A step past the history has no target."""
    assert np.isnan(load_ahead(np.ones((1, 3)), 3)).all()


def test_every_step_belongs_to_the_band_it_is_pooled_with() -> None:
    """A band holds only steps between its edges and always its own last step."""
    for last in BAND_EDGES:
        assert band_steps(last)[-1] == last
    assert band_steps(5) == band_steps(6) == (5, 6)
    assert band_steps(5000)[-1] == 5000


def test_last_known_skips_gaps_and_marks_become_gaps() -> None:
    """A gap shows the value before it; a marked step becomes a gap."""
    values = np.array([[1.0, 2.0, 3.0]])
    hidden = without(values, np.array([[False, True, False]]))
    assert last_known(hidden).tolist() == [[1.0, 1.0, 3.0]]
