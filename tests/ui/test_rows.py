"""Twin of adapter/ui/rows.py."""

import math

import pytest

from adapter.core.course import Courses, record
from adapter.core.decision import Demand, DemandUnit, ReplicaCounts
from adapter.core.signal import State
from adapter.core.workload import WorkloadId
from adapter.ui.rows import ORDERS, PAGE_ROWS, Choice, list_rows
from tests.factories import TICK, decision, hold, snapshot

NOTHING = Courses()


def _of(namespace: str, name: str, arriving: float, **changes: object) -> object:
    demand = Demand(
        unit=DemandUnit.WORK, arriving=arriving, backlog=0.0, at_lead_time=math.nan, beyond_lead_time=math.nan
    )
    return decision(WorkloadId(namespace, name), demand=demand, **changes)


FLEET = snapshot(
    _of("prod", "a", 1.0),
    _of("prod", "b", 3.0),
    _of("test", "c", 2.0),
    hold(WorkloadId("test", "d"), demand=None, replicas=ReplicaCounts(requested=None, status=None, ready=None)),
)


def _names(choice: Choice) -> str:
    return "".join(row.workload.name for row in list_rows(FLEET, choice, course_of=NOTHING.of).rows)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Choice(), "abcd"),
        (Choice(descending=True), "dcba"),
        (Choice(sort="demand"), "acbd"),
        (Choice(sort="demand", descending=True), "bcad"),
        (Choice(sort="headroom"), "bcad"),
        (Choice(namespace="test"), "cd"),
        (Choice(text="PROD/"), "ab"),
        (Choice(text="is unavailable"), "d"),
        (Choice(namespace="nowhere"), ""),
    ],
)
def test_order_and_filter(choice: Choice, expected: str) -> None:
    """What is not known comes last in either direction."""
    assert _names(choice) == expected


@pytest.mark.parametrize("column", ORDERS)
def test_every_column_orders_holds_too(column: str) -> None:
    """A workload of which nothing is known is no error."""
    assert len(_names(Choice(sort=column))) == 4


def test_headroom_is_what_demand_leaves_of_ready_replicas() -> None:
    """3 ready replicas of 0.9 serve 2.7; unknown without a ready replica."""
    rows = {row.workload.name: row for row in list_rows(FLEET, Choice(), course_of=NOTHING.of).rows}

    assert rows["a"].headroom == pytest.approx(1 - 1 / 2.7)
    assert rows["b"].headroom < 0
    assert math.isnan(rows["d"].headroom)


def test_signals_that_were_never_there_do_not_count_as_bad() -> None:
    """The stale one does; GPUs that nobody measures do not."""
    row = list_rows(FLEET, Choice(), course_of=NOTHING.of).rows[0]
    assert (row.worst, row.age_s) == (State.STALE, 95.0)


def test_the_line_is_the_demand_of_the_last_hours() -> None:
    """From the record, of rows that are shown."""
    courses = record(Courses(), FLEET)
    assert list_rows(FLEET, Choice(), course_of=courses.of).rows[0].demands.tolist() == [1.0]


def test_a_page_past_the_end_is_the_last_one() -> None:
    """A link that was kept while the fleet shrank still shows something."""
    many = snapshot(*(decision(WorkloadId("prod", f"w{index:04d}")) for index in range(PAGE_ROWS + 5)), at=TICK)

    listed = list_rows(many, Choice(page=9), course_of=NOTHING.of)

    assert (len(listed.rows), listed.pages, listed.found) == (5, 2, PAGE_ROWS + 5)


@pytest.mark.parametrize(
    ("choice", "column", "order"),
    [
        (Choice(), "workload", "desc"),
        (Choice(descending=True), "workload", "asc"),
        (Choice(), "demand", "desc"),
        (Choice(sort="demand", descending=True), "demand", "asc"),
        (Choice(sort="demand"), "workload", "asc"),
    ],
)
def test_choosing_a_column_again_turns_it_around(choice: Choice, column: str, order: str) -> None:
    """The first time the most telling end comes first."""
    assert choice.order_after(column) == order
