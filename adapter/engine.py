"""Where much work is done: in this process, in several processes of this machine, or on a Ray cluster.

An engine maps one function over many items and yields the results in the order of the items, each as soon as it and all
before it are there, so that the caller can show progress. The function and the items must be picklable, and a result
may depend on its item only: then every engine gives the same numbers.
Must not know: what the work is.
"""

import logging
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib.util import find_spec
from typing import Any, Protocol, TypeVar

from adapter.core.errors import ScaleaheadError

_FEWEST_PER_PROCESS = 4
"""Items below which another process costs more than it saves."""

_IN_FLIGHT_PER_CPU = 2

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

ENGINES = ("local", "ray")


class EngineFailed(ScaleaheadError):
    """The work could not be done there: the engine is not installed, or its processes died."""


class Engine(Protocol):
    """Maps functions over items."""

    def __call__(self, function: Callable[[_Item], _Result], items: Sequence[_Item], /) -> Iterator[_Result]:
        """Yield the result of each item, in order.

        Raises:
            EngineFailed: the processes of the engine died; says what is known.
        """
        ...


def engine_named(
    name: str, *, jobs: int | None = None, installed: Callable[[str], object | None] = find_spec
) -> Engine:
    """Return the engine of that name.

    Args:
        name: one of `ENGINES`.
        jobs: processes of the local engine, >= 1; None = one per processor where that pays. Ray decides by itself.
        installed: finds a package, None if it is not there.

    Raises:
        EngineFailed: it is not installed; says how to get it.
    """
    if name == "local":
        return LocalEngine(jobs)
    if name != "ray":
        raise EngineFailed(f"there is no engine {name!r}; there are {', '.join(ENGINES)}")
    if installed("ray") is None:
        raise EngineFailed("--engine ray needs Ray, which is not installed: pip install 'scaleahead[ray]'")
    return RayEngine()


class LocalEngine:
    """This machine: a pool of processes, or this very process where few items make a pool a waste."""

    def __init__(self, jobs: int | None = None) -> None:
        self._jobs = jobs

    def __call__(self, function: Callable[[_Item], _Result], items: Sequence[_Item], /) -> Iterator[_Result]:
        """Yield the result of each item, in order; see `Engine`."""
        processes = self._jobs or min(len(os.sched_getaffinity(0)), len(items) // _FEWEST_PER_PROCESS)
        if processes <= 1:
            yield from map(function, items)
            return
        try:
            # spawned: a fork of a process with threads may hang
            with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
                yield from pool.map(function, items)
        except BrokenProcessPool as error:
            raise EngineFailed(
                f"a process of the local engine ended at once, perhaps for want of memory ({error});"
                " fewer --jobs need less"
            ) from error


class RayEngine:
    """A Ray cluster: the one that RAY_ADDRESS names, else one started on this machine for as long as it is needed."""

    def __call__(self, function: Callable[[_Item], _Result], items: Sequence[_Item], /) -> Iterator[_Result]:
        """Yield the result of each item, in order; see `Engine`."""
        import ray  # an optional extra, and slow to import

        started = not ray.is_initialized()
        try:
            if started:
                ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
            yield from _in_order(ray, function, items)
        except (ray.exceptions.RayError, ConnectionError) as error:
            raise EngineFailed(f"Ray failed ({type(error).__name__}: {str(error).strip().splitlines()[-1]})") from error
        finally:
            if started:
                ray.shutdown()


def _in_order(
    ray: Any,  # noqa: ANN401 - an optional extra without a type to name here
    function: Callable[[_Item], _Result],
    items: Sequence[_Item],
) -> Iterator[_Result]:
    """Yield results in order, with no more tasks handed in than keep the cluster busy."""
    remote = ray.remote(function)
    ahead = _IN_FLIGHT_PER_CPU * max(1, int(ray.cluster_resources().get("CPU", 1)))
    waiting = [remote.remote(item) for item in items[:ahead]]
    for place in range(len(items)):
        if place + ahead < len(items):
            waiting.append(remote.remote(items[place + ahead]))
        yield ray.get(waiting[place])
        waiting[place] = None
