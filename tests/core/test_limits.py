from datetime import UTC, datetime
from typing import Any

import pytest

from adapter.core.limits import apply_bounds, apply_events, apply_override, override_lasts
from adapter.core.workload import Bounds
from tests.factories import TICK
from tests.fakes import tuned


def moment(offset_s: float) -> datetime:
    """Return a time after the tick."""
    return datetime.fromtimestamp(TICK + offset_s, tz=UTC)


def event(floor: int, start_s: float = 0.0) -> dict[str, Any]:
    """Return an event of ten minutes."""
    return {"name": f"e{floor}", "start": moment(start_s), "end": moment(start_s + 600), "floor": floor}


def test_the_highest_event_that_is_due_counts() -> None:
    """Overlapping events do not add up; one that is too far ahead does not count."""
    tuning = tuned("llama", events=(event(3), event(5, 100.0), event(9, 181.0))).tuning
    step = apply_events(2, tuning=tuning, lead_s=180.0, now=TICK)
    assert (step.after, step.reason) == (5, "event 'e5' needs 5")


def test_events_never_lower_a_plan() -> None:
    """They are floors."""
    assert apply_events(8, tuning=tuned("llama", events=(event(3),)).tuning, lead_s=180.0, now=TICK).after == 8


@pytest.mark.parametrize(
    ("values", "after"),
    [
        ({"floor": 6}, 6),
        ({"ceiling": 2}, 2),
        ({"freeze": True}, 3),
        ({"freeze": True, "floor": 4}, 4),
        ({"floor": 1, "ceiling": 9}, 5),
    ],
)
def test_overrides_combine(values: dict[str, Any], after: int) -> None:
    """A plan of 5 with 3 requested: freeze first, then floor, then ceiling."""
    override = {"until": moment(60), "author": "ada", "reason": "game day", **values}
    step = apply_override(5, requested=3, tuning=tuned("llama", override=override).tuning, now=TICK)
    assert step.after == after
    assert step.reason.startswith("ada set ")
    assert step.reason.endswith("(game day)")


def test_an_override_ends_by_itself() -> None:
    """At its end to the second, and the step says whose it was."""
    tuning = tuned("llama", override={"until": moment(60), "author": "ada", "floor": 9}).tuning
    assert tuning.override is not None
    assert [override_lasts(tuning.override, now=TICK + each) for each in (59, 60)] == [True, False]
    step = apply_override(2, requested=2, tuning=tuning, now=TICK + 60)
    assert step.after == 2
    assert "ended" in step.reason


@pytest.mark.parametrize(
    ("plan", "reason"), [(0, "cut to replicas.min 1"), (3, "within 1 to 4"), (9, "cut to replicas.max 4")]
)
def test_bounds_say_which_one_cut(plan: int, reason: str) -> None:
    """Or that none did."""
    assert apply_bounds(plan, Bounds(min=1, max=4)).reason == reason
