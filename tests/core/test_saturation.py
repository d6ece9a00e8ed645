import numpy as np
import pytest

from adapter.core.saturation import piled_up, saturated
from adapter.core.signal import FloatArray, Signal


def cell(number: float) -> FloatArray:
    """Return one workload at one time."""
    return np.array([[number]])


def full(**values: float) -> bool:
    """Return whether one step was saturated, by what is known of it."""
    return bool(saturated({Signal(name): cell(number) for name, number in values.items()}).item())


def test_a_queue_that_is_long_for_what_runs_is_saturation() -> None:
    """More than a tenth of what runs."""
    assert full(queue_depth=21.0, requests_running=200.0)
    assert not full(queue_depth=19.0, requests_running=200.0)


def test_a_request_between_two_iterations_is_no_saturation() -> None:
    """One waits while three run: the next iteration takes it."""
    assert not full(queue_depth=1.0, requests_running=3.0)


def test_what_waits_at_the_gateway_counts() -> None:
    """A gateway that holds requests back hides the queue from the engines."""
    assert full(queue_depth=0.0, requests_running=50.0, demand_at_zero=40.0)


def test_requests_that_wait_for_a_first_replica_are_saturation() -> None:
    """There is no engine to show what runs."""
    assert full(demand_at_zero=5.0)


@pytest.mark.parametrize("known", [{"requests_running": 50.0}, {}, {"queue_depth": float("nan")}])
def test_what_is_not_known_is_not_claimed(known: dict[str, float]) -> None:
    """A gap is a gap, not saturation."""
    assert not full(**known)


def test_a_fleet_is_judged_at_once() -> None:
    """Row by row and step by step, gaps in between."""
    waiting = np.array([[0.0, 50.0], [np.nan, 3.0]])
    running = np.array([[10.0, 100.0], [10.0, 100.0]])
    seen = saturated({Signal.QUEUE_DEPTH: waiting, Signal.REQUESTS_RUNNING: running})
    assert seen.tolist() == [[False, True], [False, False]]
    assert piled_up(waiting, running).tolist() == seen.tolist()
