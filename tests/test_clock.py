"""Twin of adapter/clock.py."""

import asyncio
import time

from adapter.clock import SystemClock


async def test_sleep_ends_once_the_time_has_come() -> None:
    """Not before, and at once when it has passed."""
    clock = SystemClock()
    at = clock.now() + 0.05
    await clock.sleep_until(at)
    assert clock.now() >= at
    await asyncio.wait_for(clock.sleep_until(at - 10), timeout=1)


def test_now_is_the_wall_clock() -> None:
    """Seconds since the epoch."""
    assert abs(SystemClock().now() - time.time()) < 1
