"""The feed hands out the newest snapshot and says when there is a newer one."""

import asyncio

from adapter.core.snapshot import Snapshot
from adapter.feed import SnapshotFeed


def _snapshot(at: float) -> Snapshot:
    return Snapshot(at=at, interval_s=15.0, decisions={})


def test_the_newest_snapshot_is_current() -> None:
    """Before the first publish there is none; afterwards the last one counts."""
    feed = SnapshotFeed()
    assert feed.current() is None
    newest = _snapshot(30.0)
    for each in (_snapshot(15.0), newest):
        feed.publish(each)
    assert feed.current() is newest


async def test_every_listener_is_woken_by_a_publish() -> None:
    """Two listeners that wait both go on, and find the snapshot there."""
    feed = SnapshotFeed()

    async def next_time() -> float:
        with feed.listen() as news:
            await news.wait()
            current = feed.current()
            assert current is not None
            return current.at

    waiting = [asyncio.create_task(next_time()) for _ in range(2)]
    await asyncio.sleep(0)
    assert feed.listeners == 2
    feed.publish(_snapshot(15.0))
    assert await asyncio.gather(*waiting) == [15.0, 15.0]


async def test_a_cancelled_listener_leaves_nothing_behind() -> None:
    """Its event is forgotten."""
    feed = SnapshotFeed()

    async def listen() -> None:
        with feed.listen() as news:
            await news.wait()

    task = asyncio.create_task(listen())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert feed.listeners == 0
