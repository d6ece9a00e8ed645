"""Memories of workloads at a time of the past, read from a Prometheus."""

from collections.abc import Sequence

from adapter.core.history import History
from adapter.core.tuning import TunedWorkload
from adapter.priming import backfill
from adapter.recall import NothingRead
from adapter.stretch import Reader


async def read_memory(reader: Reader, tuned: Sequence[TunedWorkload], *, until: float) -> History:
    """Return what a process with this configuration remembered at a time, rows in the order of `tuned`.

    Raises:
        NothingRead: a query was not answered.
    """
    history = await backfill(reader, tuned, until=until, without=frozenset())
    if history is None:
        raise NothingRead("the history before the studied time was not answered in full; try again, or fewer workloads")
    return history
