import numpy as np
import pytest

from adapter.core.saturation import piled_up


def full(*, waiting: float, running: float) -> bool:
    """Return whether requests piled up in one step, by what is known of it."""
    return bool(piled_up(np.array([[waiting]]), np.array([[running]])).item())


def test_a_queue_that_is_long_for_what_runs_is_saturation() -> None:
    """More than a tenth of what runs."""
    assert full(waiting=21.0, running=200.0)
    assert not full(waiting=19.0, running=200.0)


def test_a_request_between_two_iterations_is_no_saturation() -> None:
    """One waits while three run: the next iteration takes it."""
    assert not full(waiting=1.0, running=3.0)


def test_requests_that_wait_for_a_first_replica_are_saturation() -> None:
    """There is no engine to show what runs."""
    assert full(waiting=5.0, running=0.0)


@pytest.mark.parametrize(("waiting", "running"), [(np.nan, 50.0), (50.0, np.nan), (np.nan, np.nan)])
def test_what_is_not_known_is_not_claimed(waiting: float, running: float) -> None:
    """A gap is a gap, not saturation."""
    assert not full(waiting=waiting, running=running)


def test_a_fleet_is_judged_at_once() -> None:
    """Row by row and step by step, gaps in between."""
    waiting = np.array([[0.0, 50.0], [np.nan, 3.0]])
    running = np.array([[10.0, 100.0], [10.0, 100.0]])
    assert piled_up(waiting, running).tolist() == [[False, True], [False, False]]
