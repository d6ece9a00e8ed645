import math
from dataclasses import replace

import pytest

from adapter.core.lead_time import configured
from adapter.core.sight import Sight, look
from adapter.core.signal import Observed, Reading, Signal, State
from adapter.core.starts import stuck_after_s, watch_starts
from tests.factories import TICK
from tests.fakes import tuned

LEAD = configured(200.0)


def seen(**counts: float) -> Sight:
    """Return what is seen of a workload's starts; all else is as good as can be."""
    signals = {Signal(name): Reading(state=State.FRESH, value=value, age_s=3.0) for name, value in counts.items()}
    return look(Observed(at=TICK, readings=signals), tuned("llama").tuning)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({}, "no replica is seen to start"),
        ({"starting_seconds": 90.0}, "the oldest start is 90 s old, 95 % take at most 200 s (configured)"),
        ({"starting_seconds": 600.0, "replicas_unschedulable": 2.0}, "the oldest start is 600 s old"),
        ({"starting_seconds": 601.0, "replicas_unschedulable": 2.0}, "stuck: 2 replicas find no node with room"),
        ({"starting_seconds": 601.0}, "stuck: the oldest is not ready 601 s after it was created"),
        ({"starting_seconds": 30.0, "replicas_image_error": 1.0}, "stuck: 1 replicas cannot pull their image"),
        ({"replicas_crashing": 3.0}, "stuck: 3 replicas crash or cannot create their container"),
        ({"replicas_crashing": 0.0, "replicas_image_error": 0.0}, "no replica is seen to start"),
    ],
)
def test_a_start_that_will_not_end_is_named(counts: dict[str, float], words: str) -> None:
    """Image errors and crash loops at once; waiting for a node only beyond three times the 95 % quantile."""
    assert watch_starts(4, seen(**counts), lead=LEAD).reason.startswith(words)


def test_the_plan_stays_whatever_is_stuck() -> None:
    """What cannot start neither raises nor lowers what the load needs."""
    for plan in (0, 1, 7):
        step = watch_starts(plan, seen(starting_seconds=9000.0, replicas_image_error=5.0), lead=LEAD)
        assert (step.before, step.after) == (plan, plan)


def test_what_counts_as_overdue_follows_the_lead_time() -> None:
    """Three times the tail."""
    assert stuck_after_s(LEAD) == 600.0
    assert math.isnan(replace(seen(), starting_s=math.nan).starting_s)
