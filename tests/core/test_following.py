"""The forecaster's state of a fleet: kept row by row, whoever comes and goes."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

from adapter.core.following import ASKED, Following, with_history
from adapter.core.history import COARSE_TIER, MINUTE_TIER, History, append, censored_minutes, record_minutes
from adapter.core.workload import WorkloadId
from forecasting import Forecast, forecast_naive
from tests.factories import TICK
from tests.wrong_forecasts import WRONG

pytestmark = pytest.mark.timeout(60)  # whole days of decisions or simulated fleets: slow where the machine is shared


A, B, C = (WorkloadId("prod", name) for name in "abc")
DAYS = np.random.default_rng(1).poisson(5, (3, COARSE_TIER.columns)).astype(float)
LOAD = np.random.default_rng(0).poisson(5, (3, MINUTE_TIER.columns + 40)).astype(float)
MARK = TICK // COARSE_TIER.step_s * COARSE_TIER.step_s


def history_of(ids: tuple[WorkloadId, ...], minute: int) -> History:
    """Return two weeks of the given workloads, `minute` minutes after a ten-minute mark."""
    rows = [(A, B, C).index(each) for each in ids]
    empty = History.empty(ids)
    return History(
        ids=ids,
        minute=append(empty.minute, LOAD[rows, : MINUTE_TIER.columns + minute], end=MARK + 60.0 * minute),
        at_least=empty.at_least,
        coarse=append(empty.coarse, DAYS[rows], end=MARK),
        starts=empty.starts,
        attained=empty.attained,
        requests=empty.requests,
    )


def followed(following: Following, ids: tuple[WorkloadId, ...], minute: int) -> tuple[Following, Forecast]:
    """Return the state after one minute, and what it says of the workloads."""
    renewed, batch = following.renewed(history_of(ids, minute), np.arange(len(ids)))
    return renewed, batch.forecast()


def same(one: Forecast, other: Forecast, row: int) -> bool:
    """Tell whether a row of one forecast equals the only row of another, to the last bit."""
    names = ("peak", "arrival_probability", "skill", "coverage", "trusted")
    return all(getattr(one, name)[row].tobytes() == getattr(other, name)[0].tobytes() for name in names)


def test_company_changes_nothing() -> None:
    """A and B, then C in between, then B without the others: B's bytes are those of a process that just began."""
    state, _ = followed(Following(), (A, B), 0)
    for minute, ids in ((1, (A, B)), (2, (A, C, B)), (5, (C, B))):
        state, view = followed(state, ids, minute)
        _, alone = followed(Following(), (B,), minute)
        assert same(view, alone, ids.index(B))
    state, view = followed(state.only({B}), (B,), 14)
    assert same(view, followed(Following(), (B,), 14)[1], 0)


def test_a_workload_is_in_one_batch() -> None:
    """Renewed together with others it leaves those it was with."""
    state, _ = followed(Following(), (A, B), 0)
    state, _ = followed(state, (B, C), 1)
    assert sorted(state.batches) == [(A,), (B, C)]
    assert state.only({C}).batches.keys() == {(C,)}
    assert Following().of((A,)) is None


def test_it_survives_a_pickle() -> None:
    """What goes on from a pickled state has the same bytes."""
    state, _ = followed(Following(), (A,), 0)
    loaded = pickle.loads(pickle.dumps(state))
    assert same(followed(state, (A,), 1)[1], followed(loaded, (A,), 1)[1], 0)


def test_the_question_is_the_ladder() -> None:
    """In minutes, up to two hours."""
    assert ASKED.horizons[[0, -1]].tolist() == [1, 120]


def test_who_has_too_few_minutes_is_not_followed_yet() -> None:
    """Eight known minutes are enough, wherever they are; seven are not."""
    history = History.empty((A, B))
    minutes = np.full((2, 20), np.nan)
    minutes[0, ::3], minutes[1, ::2] = 1.0, 1.0
    minutes[1, -4:] = np.nan
    history = replace(history, minute=append(history.minute, minutes, end=MARK))
    assert with_history(history, np.array([0, 1])).tolist() == [1]


def test_a_number_beyond_all_reason_is_a_gap_and_stops_nobody() -> None:
    """One workload's signal goes wild; it is forecast without that minute, and so are the others."""
    history = history_of((A, B), 0)
    wild = history.minute.values.copy()
    wild[0, -5] = 3e38
    _, batch = Following().renewed(replace(history, minute=replace(history.minute, values=wild)), np.arange(2))
    missing = wild.copy()
    missing[0, -5] = np.nan
    _, expected = Following().renewed(replace(history, minute=replace(history.minute, values=missing)), np.arange(2))
    assert batch.forecast().peak.tobytes() == expected.forecast().peak.tobytes()


def test_minutes_in_which_more_may_have_arrived_are_not_learnt_from_as_demand() -> None:
    """Half a day at a ceiling below what came after: marked, the rise out of it is not expected again."""
    empty = History.empty((A,))
    load = np.full((1, MINUTE_TIER.columns), 30.0)
    load[0, 400:1100:100] = load[0, 401:1100:100] = 10.0
    marked = record_minutes(empty, load, load == 10.0, end=MARK)
    plain = record_minutes(empty, load, np.zeros(load.shape, dtype=bool), end=MARK)
    assert censored_minutes(marked, np.array([0])).sum() == 14
    later = replace(marked, minute=append(marked.minute, np.full((1, 3), 30.0), end=MARK + 180.0))
    assert censored_minutes(later, np.array([0]))[0, :-3].tolist() == (load[0, 3:] == 10.0).tolist()
    (_, with_marks), (_, without) = (Following().renewed(each, np.array([0])) for each in (marked, plain))
    assert with_marks.forecast().skill.tobytes() != without.forecast().skill.tobytes()


def test_going_on_equals_beginning_anew_where_minutes_are_marked() -> None:
    """A mark that comes with a new minute is remembered with it."""
    random = np.random.default_rng(4).random(LOAD[:1].shape) < 0.2
    state = Following()
    for minute in (0, 1, 3, 12):
        columns = MINUTE_TIER.columns + minute
        history = record_minutes(history_of((A,), 0), LOAD[:1, :columns], random[:, :columns], end=MARK + 60.0 * minute)
        state, batch = state.renewed(history, np.array([0]))
    _, anew = Following().renewed(history, np.array([0]))
    assert batch.forecast().peak.tobytes() == anew.forecast().peak.tobytes()


@pytest.mark.parametrize("wrong", ["ten times too high", "noise"])
def test_a_forecaster_that_goes_wrong_loses_its_vote(wrong: str) -> None:
    """After eight hours of wrong answers its record is bad: R takes its place, or it has no vote any more."""
    load = np.random.default_rng(2).poisson(40, (1, MINUTE_TIER.columns + 480)).astype(float)
    state, view = Following(), None
    for minute in range(0, 481, 10):
        empty = History.empty((A,))
        minutes = append(empty.minute, load[:, : MINUTE_TIER.columns + minute], end=MARK + 60.0 * minute)
        state, batch = state.renewed(replace(empty, minute=minutes), np.arange(1))
        view = batch.forecast()
        if minute == 0:
            assert view.trusted[0]
            state = replace(state, forecaster=WRONG[wrong]())
    assert view is not None
    naive = forecast_naive(load, step_s=60.0, horizons=ASKED.horizons, quantiles=ASKED.quantiles)
    assert not view.trusted[0] or np.allclose(view.peak, naive.peak, rtol=0.25)
