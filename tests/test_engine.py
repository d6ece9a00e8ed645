"""Engines: the same numbers wherever the work is done."""

import math
import os
import time

import pytest

from adapter.engine import EngineFailed, LocalEngine, RayEngine, engine_named


def _slow_at_first(item: int) -> tuple[int, int]:
    """Return the item and the process; the first item takes longest."""
    time.sleep(0.2 if item == 0 else 0.0)
    return item, os.getpid()


def _dies(_item: int) -> None:
    os._exit(1)


def test_few_items_are_worked_on_in_this_process() -> None:
    """A pool for three items would cost more than it saves."""
    assert [process for _, process in LocalEngine()(_slow_at_first, [0, 1, 2])] == [os.getpid()] * 3


@pytest.mark.integration
def test_a_pool_gives_the_results_in_the_order_of_the_items() -> None:
    """Also when the first takes longest, and in processes of its own."""
    found = list(LocalEngine(2)(_slow_at_first, list(range(6))))
    assert [item for item, _ in found] == list(range(6))
    assert os.getpid() not in {process for _, process in found}


@pytest.mark.integration
def test_a_process_that_dies_is_an_error_with_a_reason() -> None:
    """As when the kernel ends it for want of memory."""
    with pytest.raises(EngineFailed, match=r"ended at once.*--jobs"):
        list(LocalEngine(2)(_dies, [1, 2]))


def test_an_exception_of_the_work_is_the_callers() -> None:
    """A bug in the work is not blamed on the engine."""
    with pytest.raises(ValueError, match=r"domain|nonnegative"):
        list(engine_named("local", jobs=1)(math.sqrt, [1.0, -1.0]))


def test_ray_that_is_not_installed_is_said_with_the_way_to_get_it() -> None:
    """The extra is optional."""
    with pytest.raises(EngineFailed, match=r"pip install 'scaleahead\[ray\]'"):
        engine_named("ray", installed=lambda _: None)
    assert isinstance(engine_named("ray", installed=lambda name: name), RayEngine)


def test_an_engine_nobody_made_is_refused_by_name() -> None:
    """The message lists those that there are."""
    with pytest.raises(EngineFailed, match="'spark'; there are local, ray"):
        engine_named("spark")
