"""Twin of adapter/decision_log.py."""

from adapter.core.course import Quantity
from adapter.core.decision import Step, StepName
from adapter.core.workload import WorkloadId
from adapter.decision_log import DecisionLog, gist
from tests.factories import LLAMA, STEPS, TICK, decision, hold, snapshot

QWEN = WorkloadId("prod", "qwen")


def _told(log: DecisionLog, *plans: int) -> None:
    for index, planned in enumerate(plans):
        at = TICK + index * 15
        log.publish(snapshot(decision(at=at, planned=planned), at=at))


def test_only_decisions_that_change_something_are_kept_in_full() -> None:
    """The same plan again is no news."""
    log = DecisionLog()
    _told(log, 4, 4, 6, 6, 4)
    assert [(each.at - TICK, each.planned) for each in log.changes(LLAMA)] == [(0, 4), (30, 6), (60, 4)]


def test_the_decision_of_a_time_is_the_newest_one_up_to_it() -> None:
    """It stayed in force until the next change."""
    log = DecisionLog()
    _told(log, 4, 4, 6)

    found = log.decision_at(LLAMA, TICK + 29)

    assert found is not None
    assert found.planned == 4
    assert log.decision_at(LLAMA, TICK - 1) is None
    assert log.decision_at(QWEN, TICK) is None


def test_the_oldest_go_first_over_all_workloads() -> None:
    """Bounded by one number, so that a workload that flaps cannot fill memory."""
    log = DecisionLog(most=3)
    log.publish(snapshot(decision(QWEN), at=TICK))
    _told(log, 1, 2, 3, 4)

    assert [each.planned for each in log.changes(LLAMA)] == [2, 3, 4]
    assert log.changes(QWEN) == ()


def test_numbers_are_kept_for_every_minute() -> None:
    """Whether or not anything changed."""
    log = DecisionLog()
    _told(log, 4, 4, 4, 4, 4)
    assert log.course(LLAMA).values[Quantity.PLANNED].tolist() == [4, 4]


def test_a_reason_whose_numbers_move_is_no_change() -> None:
    """Other steps that set the number are."""
    reworded = Step(name=StepName.REACTIVE, before=None, after=4, reason="work of 3.2 engine-seconds/s")
    other = Step(name=StepName.EVENT, before=6, after=7, reason="an event")

    assert gist(decision()) == gist(decision(steps=(reworded, *STEPS[1:])))
    assert gist(decision()) != gist(decision(steps=(*STEPS, other)))
    assert gist(decision()) != gist(hold())
