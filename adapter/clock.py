"""The wall clock; implements the port `Clock`."""

import asyncio
import time

_LONGEST_SLEEP_S = 1.0  # the wall clock may be set meanwhile, which a longer sleep would not notice


class SystemClock:
    """The time of this machine, seconds since the epoch."""

    def now(self) -> float:
        """Return the time."""
        return time.time()

    async def sleep_until(self, at: float) -> None:
        """Return once `now()` has reached `at`, also when the clock is set meanwhile."""
        while (left_s := at - time.time()) > 0:  # noqa: ASYNC110 - time passes without an event
            await asyncio.sleep(min(left_s, _LONGEST_SLEEP_S))
