"""The newest snapshot, and word of it: published by the tick, read by every shell.

Why it exists: a request wants the newest snapshot at once, a stream wants to know when there is a newer one. Both sides
live on one event loop, so replacing a reference is enough and there are no locks.
Must not know: what is in a snapshot, who reads it.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from adapter.core.snapshot import Snapshot
from adapter.ports import SnapshotSink


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Everybody who is told of a snapshot; implements the port `SnapshotSink`."""

    sinks: tuple[SnapshotSink, ...]

    def publish(self, snapshot: Snapshot) -> None:
        """Tell them in order."""
        for sink in self.sinks:
            sink.publish(snapshot)


class SnapshotFeed:
    """Holds the newest snapshot; implements the ports `SnapshotSink` and `SnapshotReader`.

    Use it on one event loop only: `publish` wakes listeners directly.
    """

    def __init__(self) -> None:
        self._current: Snapshot | None = None
        self._listeners: set[asyncio.Event] = set()

    def publish(self, snapshot: Snapshot) -> None:
        """Replace the current snapshot and wake every listener."""
        self._current = snapshot
        for event in self._listeners:
            event.set()

    def current(self) -> Snapshot | None:
        """Return the newest snapshot, or None before the first tick has finished."""
        return self._current

    @property
    def listeners(self) -> int:
        """Return how many listen at the moment."""
        return len(self._listeners)

    @contextmanager
    def listen(self) -> Iterator[asyncio.Event]:
        """Yield an event that every publish sets; the listener clears it before it looks at `current()`."""
        event = asyncio.Event()
        self._listeners.add(event)
        try:
            yield event
        finally:
            self._listeners.discard(event)
