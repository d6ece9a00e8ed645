"""A sliding window with the price of an append."""

import numpy as np

from forecasting import Question, follow
from tests.forecasting.loads import counts
from tests.forecasting.test_forecaster import same

ASK = Question(step_s=60.0, horizons=np.array([1, 5, 20]), quantiles=np.array([0.5, 0.95]))


def test_following_equals_a_fresh_start_at_every_step() -> None:
    """A window of a day slides over the series; with and without a past, the bytes are the same."""
    values = counts(n=1, t=1475)
    followed = None
    for last in range(1445, 1475):
        window = values[:, last - 1439 : last + 1]
        followed = follow(followed, window, ASK, last_step=last)
    assert same(followed.forecaster.forecast(), follow(None, window, ASK, last_step=last).forecaster.forecast())


def test_a_changed_past_is_noticed() -> None:
    """A late sample makes it begin anew."""
    values = counts(n=1, t=130)
    before = follow(None, values[:, :-1], ASK, last_step=128)
    values[0, 60] += 50
    after = follow(before, values, ASK, last_step=129)
    assert same(after.forecaster.forecast(), follow(None, values, ASK, last_step=129).forecaster.forecast())


def test_asking_again_costs_nothing() -> None:
    """The same step and the same past give the same object."""
    values = counts(n=1, t=130)
    once = follow(None, values, ASK, last_step=129)
    assert follow(once, values, ASK, last_step=129) is once
