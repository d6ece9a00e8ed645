"""Waiting for another process, with a limit and a message that says what was seen last."""

import time
from collections.abc import Callable
from typing import TypeVar

_Answer = TypeVar("_Answer")


def wait_until(
    ask: Callable[[], _Answer],
    *,
    accept: Callable[[_Answer], object] = bool,
    limit_s: float = 30.0,
    pause_s: float = 0.1,
) -> _Answer:
    """Ask until the answer is acceptable and return it.

    Args:
        ask: the question; OSError counts as "not yet" (a server that still starts refuses connections).
        accept: judges an answer by truth value; by default anything truthy is acceptable.
        limit_s: seconds after which TimeoutError names the last answer.
        pause_s: seconds between two questions.
    """
    deadline = time.monotonic() + limit_s
    while True:
        last: object
        try:
            last = answer = ask()
            if accept(answer):
                return answer
        except OSError as error:
            last = error
        if time.monotonic() >= deadline:
            raise TimeoutError(f"not seen within {limit_s:g} s; the last answer was {last!r}")
        time.sleep(pause_s)
