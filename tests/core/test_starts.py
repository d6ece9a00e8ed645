import math
from dataclasses import replace
from typing import Any

import pytest

from adapter.core.lead_time import configured
from adapter.core.sight import Sight, look
from adapter.core.signal import Observed, Reading, Signal, State
from adapter.core.starts import missing, stuck_after_s, watch_starts
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


@pytest.mark.parametrize(
    ("counts", "plan", "after"),
    [
        ({"replicas_image_error": 3.0}, 7, 3),
        ({"replicas_crashing": 2.0, "replicas_ready": 1.0}, 7, 3),
        ({"replicas_crashing": 1.0, "replicas_ready": 2.0}, 7, 7),  # one odd replica
        ({"replicas_unschedulable": 1.0, "starting_seconds": 900.0, "replicas_ready": 2.0}, 7, 3),
        ({"replicas_unschedulable": 1.0, "starting_seconds": 90.0, "replicas_ready": 2.0}, 7, 7),  # a node may come
        ({"starting_seconds": 900.0, "replicas_ready": 0.0}, 7, 3),
        ({"starting_seconds": 900.0, "replicas_ready": 1.0}, 7, 7),  # the cause is not known, and one serves
        ({"replicas_image_error": 3.0}, 2, 2),
        ({"replicas_image_error": 3.0, "replicas_requested": None}, 7, 7),
        ({}, 7, 7),
    ],
)
def test_no_more_are_asked_for_while_starts_are_stuck(counts: dict[str, Any], plan: int, after: int) -> None:
    """Three are requested: the plan stays there, is never lowered for it, and the step says why."""
    given = {"replicas_requested": 3.0, "replicas_ready": 0.0, **counts}
    sight = seen(**{name: value for name, value in given.items() if value is not None})
    step = watch_starts(plan, sight, lead=LEAD)
    assert (step.before, step.after) == (plan, after)
    assert ("More would be stuck too: 3 of 7 asked for" in step.reason) == (after < plan)


def test_what_is_missing_is_told_while_starts_are_stuck() -> None:
    """Seven wanted, one serves: six for a fallback; none while starts go on."""
    stuck = seen(replicas_requested=3.0, replicas_ready=1.0, replicas_crashing=2.0)
    assert missing(7, stuck, lead=LEAD) == 6
    assert missing(7, replace(stuck, crashing=0.0), lead=LEAD) == 0


def test_what_counts_as_overdue_follows_the_lead_time() -> None:
    """Three times the tail."""
    assert stuck_after_s(LEAD) == 600.0
    assert math.isnan(replace(seen(), starting_s=math.nan).starting_s)
