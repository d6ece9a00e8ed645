import numpy as np
import pytest

from adapter.core.decide import decide
from adapter.core.decision import StepName
from adapter.core.flapping import SPAN_S, scale_in_hold, turns_of
from adapter.core.history import Tier, TierSpec
from adapter.core.policy_state import PolicyState
from adapter.core.recent import Recent
from tests.core.test_decide import seen
from tests.factories import TICK
from tests.fakes import tuned

SAW = [3.0, 2.0] * 4


def tier(counts: list[float], *, step_s: float = 60.0) -> Tier:
    """Return remembered counts that end at the tick."""
    values = np.array([counts], dtype=np.float32)
    return Tier(spec=TierSpec(step_s=step_s, columns=len(counts)), end=TICK, values=values)


@pytest.mark.parametrize(
    ("counts", "turns"), [(SAW, 3), ([1.0, 2.0, 3.0], 0), ([3.0, 2.0, 1.0], 0), ([np.nan, 2.0, np.nan], 0), ([], 0)]
)
def test_turns_are_scale_outs_after_a_scale_in(counts: list[float], turns: int) -> None:
    """A climb and a descent have none, nor has what is not known."""
    assert turns_of(tier(counts), at=TICK) == [turns]


def test_old_turns_are_forgotten() -> None:
    """After half an hour, and gaps are passed over."""
    assert turns_of(tier(SAW), at=TICK + SPAN_S) == [0]
    assert turns_of(tier([3.0, np.nan, 2.0, np.nan, 3.0]), at=TICK) == [1]


def test_a_factor_of_one_never_widens() -> None:
    """It is the way to turn this off."""
    hold = scale_in_hold(tuned("a", hold={"flapping": 1, "scale_in": 100}).tuning, turns=9)
    assert (hold.seconds, hold.why) == (100.0, "")


@pytest.mark.parametrize(("turns", "planned"), [(0, 1), (3, 5)])
def test_a_plan_is_held_longer_and_says_why(turns: int, planned: int) -> None:
    """Five were planned 400 s ago, one is wanted: after a hold of 360 s that is over, while it flaps it is not."""
    each, state = tuned("llama"), PolicyState(plans=((TICK - 400.0, 5), (TICK - 100.0, 1)))
    decision, _ = decide(
        workload=each.workload,
        observed=seen(queue_depth=0, requests_running=5),
        forecast=None,
        state=state,
        tuning=each.tuning,
        now=TICK,
        recent=Recent(turns=turns),
    )
    [step] = [step for step in decision.steps if step.name is StepName.HOLD_SCALE_IN]
    assert decision.planned == planned
    assert ("it flaps: 3 turns from in to out in 30 min" in step.reason) == (turns == 3)
