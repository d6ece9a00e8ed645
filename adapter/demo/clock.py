"""Simulated time that passes faster than the wall clock.

Implements the port `Clock`. The replay moves it from tick to tick; pacing sleeps until the wall clock has caught up,
and does not sleep at all where the machine is too slow for the speed asked for.
"""

import asyncio


class PacedClock:
    """Simulated seconds since epoch.

    Args:
        epoch: simulated time at the start.
        speed: simulated seconds per second, > 0.
    """

    def __init__(self, *, epoch: float, speed: float) -> None:
        self._epoch = epoch
        self._now = epoch
        self._speed = speed
        self._started = asyncio.get_running_loop().time()

    def now(self) -> float:
        """Return the simulated time."""
        return self._now

    async def sleep_until(self, at: float) -> None:
        """Return at the wall-clock moment that belongs to the simulated time `at`, and make it that time."""
        due = self._started + (at - self._epoch) / self._speed
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
        self._now = at
