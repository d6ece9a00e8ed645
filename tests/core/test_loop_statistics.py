"""When the loop counts as stuck."""

from dataclasses import replace

import pytest

from adapter.core.loop_statistics import LoopStatistics


@pytest.mark.parametrize(("interval_s", "limit_s"), [(1.0, 6.5), (15.0, 27.5), (60.0, 95.0)])
def test_loop_is_stuck_after_one_and_a_half_intervals_and_slack(interval_s: float, limit_s: float) -> None:
    """The limit grows with the interval."""
    loop = LoopStatistics(started_at=0.0, interval_s=interval_s, last_tick_start=1000.0, ticks=1)
    assert loop.stuck(now=1000.0 + limit_s) is None
    assert loop.stuck(now=1000.1 + limit_s) is not None


def test_what_a_start_cannot_read_back_is_waited_for_a_minute() -> None:
    """And not at all once it has been read back."""
    loop = LoopStatistics(started_at=1000.0, interval_s=1.0, recalls=False)
    assert loop.amnesia(now=1060.0) == "history is being read back since 60.0 s, allowed are 60.0 s"
    assert loop.amnesia(now=1060.1) is None
    assert replace(loop, recalls=True).amnesia(now=1001.0) is None


def test_first_tick_may_take_long() -> None:
    """It fills history; only once a tick has ended, however it ended, does the interval count."""
    loop = LoopStatistics(started_at=1000.0, interval_s=1.0, last_tick_start=1001.0)
    assert loop.stuck(now=1300.0) is None
    assert replace(loop, tick_failures=1).stuck(now=1300.0) is not None


def test_loop_without_a_tick_is_given_time_since_the_process_started() -> None:
    """History is filled before the first tick."""
    loop = LoopStatistics(started_at=1000.0, interval_s=1.0)
    assert loop.stuck(now=1300.0) is None
    assert loop.stuck(now=1301.0) == "no tick has ended yet: the process started 301.0 s ago, allowed are 300.0 s"
