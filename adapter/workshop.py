"""Where back-tests run: a process of its own, with the lowest priority, that ends when it has nothing to do.

A tick must never wait for a back-test, not even for the interpreter's lock, and the memory of a back-test goes with its
process. Implements the port `adapter.tuner.Workshop`.
"""

import asyncio
import multiprocessing
import os
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Final

from adapter.core.knobs import knobs_of
from adapter.core.verdict import Verdict, undecided
from adapter.simulation.judging import Case, judge
from adapter.tuner import WorkshopFailed

_NICE: Final = 19
_PATIENCE_S: Final = 1800.0  # for one group


class ProcessWorkshop:
    """Judges each group of cases in a process that is begun for it."""

    async def judge(self, cases: Sequence[Case]) -> list[Verdict]:
        """Return the verdict on each case, in their order; see `Workshop`. A cancelled call ends its process."""
        spawn = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
        ours, theirs = spawn.Pipe(duplex=True)
        process = spawn.Process(target=work, args=(theirs,), name="scaleahead back-test", daemon=True)
        await asyncio.to_thread(process.start)
        theirs.close()
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return [await asyncio.to_thread(_ask, ours, case) for case in cases]
        except (EOFError, OSError, TimeoutError) as error:
            raise WorkshopFailed(f"the back-test process ended or took too long ({error!r})") from error
        finally:
            process.terminate()  # closes its end, so that a thread that still waits is done too
            ours.close()
            await asyncio.to_thread(process.join)


def work(connection: Connection) -> None:
    """Judge case after case until the other end is closed."""
    os.nice(_NICE)
    while True:
        try:
            case: Case = connection.recv()
        except EOFError:
            return
        connection.send(_judged(case))


def _judged(case: Case) -> Verdict:
    """Return the verdict; an error is one too, as every process that tries would meet it."""
    try:
        return judge(case)
    except Exception as error:  # noqa: BLE001 - told to whoever asked; one bad case must not cost the others
        reason = f"the back-test failed ({type(error).__name__}: {error})"
        return undecided(knobs_of(case.tuned.tuning), cut=case.cut, reason=reason)


def _ask(connection: Connection, case: Case) -> Verdict:
    connection.send(case)
    verdict: Verdict = connection.recv()
    return verdict
