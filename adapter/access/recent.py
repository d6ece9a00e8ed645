"""Answers of a moment ago, so that a caller who asks often is looked up seldom.

Equal questions at the same time are asked once. Failures are not remembered. Must not know: what is asked.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from adapter.ports import Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

FOR_S: Final = 10.0
"""How long an answer counts, in seconds, as in Kubernetes' own servers."""
_MOST: Final = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer(Generic[V]):
    value: V
    at: float


class Recent(Generic[K, V]):
    """Remembers answers for a short time.

    Args:
        clock: tells how old answers are.
        for_s: how long they count, in seconds.
        most: how many are kept; the oldest go first.
    """

    def __init__(self, clock: Clock, *, for_s: float = FOR_S, most: int = _MOST) -> None:
        self._clock = clock
        self._for_s = for_s
        self._most = most
        self._answers: OrderedDict[K, _Answer[V]] = OrderedDict()
        self._asked: dict[K, asyncio.Task[V]] = {}

    async def get(self, key: K, ask: Callable[[], Awaitable[V]]) -> V:
        """Return the answer of a moment ago, or a new one.

        Args:
            key: the question.
            ask: finds the answer; what it raises, everybody gets who waits for it.
        """
        known = self._answers.get(key)
        # A clock that is set back must not prolong what was allowed.
        if known is not None and 0 <= self._clock.now() - known.at < self._for_s:
            return known.value
        asked = self._asked.get(key)
        if asked is None:
            asked = self._asked[key] = asyncio.create_task(self._find(key, ask))
        return await asyncio.shield(asked)  # whoever asked first may hang up

    async def _find(self, key: K, ask: Callable[[], Awaitable[V]]) -> V:
        try:
            value = await ask()
        finally:
            del self._asked[key]
        self._answers.pop(key, None)
        self._answers[key] = _Answer(value=value, at=self._clock.now())
        while len(self._answers) > self._most:
            self._answers.popitem(last=False)
        return value
