"""Twin of adapter/access/recent.py."""

import asyncio

import pytest

from adapter.access.recent import Recent
from tests.factories import FixedClock


class _Oracle:
    """Counts what it is asked, and answers with the count."""

    def __init__(self) -> None:
        self.asked = 0
        self.fails = False

    async def answer(self) -> int:
        self.asked += 1
        await asyncio.sleep(0)
        if self.fails:
            raise ValueError("no answer")
        return self.asked


async def test_an_answer_counts_for_ten_seconds() -> None:
    """Then it is asked again."""
    clock, oracle = FixedClock(), _Oracle()
    recent: Recent[str, int] = Recent(clock)
    first = await recent.get("a", oracle.answer)
    clock.at += 9.9
    assert await recent.get("a", oracle.answer) == first
    clock.at += 0.2
    assert await recent.get("a", oracle.answer) == first + 1


async def test_a_clock_that_is_set_back_prolongs_nothing() -> None:
    """What was allowed would count for an hour otherwise."""
    clock, oracle = FixedClock(), _Oracle()
    recent: Recent[str, int] = Recent(clock)
    first = await recent.get("a", oracle.answer)
    clock.at -= 3600.0
    assert await recent.get("a", oracle.answer) == first + 1


async def test_equal_questions_at_one_time_are_asked_once_also_if_the_first_hangs_up() -> None:
    """Who waits gets the answer that the first asked for."""
    oracle, recent = _Oracle(), Recent[str, int](FixedClock())
    waiting = [asyncio.create_task(recent.get("a", oracle.answer)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    assert await asyncio.gather(*waiting[1:]) == [1, 1]
    assert oracle.asked == 1


async def test_a_failure_is_not_remembered() -> None:
    """All who waited get it, and the next one asks again."""
    oracle, recent = _Oracle(), Recent[str, int](FixedClock())
    oracle.fails = True
    with pytest.raises(ValueError, match="no answer"):
        await recent.get("a", oracle.answer)
    oracle.fails = False
    assert await recent.get("a", oracle.answer) == 2


async def test_the_oldest_answers_make_room() -> None:
    """Memory is bounded, whatever callers ask."""
    oracle = _Oracle()
    recent: Recent[str, int] = Recent(FixedClock(), most=2)
    for key in ("a", "b", "c", "b"):
        await recent.get(key, oracle.answer)
    assert oracle.asked == 3
    await recent.get("a", oracle.answer)
    assert oracle.asked == 4
