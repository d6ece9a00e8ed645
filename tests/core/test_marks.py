import math

import numpy as np
import pytest

from adapter.core.history import History
from adapter.core.marks import Marks, attained_of, count_marks, learn_margins, note, read_marks
from adapter.core.signal import FleetReadings, Grid, Readings, Signal, State
from adapter.core.tally import Tally
from adapter.core.tuning import TunedWorkload
from tests.fakes import tuned

MARK = 1_767_600_000.0


def column(value: float, state: State = State.FRESH) -> Readings:
    """Return one reading of one workload."""
    known = np.array([[value if state <= State.STALE else math.nan]])
    return Readings(
        value=known, state=np.array([[state]], dtype=np.uint8), age_s=np.zeros((1, 1)), coverage=np.ones((1, 1))
    )


def marks(each: TunedWorkload, readings: dict[Signal, Readings]) -> Marks:
    """Return the mark that readings show."""
    fleet = FleetReadings(ids=(each.workload.id,), grid=Grid(start=MARK, step_s=600.0), readings=readings)
    return read_marks(fleet, (each,), demand=np.array([[5.0]]))


def test_a_mark_notes_the_smaller_share_and_its_requests() -> None:
    """2 requests/s are 1200 in ten minutes."""
    found = marks(
        tuned("llama"),
        {
            Signal.TTFT_ATTAINED: column(0.97),
            Signal.ITL_ATTAINED: column(0.99),
            Signal.ARRIVAL_RATE: column(2.0),
        },
    )
    assert (found.attained.item(), found.requests.item()) == (0.97, 1200.0)


@pytest.mark.parametrize("state", [State.STALE, State.PARTIAL, State.ABSENT, State.MALFORMED, State.UNAVAILABLE])
def test_only_fresh_shares_are_noted(state: State) -> None:
    """Half a fleet's share is not the fleet's."""
    found = marks(tuned("llama"), {Signal.TTFT_ATTAINED: column(0.5, state), Signal.ARRIVAL_RATE: column(2.0)})
    assert math.isnan(found.attained.item())


def test_one_known_share_is_enough() -> None:
    """Engines without the histogram of gaps are regulated on the first token."""
    assert attained_of(np.array([0.9, math.nan]), np.array([math.nan, math.nan])).tolist()[0] == 0.9


@pytest.mark.parametrize(
    ("changes", "regulated"),
    [({}, True), ({"slo": {"regulate": False}}, False), ({"replicas": {"min": 0}}, False)],
)
def test_who_is_regulated(changes: dict[str, object], regulated: bool) -> None:
    """Everybody but those who said no, and those who may go to zero."""
    each = tuned("llama", **changes)
    history = History.empty((each.workload.id,))
    found = marks(each, {Signal.TTFT_ATTAINED: column(0.9), Signal.ARRIVAL_RATE: column(5.0)})
    margins = learn_margins(note(history, found, at=MARK), (each,))
    assert (each.workload.id in margins) is regulated
    if regulated:
        assert margins[each.workload.id].ratio > each.tuning.margin
        assert margins[each.workload.id].attained == pytest.approx(0.9)


def test_without_a_share_nothing_is_regulated() -> None:
    """The configured margin stands."""
    each = tuned("llama")
    found = marks(each, {Signal.ARRIVAL_RATE: column(5.0)})
    assert learn_margins(note(History.empty((each.workload.id,)), found, at=MARK), (each,)) == {}


SETTLED = {
    Signal.PROMPT_TOKENS_RATE: 4000.0,
    Signal.GENERATION_TOKENS_RATE: 1000.0,
    Signal.REQUESTS_RUNNING_AVERAGED: 40.0,
    Signal.QUEUE_DEPTH_AVERAGED: 0.0,
    Signal.REPLICAS_REQUESTED: 2.0,
    Signal.REPLICAS_READY: 2.0,
    Signal.REPLICAS_READY_AVERAGED: 2.0,
}


def test_a_settled_mark_notes_what_one_engine_did() -> None:
    """And the history keeps it beside what came before, for its row."""
    each = tuned("llama")
    found = marks(each, {signal: column(value) for signal, value in SETTLED.items()})
    assert found.settled[Signal.GENERATION_TOKENS_RATE].item() == 500.0
    history = note(note(History.empty((each.workload.id,)), found, at=MARK), found, at=MARK + 600)
    kept = history.settled[Signal.REQUESTS_RUNNING]
    assert (kept.end, kept.values[0, -3:].tolist()[1:]) == (MARK + 600, [20.0, 20.0])
    assert np.isnan(kept.values[0, -3])


def test_what_is_not_certain_is_not_settled() -> None:
    """A count of replicas that is old may have changed."""
    readings = {signal: column(value) for signal, value in SETTLED.items()}
    found = marks(tuned("llama"), readings | {Signal.REPLICAS_READY: column(2.0, State.STALE)})
    assert math.isnan(found.settled[Signal.GENERATION_TOKENS_RATE].item())


def test_what_was_tallied_belongs_to_the_last_mark() -> None:
    """Two marks passed since anybody looked: starts, shares and settled engines are of the second one alone."""
    settled = {
        Signal.PROMPT_TOKENS_RATE: 400.0,
        Signal.GENERATION_TOKENS_RATE: 600.0,
        Signal.REQUESTS_RUNNING: 12.0,
        Signal.QUEUE_DEPTH: 0.0,
        Signal.REPLICAS_REQUESTED: 2.0,
        Signal.REPLICAS_READY: 2.0,
    }
    tally = Tally().watched(settled).after(start_s=90.0, arrivals=100.0, attained=0.9)
    found = count_marks([tally, Tally()], np.array([[3.0, 4.0], [5.0, 6.0]]))
    for noted, last in (
        (found.starts, 90.0),
        (found.attained, 0.9),
        (found.requests, 100.0),
        (found.settled[Signal.GENERATION_TOKENS_RATE], 300.0),
    ):
        assert np.isnan(noted[:, 0]).all()
        assert noted[0, 1] == pytest.approx(last)
    assert np.isnan(found.starts[1, 1])
    assert found.demand.tolist() == [[3.0, 4.0], [5.0, 6.0]]
