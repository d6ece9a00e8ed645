import numpy as np
import pytest

from adapter.core.capacity import learn_capacities
from adapter.core.past import Past, mean_of, recollect
from adapter.core.signal import Signal
from tests.fakes import tuned

LLAMA = tuned("llama")


def past(running: list[float], *, end: float = 1200.0, step_s: float = 60.0) -> Past:
    """Return a past in which only the running requests differ."""
    values = {Signal.REQUESTS_RUNNING: running, Signal.QUEUE_DEPTH: [0.0] * len(running)}
    return Past(end=end, step_s=step_s, values=values)


def test_finer_samples_are_averaged_to_minutes() -> None:
    """Four of 15 s make one minute."""
    history = recollect(past([1.0, 2.0, 3.0, 4.0, 9.0, 9.0, 9.0, 9.0], step_s=15.0, end=120.0), LLAMA)
    assert history.minute.values[0, -2:].tolist() == [2.5, 9.0]
    assert history.minute.end == 120.0


def test_coarser_samples_are_remembered_by_ten_minutes() -> None:
    """Two of five minutes make one mark; the day of minutes stays empty, as nobody saw them."""
    history = recollect(past([4.0, 8.0, 6.0, 6.0], step_s=300.0), LLAMA)
    assert history.coarse.values[0, -2:].tolist() == [6.0, 6.0]
    assert np.isnan(history.minute.end)


def test_ten_minute_marks_end_where_they_end() -> None:
    """Minutes after the last mark belong to the next one; a gap leaves the mean of the rest."""
    history = recollect(past([5.0, *[np.nan] * 9, 7.0, 7.0], end=720.0), LLAMA)
    assert (history.coarse.end, history.minute.end) == (600.0, 720.0)
    assert history.coarse.values[0, -1] == 5.0


def test_nothing_known_is_nothing_remembered() -> None:
    """No signals, no end."""
    assert np.isnan(recollect(Past(end=0.0), LLAMA).minute.end)


@pytest.mark.parametrize("step_s", [0.0, -60.0, 7.0, 90.0, 1200.0])
def test_a_grid_that_does_not_fit_is_refused(step_s: float) -> None:
    """Minutes and ten minutes must be whole groups of samples."""
    with pytest.raises(ValueError, match="step_s must divide 60"):
        past([1.0], step_s=step_s)


def test_what_does_not_fit_together_is_refused() -> None:
    """An end off the minute, and columns of different lengths."""
    with pytest.raises(ValueError, match="end must be a multiple of 60 s, got 61"):
        past([1.0], end=61.0)
    with pytest.raises(ValueError, match="as many samples as the others"):
        Past(end=60.0, values={Signal.QUEUE_DEPTH: [1.0], Signal.REQUESTS_RUNNING: [1.0, 2.0]})


def test_a_group_that_knows_nothing_has_no_mean() -> None:
    """It is a gap, not 0."""
    assert np.isnan(mean_of(np.array([[np.nan, np.nan]]), 2)).all()


def test_a_past_with_replicas_and_tokens_teaches_the_capacity() -> None:
    """Three hours of minutes with two replicas and a load that moves; with three coming on the way, nothing."""
    work = 0.35 + 0.25 * np.sin(np.arange(180) // 10)
    tokens = 2 * work * 500.0
    seen = {
        Signal.PROMPT_TOKENS_RATE: 4 * tokens,
        Signal.GENERATION_TOKENS_RATE: tokens,
        Signal.REQUESTS_RUNNING: tokens / (100.0 * (1.0 - work)),
        Signal.QUEUE_DEPTH: np.zeros(180),
        Signal.REPLICAS_REQUESTED: np.full(180, 2.0),
        Signal.REPLICAS_READY: np.full(180, 2.0),
    }
    rates = {"prompt_tokens_per_second": 8000, "generation_tokens_per_second": 2000, "learn": True}
    each = tuned("llama", capacity=rates)
    history = recollect(Past(end=10_800.0, values=seen), each)
    [learnt] = learn_capacities(history, (each,)).values()
    assert learnt.per_replica == pytest.approx(0.45, rel=0.02)
    seen[Signal.REPLICAS_READY] = np.where(np.arange(180) % 10 < 5, 2.0, 3.0)
    [unsettled] = learn_capacities(recollect(Past(end=10_800.0, values=seen), each), (each,)).values()
    assert unsettled.reason.startswith("not learnt: 0 settled")
