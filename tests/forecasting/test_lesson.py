"""What a record teaches."""

import numpy as np

from forecasting.contract import Question
from forecasting.lesson import Lesson, lesson_of
from forecasting.record import Record


def record(n: int, truth: float) -> Record:
    """Return a record of members that said 1, of series to which `truth` came each time."""
    said, came = np.ones((n, 42, 5, 8, 1), np.float32), np.full((n, 42, 1), truth)
    return Record(peak=said, path=said, peak_truth=came, path_truth=came)


def asked(step_s: float) -> Question:
    """Return a question 180 steps ahead."""
    return Question(step_s=step_s, horizons=np.array([180]), quantiles=np.array([0.5]))


def test_half_an_hour_of_ten_second_steps_is_no_day_ahead() -> None:
    """The prior of a day ahead goes by seconds, not by steps: the same steps are far only where they are long."""
    weights = [lesson_of(record(1, np.nan), asked(step_s)).peak.weights[0, :, 0, 0] for step_s in (10.0, 600.0)]
    assert weights[0][0] > weights[0][1:].sum()
    assert weights[1][0] == weights[1][4]


def test_lessons_are_put_together_and_taken_apart_by_series() -> None:
    """Of one batch of two, or of two batches of one, the bytes are the same, in any order."""
    low, high = (lesson_of(record(1, truth), asked(600.0)) for truth in (0.5, 3.0))
    turned = Lesson.of([low, high]).rows(np.array([1, 0]))
    assert turned.peak.shift[0].tobytes() == high.peak.shift[0].tobytes()
    assert turned.path.weights[1].tobytes() == low.path.weights[0].tobytes()
    assert turned.without_mixes().peak.mixes.size == 0
