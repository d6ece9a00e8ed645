"""A sliding window with the price of an append."""

import pickle
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting import CoarseHistory, Question, follow
from tests.forecasting.loads import counts
from tests.forecasting.test_forecaster import same

ASK = Question(step_s=60.0, horizons=np.array([1, 5, 20]), quantiles=np.array([0.5, 0.95]))


def window(values: np.ndarray, last: int) -> np.ndarray:
    """Return the day of minutes that ends with step `last`."""
    return values[:, last - 1439 : last + 1]


def days(values: np.ndarray, last: int) -> CoarseHistory:
    """Return two weeks of ten minutes, as known after step `last`: their marks mostly fall before it."""
    marks = (last + 1) // 10
    return CoarseHistory(values=values[:, marks : marks + 2016], step_s=600.0, age_s=60.0 * (last + 1 - 10 * marks))


def test_following_equals_a_fresh_start_at_every_step() -> None:
    """A window of a day slides over the series; with and without a past, the bytes are the same."""
    values = counts(n=1, t=1475)
    followed = None
    for last in range(1445, 1475):
        window = values[:, last - 1439 : last + 1]
        followed = follow(followed, window, ASK, last_step=last)
    assert same(followed.forecast(), follow(None, window, ASK, last_step=last).forecast())


def test_a_changed_past_is_noticed() -> None:
    """A late sample makes it begin anew."""
    values = counts(n=1, t=130)
    before = follow(None, values[:, :-1], ASK, last_step=128)
    values[0, 60] += 50
    after = follow(before, values, ASK, last_step=129)
    assert same(after.forecast(), follow(None, values, ASK, last_step=129).forecast())


def test_asking_again_changes_nothing() -> None:
    """The same step and the same past give the same forecast."""
    values = counts(n=1, t=130)
    once = follow(None, values, ASK, last_step=129)
    assert same(follow(once, values, ASK, last_step=129).forecast(), once.forecast())


@settings(max_examples=4, deadline=None)
@given(
    gaps=st.lists(st.integers(1300, 1500), max_size=30),
    steps=st.lists(st.integers(1, 10), min_size=2, max_size=5),
    new_row=st.integers(1445, 1490),
)
def test_following_in_any_company_equals_a_fresh_start_alone(gaps: list[int], steps: list[int], new_row: int) -> None:
    """Whatever is missing, however the calls fall and whoever comes in between: a row's bytes are its own."""
    values, coarse = counts(n=3, t=1520), counts(n=3, t=2200)
    values[0, gaps] = np.nan
    followed = None
    for last in (1444 + np.cumsum(steps)).tolist():
        rows = np.arange(3) if last >= new_row else np.arange(2)
        if followed is not None and followed.enough.size < rows.size:
            followed = followed.select(np.array([0, 1, -1]))
        followed = follow(followed, window(values[rows], last), ASK, last_step=last, coarse=days(coarse[rows], last))
    alone = follow(None, window(values[:1], last), ASK, last_step=last, coarse=days(coarse[:1], last))
    assert same(followed.select(np.array([0])).forecast(), alone.forecast())
    last_row = followed.select(rows[-1:])
    alone = follow(None, window(values[rows[-1:]], last), ASK, last_step=last, coarse=days(coarse[rows[-1:]], last))
    assert same(last_row.forecast(), alone.forecast())


def test_who_does_not_ask_for_the_path_gets_the_same_peaks() -> None:
    """And keeps about half as much; the path is unknown then, not zero."""
    values = counts(n=2, t=160)
    whole, peaks = None, None
    for last in range(140, 160):
        whole = follow(whole, values[:, : last + 1], ASK, last_step=last)
        peaks = follow(peaks, values[:, : last + 1], replace(ASK, path=False), last_step=last)
    assert peaks.forecast().peak.tobytes() == whole.forecast().peak.tobytes()
    assert np.isnan(peaks.forecast().path).all()
    assert len(pickle.dumps(peaks)) < 0.6 * len(pickle.dumps(whole))
