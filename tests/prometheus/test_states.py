"""Each state has its cause; above all, nothing missing is a value."""

import numpy as np
import pytest

from adapter.core.signal import Readings, State
from adapter.prometheus.fold import Folded
from adapter.prometheus.states import (
    Freshness,
    Part,
    against_ready,
    judge,
    prefer,
    unavailable,
    unless_served,
    without,
)

_NAN = float("nan")


def _cell(value: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array([[value]])


def _freshness(
    *, reporting: float = 2.0, expected: float = 2.0, copies: float = 1.0, incomplete: bool = False
) -> Freshness:
    return Freshness(
        age_s=_cell(3.0),
        reporting=_cell(reporting),
        expected=_cell(expected),
        copies=_cell(copies),
        incomplete=incomplete,
    )


def _judge(value: float, freshness: Freshness, *, bad: bool = False, warned: bool = False) -> Readings:
    return judge(Folded(value=_cell(value), bad=np.array([[bad]])), freshness, warned=warned)


@pytest.mark.parametrize(
    ("value", "freshness", "state", "coverage"),
    [
        (5.0, _freshness(), State.FRESH, 1.0),
        (0.0, _freshness(), State.FRESH, 1.0),
        (5.0, _freshness(expected=4.0), State.PARTIAL, 0.5),
        (5.0, _freshness(expected=_NAN), State.FRESH, _NAN),
        (5.0, _freshness(expected=1.0), State.FRESH, 1.0),
        (5.0, _freshness(incomplete=True), State.PARTIAL, 1.0),
        (5.0, _freshness(copies=2.0), State.MALFORMED, 1.0),
        (_NAN, _freshness(), State.ABSENT, 1.0),
        (_NAN, _freshness(copies=2.0), State.ABSENT, 1.0),
        (5.0, _freshness(reporting=_NAN, expected=_NAN, copies=_NAN), State.ABSENT, _NAN),
        (5.0, _freshness(reporting=_NAN, expected=3.0, copies=_NAN), State.ABSENT, 0.0),
    ],
)
def test_state_and_coverage_follow_from_the_anchor(
    value: float, freshness: Freshness, state: State, coverage: float
) -> None:
    """Value, targets, copies and warnings decide; a value is only passed on where the state carries one."""
    cell = _judge(value, freshness).cell(0, 0)

    assert cell.state is state
    np.testing.assert_equal(cell.coverage, coverage)
    np.testing.assert_equal(cell.value, value if cell.known else _NAN)
    assert cell.age_s == 3.0


def test_unusable_samples_are_malformed_and_carry_no_value() -> None:
    """A number beside a NaN sample is not passed on."""
    cell = _judge(5.0, _freshness(), bad=True).cell(0, 0)

    assert cell.state is State.MALFORMED
    assert np.isnan(cell.value)


def test_warning_makes_values_partial() -> None:
    """A source that says that it has not seen everything cannot argue for fewer replicas."""
    assert _judge(5.0, _freshness(), warned=True).cell(0, 0).state is State.PARTIAL


def test_unanswered_query_is_unavailable_for_its_workloads_only() -> None:
    """Other workloads have no such signal at all."""
    readings = unavailable(np.array([True, False]), 1)

    assert [readings.cell(row, 0).state for row in range(2)] == [State.UNAVAILABLE, State.ABSENT]


def test_second_preset_fills_only_what_the_first_has_not() -> None:
    """An outage of the first is not papered over."""
    first = Readings.missing(2, 1, State.ABSENT)
    first.state[1, 0] = State.UNAVAILABLE
    fresh = np.full((2, 1), State.FRESH, dtype=np.uint8)
    both = Readings(value=np.ones((2, 1)), state=fresh, age_s=np.ones((2, 1)), coverage=np.ones((2, 1)))

    open_, final = np.zeros(2, dtype=np.bool_), np.ones(2, dtype=np.bool_)

    assert [prefer(first, both, final=open_).cell(row, 0).state for row in range(2)] == [
        State.FRESH,
        State.UNAVAILABLE,
    ]
    assert [prefer(first, both, final=final).cell(row, 0).state for row in range(2)] == [
        State.ABSENT,
        State.UNAVAILABLE,
    ]


@pytest.mark.parametrize(
    ("reporting", "ready", "state", "coverage"),
    [
        (2.0, 2.0, State.FRESH, 1.0),
        (2.0, 4.0, State.PARTIAL, 0.5),
        (3.0, 2.0, State.FRESH, 1.0),
        (_NAN, 4.0, State.FRESH, 1.0),
    ],
)
def test_ready_pods_that_nobody_scrapes_make_a_value_partial(
    reporting: float, ready: float, state: State, coverage: float
) -> None:
    """Four pods are ready and two report: the value covers half of them."""
    compared = against_ready(_judge(5.0, _freshness()), _cell(reporting), _judge(ready, _freshness()))

    assert compared.cell(0, 0).state is state
    assert compared.cell(0, 0).coverage == coverage


def test_unknown_ready_replicas_are_no_argument() -> None:
    """Without kube-state-metrics the targets speak for themselves."""
    compared = against_ready(_judge(5.0, _freshness()), _cell(1.0), Readings.missing(1, 1, State.ABSENT))

    assert compared.cell(0, 0).state is State.FRESH


def _readings(value: float, state: State = State.FRESH) -> Readings:
    number = _cell(value if state <= State.STALE else _NAN)
    return Readings(value=number, state=np.array([[state]], dtype=np.uint8), age_s=_cell(3.0), coverage=_cell(1.0))


def _part(readings: Readings, *, expected: bool = True) -> Part:
    return Part(readings=readings, expected=np.array([[expected]]))


@pytest.mark.parametrize(
    ("parts", "value", "state"),
    [
        ([], 7.0, State.FRESH),
        ([_part(_readings(4.0)), _part(_readings(1.0))], 2.0, State.FRESH),
        ([_part(_readings(9.0))], 0.0, State.FRESH),  # scraped at another time
        ([_part(_readings(4.0, State.PARTIAL))], 3.0, State.PARTIAL),
        ([_part(_readings(4.0, State.ABSENT))], 7.0, State.PARTIAL),  # engines run that nobody scrapes
        ([_part(_readings(4.0, State.ABSENT), expected=False)], 7.0, State.FRESH),  # no replica, no engine
    ],
)
def test_what_engines_have_is_taken_off_what_a_gateway_has_in_flight(
    parts: list[Part], value: float, state: State
) -> None:
    """Seven are in flight."""
    cell = without(_readings(7.0), parts).cell(0, 0)

    assert (cell.value, cell.state) == (value, state)


def test_absence_stays_absence_when_something_is_taken_off() -> None:
    """Nothing less something is nothing known."""
    cell = without(_readings(0.0, State.ABSENT), [_part(_readings(4.0))]).cell(0, 0)

    assert cell.state is State.ABSENT
    assert np.isnan(cell.value)


@pytest.mark.parametrize(
    ("ready", "value"), [(_readings(2.0), 0.0), (_readings(0.0), 5.0), (_readings(0.0, State.UNAVAILABLE), 5.0)]
)
def test_refused_requests_count_only_while_nobody_serves(ready: Readings, value: float) -> None:
    """What was refused does not wait; with no replica it is all that shows demand."""
    assert unless_served(_readings(5.0), ready).cell(0, 0).value == value
