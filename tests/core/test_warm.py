from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from adapter.core.decision import StepName
from adapter.core.tuning.warm import WarmTuning
from adapter.core.warm import begins_within, is_on, keep_warm
from tests.core.test_decide import decided, seen
from tests.factories import TICK
from tests.fakes import tuned

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = WarmTuning(days=("mon", "fri"), start="08:00", end="18:00", zone="Europe/Berlin", floor=2)
NIGHT = WarmTuning(days=("fri",), start="22:00", end="02:00", zone="Europe/Berlin", floor=3)


def at(text: str) -> float:
    """Return a local time of Berlin, seconds since epoch."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()


@pytest.mark.parametrize(
    ("hours", "when", "on"),
    [
        (OFFICE, "2026-08-17T07:59", False),  # a Monday
        (OFFICE, "2026-08-17T08:00", True),
        (OFFICE, "2026-08-17T17:59", True),
        (OFFICE, "2026-08-17T18:00", False),
        (OFFICE, "2026-08-18T12:00", False),
        (OFFICE, "2026-12-14T08:00", True),  # winter time
        (NIGHT, "2026-08-21T23:00", True),
        (NIGHT, "2026-08-22T01:59", True),
        (NIGHT, "2026-08-22T02:00", False),
        (NIGHT, "2026-08-22T22:30", False),  # begins on Fridays only
    ],
)
def test_hours_are_on_by_the_clock_of_their_zone(hours: WarmTuning, when: str, *, on: bool) -> None:
    """Their end excluded; past midnight they belong to the day before."""
    assert is_on(hours, at(when)) == on


def test_replicas_are_asked_for_one_lead_time_ahead() -> None:
    """Ten minutes before eight, and not eleven; on a day that has no hours, not at all."""
    assert begins_within(OFFICE, 600.0, now=at("2026-08-17T07:50"))
    assert not begins_within(OFFICE, 600.0, now=at("2026-08-17T07:49"))
    assert not begins_within(OFFICE, 600.0, now=at("2026-08-18T07:55"))
    assert begins_within(NIGHT, 3 * 3600.0, now=at("2026-08-21T20:00"))


def test_the_highest_floor_counts_and_never_lowers() -> None:
    """Of those that are on."""
    step = keep_warm(1, (OFFICE, NIGHT), lead_s=60.0, now=at("2026-08-21T12:00"))
    assert (step.after, step.reason) == (2, "warm hours 08:00 to 18:00 (Europe/Berlin) keep at least 2")
    assert keep_warm(9, (OFFICE,), lead_s=60.0, now=at("2026-08-21T12:00")).after == 9
    assert keep_warm(0, (OFFICE,), lead_s=60.0, now=at("2026-08-22T12:00")).after == 0


@pytest.mark.parametrize(("days", "planned"), [(("thu",), 1), (("fri",), 0)])
def test_a_sleeping_workload_is_awake_in_its_warm_hours(days: tuple[str, ...], planned: int) -> None:
    """A Thursday, 10:00 UTC: nothing waits, nothing is expected."""
    hours = ({"days": days, "start": "09:00", "end": "11:00", "zone": "UTC", "floor": 1},)
    each = tuned("llama", replicas={"min": 0}, warm=hours)
    asleep = seen(replicas_requested=0, replicas_status=0, replicas_ready=0, demand_at_zero=0)
    decision = decided(asleep, each, now=TICK)
    assert decision.planned == planned
    assert [step.after for step in decision.steps if step.name is StepName.WARM] == [planned]
