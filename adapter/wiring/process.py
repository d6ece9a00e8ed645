"""A process of `scaleahead serve`: all parts in one task group, ended by one owner of its signals.

On SIGTERM or SIGINT the listeners stop first: they accept nothing new, finish what they have begun, and end open
streams with OK. The loop stops last; a tick that is under way by then is dropped, which loses nothing, because it
publishes at its very end and nothing is kept on disk. A second signal ends the process at once.
"""

import asyncio
import logging
import signal
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Any, Final

from adapter.cluster.api import connect
from adapter.core.errors import ScaleaheadError
from adapter.settings import Settings
from adapter.wiring.membership import Membership
from adapter.wiring.opened_tuning import Runs, open_tuning
from adapter.wiring.parts import Parts, assemble

_log = logging.getLogger(__name__)
_ENDINGS: Final = (signal.SIGTERM, signal.SIGINT)


class KedaListenError(ScaleaheadError):
    """The KEDA scaler cannot listen; nothing was started."""


async def run_process(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        TuningError: the tuning document is rejected; nothing was started.
        ListenError: a port is taken; nothing was started.
        CertificateError: certificate files do not work; nothing was started.
        KedaListenError: either, for the KEDA scaler.
        ClusterConfigError: there are no credentials for the cluster; nothing was started.
    """
    async with AsyncExitStack() as stack:
        api = None
        if settings.cluster is not None:
            api = await stack.enter_async_context(await connect(settings.cluster.kubeconfig))
        tuning = await open_tuning(settings, api)
        membership = None if api is None or settings.cluster is None else Membership(settings.cluster, api)
        parts = assemble(settings, tuning, membership)
        await _serve(parts, lambda: [*tuning.runs(), *([] if membership is None else membership.runs())])


async def _serve(parts: Parts, more: Runs) -> None:
    with _stop_event() as stop:
        try:
            await parts.keda.start()
        except (OSError, ValueError) as error:
            raise KedaListenError(str(error)) from error
        try:
            await _run_parts(parts, more, stop)
        finally:
            parts.deciding.close()


async def _run_parts(parts: Parts, more: Runs, stop: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as group:
        inner = _started(group, [*parts.deciding.runs(), parts.watch.run(), *more(), *parts.doors.runs()])
        outer = _started(group, [parts.keda.run(), *(server.run() for server in parts.web)])
        await stop.wait()
        _log.info("stopping: listeners first, then the loop")
        for tasks in (outer, inner):
            await _ended(tasks)
    _log.info("stopped")


def _started(group: asyncio.TaskGroup, runs: Sequence[Coroutine[Any, Any, None]]) -> list[asyncio.Task[None]]:
    return [group.create_task(run) for run in runs]


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


@contextmanager
def _stop_event() -> Iterator[asyncio.Event]:
    """Yield an event that the first SIGTERM or SIGINT sets; after it, signals have their usual effect again."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def on_signal() -> None:
        stop.set()
        _release()

    def _release() -> None:
        for each in _ENDINGS:
            with suppress(ValueError):
                loop.remove_signal_handler(each)

    for each in _ENDINGS:
        loop.add_signal_handler(each, on_signal)
    try:
        yield stop
    finally:
        _release()
