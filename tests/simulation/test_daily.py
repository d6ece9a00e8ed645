"""Twin of adapter/simulation/daily.py."""

import pytest

from adapter.simulation.closed_loop import close_loop
from adapter.simulation.daily import DAY_S, with_days
from adapter.simulation.policies import ReactiveHpa
from adapter.simulation.score import DEFAULT_OBJECTIVE
from tests.simulation.workloads import fleet, random_requests


def test_days_add_up_to_the_run() -> None:
    """Two days and a half of a load that needs two or three replicas: GPU-hours, requests, failures and cold hits."""
    served = fleet(random_requests(2, rate=0.5, seconds=2.5 * DAY_S, output=200), replicas=1)
    run = close_loop(served, ReactiveHpa(target=1.0, max_replicas=4), end_s=2.5 * DAY_S, sync_s=60.0)
    made = with_days(run, served, objective=DEFAULT_OBJECTIVE)
    assert len(made.days) == 3
    assert sum(day.gpu_hours for day in made.days) == pytest.approx(run.score.gpu_hours)
    assert sum(day.requests for day in made.days) == run.score.requests
    assert sum(day.cold_hits for day in made.days) == run.score.cold_hits
    served_in_time = sum(day.attainment * day.requests for day in made.days)
    assert served_in_time == pytest.approx(run.score.attainment * run.score.requests)


def test_a_run_that_never_began_has_one_empty_day() -> None:
    """Of no requests and no GPU-hours."""
    served = fleet(random_requests(2, rate=1.0, seconds=10))
    [day] = with_days(
        close_loop(served, ReactiveHpa(target=1.0, max_replicas=1), end_s=0.0), served, objective=DEFAULT_OBJECTIVE
    ).days
    assert (day.requests, day.gpu_hours) == (0, 0.0)
