"""Choices take effect at a fixed tick, are found again after a restart, and are waited for."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from adapter.core.cuts import DAY_S, GRACE_S, phase_of
from adapter.core.decision import Outcome
from adapter.core.knobs import knobs_of
from adapter.core.signal import Signal
from adapter.core.tuning import TunedWorkload
from adapter.core.verdict import Verdict, undecided
from adapter.loop import Loop
from adapter.simulation.judging import Case
from adapter.stretch import Reader
from adapter.tuner import Tuner, WorkshopFailed, next_group
from tests.factories import TICK
from tests.fakes import (
    FakeClock,
    FakeSignalSource,
    InlineWorkloads,
    MemorySink,
    StaticTuning,
    scripted,
    tuned,
    tuning_of,
)

pytestmark = pytest.mark.timeout(120)  # reads days of minutes: slow where the machine is shared

CAPACITY = {"prompt_tokens_per_second": 8000, "generation_tokens_per_second": 2000}
ACTING = tuned("llama", tune={"mode": "act", "days": 2}, capacity=CAPACITY)
ADVISED = tuned("mistral", tune={"mode": "advise", "days": 2}, capacity=CAPACITY)
OFF = tuned("gemma", tune={"mode": "off"})
VALUES = {
    Signal.QUEUE_DEPTH: 0.0,
    Signal.REQUESTS_RUNNING: 40.0,
    Signal.ARRIVAL_RATE: 5.0,
    Signal.PROMPT_TOKENS_RATE: 8000.0,
    Signal.GENERATION_TOKENS_RATE: 2000.0,
    Signal.REPLICAS_REQUESTED: 3.0,
    Signal.REPLICAS_STATUS: 3.0,
    Signal.REPLICAS_READY: 3.0,
}
STEADY = scripted(VALUES)
SHOWN = tuple(VALUES)
TUNING = tuning_of(ACTING)
READER = Reader(
    source=FakeSignalSource(STEADY, signals=(Signal.ARRIVAL_RATE,)), prometheus=TUNING.prometheus, tick=TUNING.tick
)


class FakeWorkshop:
    """Finds a margin that the day of the cut decides: even days 1.5, odd ones what is in force."""

    def __init__(self) -> None:
        self.cases: list[Case] = []
        self.fault = ""

    async def judge(self, cases: Sequence[Case]) -> list[Verdict]:
        """Return verdicts, or break down."""
        if self.fault:
            raise WorkshopFailed(self.fault)
        self.cases.extend(cases)
        return [verdict_on(each) for each in cases]


def verdict_on(case: Case) -> Verdict:
    """Return a verdict that depends on the case alone."""
    standing = knobs_of(case.tuned.tuning)
    verdict = undecided(standing, cut=case.cut, reason="")
    return replace(verdict, days=2, chosen=replace(standing, margin=1.5)) if even(case.cut) else verdict


def even(cut: float) -> bool:
    """Tell days apart."""
    return round((cut - phase_of(ACTING.workload.id)) / DAY_S) % 2 == 0


def change_after(at: float) -> float:
    """Return the first tick from which another choice is in force that is not the document's."""
    cut = (at // DAY_S + 1) * DAY_S + phase_of(ACTING.workload.id)
    return (cut if even(cut) else cut + DAY_S) + GRACE_S


def made(*workloads: TunedWorkload, workshop: FakeWorkshop | None = None) -> tuple[Loop, Tuner, FakeSignalSource]:
    """Return a loop with a tuner."""
    source, tuner = FakeSignalSource(STEADY, signals=SHOWN), Tuner(workshop or FakeWorkshop())
    loop = Loop(
        source=source,
        tuning=StaticTuning(tuning_of(*workloads)),
        inline=InlineWorkloads(),
        clock=FakeClock(TICK),
        sink=MemorySink(),
        tuner=tuner,
    )
    return loop, tuner, source


async def worked_out(tuner: Tuner) -> None:
    """Let everything be worked out that is wanted."""
    while tuner.pending:
        assert await tuner.work()


async def test_a_choice_takes_effect_at_its_tick_and_no_sooner() -> None:
    """It is known an hour before; a process that starts after that tick comes to the same bytes."""
    effective = change_after(TICK)
    loop, tuner, _ = made(ACTING)
    await loop.tick(effective - 1800.0)
    await worked_out(tuner)
    margins, texts = [], []
    for at in (effective - 30.0, effective - 15.0, effective, effective + 15.0):
        decision = (await loop.tick(at)).decisions[ACTING.workload.id]
        margins.append(decision.margin.ratio)
        texts.append(repr(decision))
        assert decision.outcome is Outcome.PLAN
    assert margins == [1.15, 1.15, 1.5, 1.5]
    again, other, _ = made(ACTING)
    await again.tick(effective)
    await worked_out(other)
    assert repr((await again.tick(effective + 15.0)).decisions[ACTING.workload.id]) == texts[-1]


async def test_a_workload_waits_for_a_choice_that_is_to_act() -> None:
    """After a start nothing is decided that another process would decide otherwise; it says why, and is not ready."""
    workshop = FakeWorkshop()
    loop, tuner, _ = made(ACTING, ADVISED, workshop=workshop)
    workshop.fault = "no room left"
    decisions = (await loop.tick(TICK)).decisions
    assert decisions[ACTING.workload.id].hold_reason == "its settings are still being back-tested"
    assert decisions[ADVISED.workload.id].outcome is Outcome.PLAN
    assert loop.statistics().untested() == "the settings of 1 workloads are still being back-tested"
    assert not await tuner.work()
    held = (await loop.tick(TICK + 15.0)).decisions[ACTING.workload.id]
    assert held.hold_reason == "its settings are still being back-tested (no room left)"
    workshop.fault = ""
    await worked_out(tuner)
    assert (await loop.tick(TICK + 30.0)).decisions[ACTING.workload.id].outcome is Outcome.PLAN
    assert loop.statistics().untested() is None


async def test_a_choice_is_not_waited_for_for_ever() -> None:
    """After ten minutes the document's own settings count, and another try goes on."""
    loop, tuner, _ = made(ACTING)
    for at in (TICK, TICK + 585.0):
        assert (await loop.tick(at)).decisions[ACTING.workload.id].outcome is Outcome.HOLD
    decision = (await loop.tick(TICK + 600.0)).decisions[ACTING.workload.id]
    assert (decision.outcome, decision.margin.ratio, decision.verdict) == (Outcome.PLAN, 1.15, None)
    assert loop.statistics().untested() is None
    assert tuner.pending


async def test_advice_is_shown_and_changes_nothing() -> None:
    """The verdict is there, the margin is the document's; what is off has none."""
    loop, tuner, _ = made(ADVISED, OFF)
    at = change_after(TICK) + 30.0
    await loop.tick(at)
    await worked_out(tuner)
    decisions = (await loop.tick(at + 15.0)).decisions
    verdict = decisions[ADVISED.workload.id].verdict
    assert verdict is not None
    assert decisions[ADVISED.workload.id].margin.ratio == 1.15
    assert decisions[OFF.workload.id].verdict is None


async def test_what_is_read_ends_at_the_cut() -> None:
    """Three days for two that are tried, whole minutes, and nothing after the cut, whenever it is read."""
    workshop = FakeWorkshop()
    tuner = Tuner(workshop)
    effective = change_after(TICK)
    for at in (effective + 10.0, effective + 7000.0):
        tuner.stand(READER, [ACTING], at=at)
        await worked_out(tuner)
    assert [case.cut for case in workshop.cases] == [effective - GRACE_S]
    assert workshop.cases[0].record.minutes == 3 * 1440


async def test_a_change_of_what_is_judged_is_judged_anew() -> None:
    """An override does not matter, a maximum does."""
    workshop = FakeWorkshop()
    tuner, at = Tuner(workshop), change_after(TICK) + 10.0
    same = tuned(
        "llama",
        capacity=CAPACITY,
        tune={"mode": "advise", "days": 2},
        override={"floor": 2, "until": "2030-01-01T00:00:00Z", "author": "me"},
    )
    other = tuned("llama", tune={"mode": "act", "days": 2}, capacity=CAPACITY, replicas={"max": 40})
    counts = []
    for each in (ACTING, same, other):
        tuner.stand(READER, [each], at=at)
        await worked_out(tuner)
        counts.append(len(workshop.cases))
    assert counts == [1, 1, 2]


async def test_workloads_are_judged_in_small_groups_and_those_that_wait_first() -> None:
    """The order in which they are listed does not matter."""
    many = [tuned(f"model-{each}", tune={"mode": "advise", "days": 2}, capacity=CAPACITY) for each in range(5)]
    first, second = Tuner(FakeWorkshop()), Tuner(FakeWorkshop())
    first.stand(READER, [*many, ACTING], at=TICK)
    second.stand(READER, [ACTING, *many[::-1]], at=TICK)
    assert first.pending == second.pending
    assert next_group(first.pending)[0].tuned == ACTING
    assert next_group([first.pending[0]] * 40) == tuple([first.pending[0]] * 16)
    assert next_group([]) == ()


async def test_what_is_hopeless_is_told_at_once() -> None:
    """Nobody knows the engines' speed: no process is begun to find that out."""
    workshop = FakeWorkshop()
    loop, tuner, _ = made(tuned("llama", tune={"mode": "advise", "days": 2}), workshop=workshop)
    await loop.tick(TICK)
    await worked_out(tuner)
    verdict = (await loop.tick(TICK + 15.0)).decisions[ACTING.workload.id].verdict
    assert verdict is not None
    assert "the speed of the engines is not known" in verdict.reason
    assert workshop.cases == []


async def test_what_is_gone_is_forgotten() -> None:
    """Neither verdicts nor wishes are kept of workloads that are not there any more, nor four cuts of others."""
    tuner = Tuner(FakeWorkshop())
    for day in range(4):
        tuner.stand(READER, [ACTING, ADVISED], at=TICK + day * DAY_S)
        await worked_out(tuner)
    assert tuner.remembered <= 2 * (3 + 1)
    tuner.stand(READER, [], at=TICK + 4 * DAY_S)
    assert (tuner.remembered, tuner.pending) == (0, ())
