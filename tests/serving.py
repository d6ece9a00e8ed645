"""A real HTTP server in a thread of its own, so that tests talk to it over a socket with ordinary clients."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator

from adapter.server import HttpServer


@contextlib.contextmanager
def served(server: HttpServer) -> Iterator[str]:
    """Run the server while the block lasts and hand out its URL; the port already accepts connections."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(server.run())
    thread = threading.Thread(target=_run, args=(loop, task), daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(timeout=10)


def _run(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        loop.run_until_complete(task)
    loop.close()
