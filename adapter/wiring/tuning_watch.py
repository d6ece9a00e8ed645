"""Keeping up with the tuning file, and telling once whenever its standing changes.

A rejected document changes nothing but what is told: the last good tuning stays in force.
"""

import asyncio
import logging
from dataclasses import replace
from typing import Final

from adapter.cluster.tuning_file import TuningFile, TuningState
from adapter.core.loop_statistics import LoopStatistics
from adapter.ports import Clock, LoopReader

_log = logging.getLogger(__name__)
_EVERY_S: Final = 2.0
_PROBLEMS_LOGGED: Final = 20


class TuningWatch:
    """Reads the file again and again, and counts rejected documents.

    Args:
        file: the tuning file.
        clock: tells since when a state holds.
        every_s: time between two reads, in seconds.
    """

    def __init__(self, file: TuningFile, clock: Clock, *, every_s: float = _EVERY_S) -> None:
        self._file = file
        self._clock = clock
        self._every_s = every_s
        self._told = file.state
        self._crash = ""
        self.rejections = 0
        _warn(file)

    @property
    def valid(self) -> bool:
        """Whether the document as it is now is the one in force."""
        return self._told.valid and not self._crash

    async def run(self) -> None:
        """Keep up until cancelled."""
        while True:
            await asyncio.sleep(self._every_s)
            await self.refresh()

    async def refresh(self) -> None:
        """Read the file once; parsing a large document takes a while, so it happens in a worker thread."""
        crash = ""
        try:
            changed = await asyncio.to_thread(self._file.refresh, self._clock.now())
        except Exception as error:  # noqa: BLE001 - a document must not be able to stop the process
            changed, crash = False, repr(error)
            if crash != self._crash:
                self.rejections += 1
                _log.exception("the tuning file could not be read; the last good tuning stays in force")
        self._crash = crash
        if self._file.state != self._told:
            self._tell(self._file.state)
        if changed:
            _warn(self._file)

    def _tell(self, state: TuningState) -> None:
        was_valid = self._told.valid
        self._told = state
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
            self._loop.statistics(), tuning_valid=self._watch.valid, tuning_rejections=self._watch.rejections
        )


def _warn(file: TuningFile) -> None:
    for warning in file.current().warnings:
        _log.warning("tuning: %s", warning)
