import pytest

from adapter.core.decision import StepName
from tests.core.standings import standing


def test_a_new_step_comes_before_the_landing() -> None:
    """What is served changes, what is planned does not, and the last step says where the HPA goes."""
    before = standing("a", 6)
    after = before.limited(StepName.BUDGET, 4, "why").concluded()
    assert (after.planned, after.served, after.active) == (6, 4, True)
    assert after.emitted is not None
    assert after.emitted.plan == 4
    assert [(each.name, each.before) for each in after.steps[-2:]] == [(StepName.BUDGET, 6), (StepName.SHAPE, 4)]


def test_without_a_step_the_decision_is_as_it_was() -> None:
    """The same object, for thousands of workloads that nothing limits."""
    before = standing("a", 6)
    assert before.concluded() is before.decision


def test_what_is_on_hold_or_doubtful_keeps_what_is_requested() -> None:
    """A hold all of it, doubt what is requested of what it wants, certainty nothing."""
    cases = (
        standing("a", None, requested=3),
        standing("a", 6, requested=3, doubtful=True),
        standing("a", 2, requested=3, doubtful=True),
        standing("a", 6, requested=3),
    )
    assert [each.kept for each in cases] == [3, 3, 2, 0]


def test_units_end_below_the_bound() -> None:
    """Units of 4 within 10 replicas: 8 at most."""
    group = standing("a", 6, most=10, scale={"unit": 4})
    assert (group.most, [group.whole(count) for count in (0, 1, 4, 5, 9)]) == (8, [0, 4, 4, 8, 8])


@pytest.mark.parametrize(("there", "granted", "lands_on"), [(10, 11, 10), (20, 19, 18), (10, 9, 9), (4, 6, 6)])
def test_after_a_cut_the_hpa_does_not_go_beyond_the_budget(there: int, granted: int, lands_on: int) -> None:
    """With its tolerance of 0.1, from 10 it acts on 12 and not on 11, and from 20 on 18 and not on 19."""
    after = standing("a", 30, most=40, requested=there).limited(StepName.BUDGET, granted, "why").concluded()
    assert after.served == granted
    assert after.emitted is not None
    assert (after.emitted.lands_on, after.steps[-1].after) == (lands_on, lands_on)
    assert after.steps[-1].before == granted
    assert ("more than the budget has" in after.steps[-1].reason) == (lands_on < granted)
