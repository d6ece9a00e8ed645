"""Twin of adapter/core/course.py."""

import math
from dataclasses import replace

import numpy as np

from adapter.core.course import DAY, RECENT, Course, Courses, Quantity, record
from adapter.core.decision import WorkloadForecast
from adapter.core.workload import WorkloadId
from tests.factories import LLAMA, TICK, decision, hold, snapshot

QWEN = WorkloadId("prod", "qwen")


def _recorded(minutes: int, *, step_s: float = 60.0, start: float = TICK) -> Courses:
    courses = Courses()
    for index in range(minutes):
        at = start + index * step_s
        courses = record(courses, snapshot(decision(at=at, planned=index % 7), at=at))
    return courses


def test_every_minute_is_one_column() -> None:
    """With the numbers of the decision in force then, the backlog in demand."""
    course = _recorded(3).of(LLAMA)

    assert course.times.tolist() == [TICK, TICK + 60, TICK + 120]
    assert course.values[Quantity.PLANNED].tolist() == [0, 1, 2]
    assert course.values[Quantity.REQUESTED].tolist() == [4, 4, 4]
    np.testing.assert_allclose(course.values[Quantity.DEMAND], 3.5, rtol=1e-6)
    np.testing.assert_allclose(course.values[Quantity.EXPECTED], 7.2, rtol=1e-6)


def test_ticks_between_minutes_are_not_kept() -> None:
    """The record is regular, whatever the interval of ticks is."""
    assert _recorded(9, step_s=15.0).of(LLAMA).times.tolist() == [TICK, TICK + 60, TICK + 120]


def test_what_is_older_than_three_hours_is_kept_each_ten_minutes_for_a_day() -> None:
    """Bounded, however long the process runs."""
    course = _recorded(26 * 60).of(LLAMA)
    end = TICK + (26 * 60 - 1) * 60

    assert np.diff(course.times)[-(RECENT.columns - 1) :].tolist() == [60.0] * (RECENT.columns - 1)
    assert set(np.diff(course.times)[: -RECENT.columns]) == {600.0}
    assert course.times[0] > end - DAY.span_s - DAY.step_s
    assert course.times[-1] == end


def test_a_hold_is_a_gap_and_no_zero() -> None:
    """What is not known stays unknown."""
    courses = record(Courses(), snapshot(hold(demand=None), at=TICK))
    assert math.isnan(courses.of(LLAMA).values[Quantity.PLANNED][0])
    assert math.isnan(courses.of(LLAMA).values[Quantity.DEMAND][0])


def test_the_band_is_that_of_the_peak_within_the_lead_time() -> None:
    """As the decision reads it: the horizon rounded up to the forecast's own."""
    forecast = WorkloadForecast(
        origin=TICK, horizons_s=(60.0, 180.0, 600.0), quantiles=(0.5, 0.95), peak=((1.0, 2.0, 3.0), (4.0, 5.0, 6.0)),
        arrival_probability=(1.0, 1.0, 1.0), skill=0.1, coverage=0.95, trusted=True,
    )  # fmt: skip
    course = record(Courses(), snapshot(decision(forecast=forecast), at=TICK)).of(LLAMA)

    assert (course.values[Quantity.MEDIAN][0], course.values[Quantity.HIGH][0]) == (2.0, 5.0)


def test_a_workload_that_comes_later_starts_empty_and_takes_nobody_elses_numbers() -> None:
    """Rows move with their workload."""
    courses = record(_recorded(2), snapshot(decision(QWEN, planned=9), decision(planned=5), at=TICK + 120))

    assert courses.of(LLAMA).values[Quantity.PLANNED].tolist() == [0, 1, 5]
    assert courses.of(QWEN).times.tolist() == [TICK + 120]
    assert courses.of(QWEN).values[Quantity.PLANNED].tolist() == [9]


def test_a_workload_that_goes_is_forgotten() -> None:
    """And one that nobody knows has an empty record."""
    courses = record(_recorded(2), snapshot(decision(QWEN), at=TICK + 120))
    assert courses.of(LLAMA).times.size == 0


def test_a_clock_that_is_set_back_does_not_rewrite_the_past() -> None:
    """Nothing is recorded until time goes on."""
    courses = _recorded(3)
    assert record(courses, snapshot(decision(planned=9), at=TICK)) is courses


def test_a_part_can_be_cut_out() -> None:
    """Both ends belong to it."""
    course = _recorded(5).of(LLAMA).between(TICK + 60, TICK + 180)
    assert course.times.tolist() == [TICK + 60, TICK + 120, TICK + 180]
    assert all(each.shape == (3,) for each in course.values.values())


def test_recording_leaves_the_record_before_alone() -> None:
    """A picture that is being drawn does not change."""
    before = _recorded(2)
    kept = replace(before)
    record(before, snapshot(decision(), at=TICK + 120))
    assert isinstance(before.of(LLAMA), Course)
    assert before.of(LLAMA).times.tolist() == kept.of(LLAMA).times.tolist()
