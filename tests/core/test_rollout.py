import pytest

from adapter.core.decision import StepName
from adapter.core.rollout import watch_rollout
from adapter.core.sight import look
from tests.core.test_decide import decided, seen
from tests.fakes import tuned


@pytest.mark.parametrize(("plan", "after"), [(0, 3), (2, 3), (3, 3), (5, 5)])
def test_nothing_is_given_back_during_a_rollout(plan: int, after: int) -> None:
    """Three are requested, one of an older revision; the plan may still grow."""
    sight = look(seen(queue_depth=0, requests_running=5, replicas_outdated=1), tuned("llama").tuning)
    assert watch_rollout(plan, sight).after == after


def test_a_finished_rollout_holds_nothing() -> None:
    """Nor does one that nobody can see."""
    for more in ({"replicas_outdated": 0}, {}):
        sight = look(seen(queue_depth=0, requests_running=5, **more), tuned("llama").tuning)
        assert watch_rollout(1, sight).after == 1


def test_an_idle_workload_does_not_shrink_until_it_is_rolled_out() -> None:
    """Five requests fit one replica; with an old one among the three, all stay, and the step says why."""
    rolling = decided(seen(queue_depth=0, requests_running=5, replicas_outdated=1))
    assert rolling.planned == 3
    [step] = [step for step in rolling.steps if step.name is StepName.ROLLOUT]
    assert "1 replicas are of an older revision" in step.reason
    assert decided(seen(queue_depth=0, requests_running=5)).planned == 1
