from dataclasses import replace

from adapter.core.case import Case, weigh
from adapter.core.decide import conclude
from adapter.core.decision import Outcome
from adapter.core.policy_state import PolicyState, asked, remember
from adapter.core.proposals import NOTHING_PROPOSED
from adapter.core.sight import look
from adapter.core.signal import Observed
from tests.core.test_decide import seen
from tests.factories import TICK
from tests.fakes import tuned

SLOW = tuned("slow", hpa={"scaleDown": {"window": "5m"}})
LOADED = seen(queue_depth=0, requests_running=30)


def case_at(now: float, observed: Observed = LOADED) -> Case:
    """Return the case of a workload whose HPA has a window of its own."""
    return weigh(SLOW, observed, sight=look(observed, SLOW.tuning), forecast=None, now=now)


def test_what_is_emitted_in_the_end_is_what_the_hpa_was_asked_for() -> None:
    """A decision itself leaves no proposal; once it is the last word, what it proposes is remembered with its time."""
    decision, after = conclude(case_at(TICK), PolicyState())
    assert after.proposals == NOTHING_PROPOSED
    assert decision.emitted is not None
    assert asked(after, decision).proposals.highest == ((TICK, decision.emitted.proposes),)
    cut = replace(decision, emitted=replace(decision.emitted, proposes=1))
    assert asked(after, cut).proposals.highest == ((TICK, 1),)


def test_a_hold_asks_for_nothing() -> None:
    """What was asked for before stays remembered as it is."""
    decision, after = conclude(case_at(TICK), PolicyState())
    before = asked(after, decision)
    held, later = conclude(case_at(TICK + 15, Observed(at=TICK + 15, readings={})), before)
    assert held.outcome is Outcome.HOLD
    assert asked(later, held) is later
    assert later.proposals == before.proposals


def test_plans_older_than_the_hold_are_forgotten() -> None:
    """Of a plan before and one within the hold, with a new one: two are left, and a hold on nothing starts full."""
    hold_s = SLOW.tuning.hold.scale_in
    state = PolicyState(plans=((TICK - hold_s - 15, 9), (TICK - 60, 6)))
    assert remember(state, case_at(TICK), goal=2, reactive=2).plans == ((TICK - 60, 6), (TICK, 2))
    assert remember(PolicyState(), case_at(TICK), goal=2, reactive=2).plans == ((TICK, 3), (TICK, 2))


def test_without_a_goal_the_window_only_ages() -> None:
    """A hold that knows nothing adds nothing."""
    state = PolicyState(plans=((TICK - 60, 6),))
    assert remember(state, case_at(TICK), goal=None, reactive=None).plans == ((TICK - 60, 6),)
