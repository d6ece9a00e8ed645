"""Twin of adapter/simulation/replayed.py."""

import json
import math

import numpy as np

from adapter.core.decision import Decision, ReplicaCounts
from adapter.core.workload import WorkloadId
from adapter.simulation.replayed import Lane, ReplayBook, WorkloadReplay, replay_summary
from tests.factories import LLAMA, TICK, decision, hold

OTHER = WorkloadId("prod", "mistral")


def planned(count: int, tick: int, *, requested: int | None = 4, workload: WorkloadId = LLAMA) -> Decision:
    """Return a plan of some tick of 15 s."""
    replicas = ReplicaCounts(requested=requested, status=requested, ready=requested)
    return decision(workload, planned=count, replicas=replicas, at=TICK + 15 * tick)


def booked(*ticks: Decision) -> WorkloadReplay:
    """Return the replay of one workload."""
    book = ReplayBook(step_s=15.0, why=lambda each: f"because {each.planned}")
    for each in ticks:
        book.note([each])
    [made] = book.replays()
    return made


def test_a_change_is_kept_with_its_time_and_reason() -> None:
    """A tick without a plan in between is no change."""
    made = booked(planned(2, 0), hold(), planned(2, 2), planned(5, 3))
    assert [(one.at, one.before, one.after, one.why) for one in made.changes] == [(TICK + 45, 2, 5, "because 5")]
    assert (made.start, made.ticks, made.held, made.planned.changes) == (TICK, 4, 1, 1)


def test_a_plan_of_zero_is_a_plan() -> None:
    """Zero to one is a change, not a first sight."""
    made = booked(planned(0, 0), planned(1, 1))
    assert [(one.before, one.after) for one in made.changes] == [(0, 1)]


def test_reasons_that_differ_in_numbers_are_one() -> None:
    """Most frequent first."""
    made = booked(hold(reason="down"), hold(reason="queue_depth is 75 s old"), hold(reason="queue_depth is 90.5 s old"))
    assert made.holds == {"queue_depth is … s old": 2, "down": 1}


def test_hours_compare_the_ticks_that_have_both() -> None:
    """What was held or not recorded says nothing."""
    made = booked(planned(6, 0), planned(6, 1, requested=None), hold(), planned(2, 3))
    assert made.both == (8 * 15 / 3600, 8 * 15 / 3600)
    assert made.planned.hours == 14 * 15 / 3600


def test_a_lane_counts_changes_that_undo_one_another() -> None:
    """Within ten minutes; gaps are skipped over."""
    quick = Lane(replicas=np.array([2.0, 3.0, np.nan, 2.0, 2.0]), step_s=60.0)
    slow = Lane(replicas=np.array([2.0, 3.0, 2.0]), step_s=900.0)
    assert (quick.changes, quick.flaps) == (2, 1)
    assert (slow.changes, slow.flaps) == (2, 0)


def test_the_summary_adds_up_and_is_json() -> None:
    """Over workloads, NaN nowhere."""
    book = ReplayBook(step_s=3600.0, why=lambda _: "why")
    book.note([planned(2, 0), planned(3, 0, workload=OTHER)])
    book.note([planned(4, 1), planned(3, 1, workload=OTHER)])
    made = replay_summary(book.replays())
    assert json.loads(json.dumps(made, allow_nan=False))["result"] == {
        "ticks": 4,
        "held_ticks": 0,
        "planned_replica_hours": 12.0,
        "requested_replica_hours": 16.0,
        "planned_changes": 1,
        "requested_changes": 0,
        "scale_flaps": 0,
    }
    assert math.isclose(sum(each.planned.hours for each in book.replays()), 12.0)
