from dataclasses import replace

from adapter.core.decision import StepName
from adapter.core.fallback import fall_back
from adapter.core.fleet_limits import UNLIMITED, limit_fleet
from adapter.core.standing import Standing
from tests.core.standings import standing
from tests.core.test_decide import decided, seen


def stuck(name: str, missing: int, *, fallback: str) -> Standing:
    """Return a workload that cannot start some replicas."""
    each = standing(name, 3, fallback=fallback)
    return replace(each, decision=replace(each.decision, missing=missing))


def test_a_fallback_takes_what_is_missing() -> None:
    """Two for the one and one for the other, within its own bound of 5."""
    _, _, spare = fall_back(
        [stuck("a", 2, fallback="spare"), stuck("b", 9, fallback="spare"), standing("spare", 1, most=5)]
    )
    assert spare.replicas == 5
    assert [step.reason for step in spare.steps] == [
        "2 of 2 that a cannot start",
        "2 of 9 that b cannot start",
    ]


def test_who_has_no_fallback_changes_nobody() -> None:
    """Nor does one that is itself, on hold, or unknown."""
    for each in (stuck("a", 2, fallback="nobody"), stuck("a", 2, fallback="a"), stuck("a", 2, fallback="held")):
        assert [one.steps for one in fall_back([each, standing("held", None), standing("b", 1)])] == [(), (), ()]


def test_the_fallback_is_served_more_than_it_planned() -> None:
    """Its decision has the step, and the HPA of it lands there."""
    after = limit_fleet([stuck("a", 2, fallback="spare"), standing("spare", 1)], UNLIMITED)
    _, spare = after.values()
    assert (spare.planned, spare.served) == (1, 3)
    assert spare.steps[-2].name is StepName.FALLBACK


def test_a_decision_tells_what_it_misses() -> None:
    """Ninety requests in flight ask for 7; three are requested, none serves, and their image cannot be pulled."""
    broken = {"replicas_requested": 3, "replicas_status": 3, "replicas_ready": 1, "replicas_image_error": 2}
    decision = decided(seen(queue_depth=50, requests_running=40, **broken))
    assert (decision.planned, decision.missing) == (3, 6)
    assert decided(seen(queue_depth=50, requests_running=40)).missing == 0
