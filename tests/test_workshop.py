"""Back-tests run in a process of their own, which ends with the question."""

import asyncio
import multiprocessing
from dataclasses import replace

import numpy as np
import pytest

from adapter.core.knobs import knobs_of
from adapter.core.stepper import tune
from adapter.simulation.judging import Case
from adapter.simulation.profiles import LLAMA_8B_H100
from adapter.simulation.recorded import RECORDED, Record
from adapter.tuner import WorkshopFailed
from adapter.workshop import ProcessWorkshop

pytestmark = pytest.mark.timeout(120)  # begins a process, which imports much

TUNED = tune({"margin": 1.3})


def case(*, minutes: int = 100) -> Case:
    """Return a case with too little history to conclude anything."""
    values = dict.fromkeys(RECORDED, np.full(minutes, np.nan))
    record = Record(workload=TUNED.workload.id, start=0.0, values=values)
    return Case(tuned=TUNED, record=record, model=LLAMA_8B_H100, cut=60.0 * minutes)


def left_over() -> list[str]:
    """Return the back-test processes that are still there."""
    return [each.name for each in multiprocessing.active_children() if "back-test" in each.name]


async def begun() -> None:
    """Wait for a process."""
    for _ in range(1000):
        if left_over():
            return
        await asyncio.sleep(0.05)
    pytest.fail("no process has begun")


async def test_verdicts_come_back_in_order_and_the_process_is_gone() -> None:
    """One process for all cases of a question; a case that cannot be judged is told, and costs the others nothing."""
    broken = replace(case(), record=Record(workload=TUNED.workload.id, start=0.0, values={}))
    told = await ProcessWorkshop().judge([case(minutes=100), broken, case(minutes=200)])
    assert [each.reason.split(" (")[0] for each in told] == [
        "0 whole days of history can be tried, at least 2 are needed",
        "the back-test failed",
        "0 whole days of history can be tried, at least 2 are needed",
    ]
    assert all(each.chosen == knobs_of(TUNED.tuning) for each in told)
    assert "KeyError" in told[1].reason
    assert left_over() == []


async def test_a_cancelled_question_ends_the_process() -> None:
    """Stopping the program does not wait for a back-test."""
    task = asyncio.create_task(ProcessWorkshop().judge([case()] * 50))
    await begun()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left_over() == []


async def test_a_process_that_dies_is_an_error_with_its_name() -> None:
    """It is tried again later; nothing is concluded from it."""
    task = asyncio.create_task(ProcessWorkshop().judge([case()] * 5000))
    await begun()
    for each in multiprocessing.active_children():
        each.kill()
    with pytest.raises(WorkshopFailed, match="the back-test process ended or took too long"):
        await task
