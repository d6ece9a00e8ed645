"""Checks of what is handed in."""

import numpy as np
import pytest

from forecasting.contract import CoarseHistory, Question, check_history


def test_the_checked_history_is_a_copy() -> None:
    """Work on the checked array cannot reach the caller's."""
    mine = np.ones((1, 4))
    values, marks = check_history(mine, None)
    values[0, 0] = 5
    assert mine[0, 0] == 1
    assert not marks.any()


def test_fractional_steps_are_refused() -> None:
    """A horizon is a whole number of steps."""
    with pytest.raises(ValueError, match="whole steps"):
        Question(step_s=60.0, horizons=np.array([1.5]), quantiles=np.array([0.5]))


def test_coarse_history_ends_with_the_fine_one_unless_told() -> None:
    """The age of the coarse grid defaults to none."""
    assert CoarseHistory(values=np.ones((1, 4)), step_s=600.0).age_s == 0.0
