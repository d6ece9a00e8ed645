"""Keeping up with the tuning document, and telling once whenever its standing changes.

A rejected document changes nothing but what is told: the last good tuning stays in force.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from adapter.core.loop_statistics import LoopStatistics
from adapter.core.tuning import TuningState
from adapter.ports import Clock, LoopReader, TuningSource

_log = logging.getLogger(__name__)
_PROBLEMS_LOGGED: Final = 20


class WatchedTuning(TuningSource, Protocol):
    """A tuning document that may change."""

    @property
    def state(self) -> TuningState:
        """How the document stood at the last refresh."""
        ...

    async def arrival(self) -> None:
        """Return once there may be something new."""
        ...

    def refresh(self, now: float) -> bool:
        """Judge the newest document and return whether another tuning is in force now."""
        ...


class StateTeller(Protocol):
    """Who is told that the standing of the document has changed."""

    def tell(self, state: TuningState) -> None:
        """Pass it on, without waiting."""
        ...


class TuningWatch:
    """Looks at each document that arrives, and counts rejected ones.

    Args:
        file: the tuning document.
        clock: tells since when a state holds.
        tellers: are told of each change of its standing, besides the log.
    """

    def __init__(self, file: WatchedTuning, clock: Clock, *, tellers: Sequence[StateTeller] = ()) -> None:
        self._file = file
        self._clock = clock
        self._tellers = tellers
        self._told = file.state
        self._crash = ""
        self.rejections = 0
        _warn(file)

    @property
    def state(self) -> TuningState:
        """How the document stands."""
        return self._told

    @property
    def valid(self) -> bool:
        """Whether the document as it is now is the one in force."""
        return self._told.valid and not self._crash

    async def run(self) -> None:
        """Keep up until cancelled."""
        while True:
            await self._file.arrival()
            await self.refresh()

    async def refresh(self) -> None:
        """Look once; parsing a large document takes a while, so it happens in a worker thread."""
        crash = ""
        try:
            changed = await asyncio.to_thread(self._file.refresh, self._clock.now())
        except Exception as error:  # noqa: BLE001 - a document must not be able to stop the process
            changed, crash = False, repr(error)
            if crash != self._crash:
                self.rejections += 1
                _log.exception("the tuning document could not be read; the last good tuning stays in force")
        self._crash = crash
        if self._file.state != self._told:
            self._tell(self._file.state)
        if changed:
            _warn(self._file)

    def _tell(self, state: TuningState) -> None:
        was_valid = self._told.valid
        self._told = state
        for teller in self._tellers:
            teller.tell(state)
        if not state.valid:
            self.rejections += 1
            _log.error("tuning rejected", extra={"problems": len(state.problems), "in_force": state.digest})
            for problem in state.problems[:_PROBLEMS_LOGGED]:
                _log.error("tuning problem: %s", problem)
        elif not was_valid:
            _log.info("tuning accepted again", extra={"in_force": state.digest})


class TunedLoopReader:
    """The statistics of the loop, with how its tuning stands; implements the port `LoopReader`."""

    def __init__(self, loop: LoopReader, watch: TuningWatch) -> None:
        self._loop = loop
        self._watch = watch

    def statistics(self) -> LoopStatistics:
        """Return the counts and times of the loop so far."""
        return replace(
            self._loop.statistics(),
            tuning_valid=self._watch.valid,
            tuning_since=self._watch.state.since,
            tuning_rejections=self._watch.rejections,
        )


def _warn(file: TuningSource) -> None:
    for warning in file.current().warnings:
        _log.warning("tuning: %s", warning)
