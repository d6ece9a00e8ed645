"""What a run is worth, in rows made by hand."""

import math

import numpy as np
import pytest

from adapter.simulation.arrays import FAILED, FINISHED, Records, request_rows
from adapter.simulation.fleet import Fleet
from adapter.simulation.score import ScaleEvent, score
from tests.simulation.workloads import fleet, random_requests, requests


def _rows(*lines: tuple[float, float, int]) -> Records:
    """Return finished requests from (time to first token, mean gap, output tokens), all arriving at 0."""
    ttft_s, gap_s, tokens = (np.array(column) for column in zip(*lines, strict=True))
    rows = request_rows(np.zeros(len(lines)), np.ones(len(lines), dtype=np.int64), tokens)
    rows["state"], rows["queued_s"] = FINISHED, 0.0
    rows["first_token_s"] = ttft_s
    rows["finish_s"] = ttft_s + gap_s * (tokens - 1)
    return rows


def test_both_limits_count_at_once_and_alone() -> None:
    """Good; late; slow; late and slow: 1 of 4 jointly, 2 of 4 within each."""
    result = score(_rows((1.0, 0.05, 20), (3.0, 0.05, 20), (1.0, 0.2, 20), (3.0, 0.2, 20)), (), gpu_hours=1.0)
    assert (result.attainment, result.ttft_attainment, result.itl_attainment) == (0.25, 0.5, 0.5)


def test_gaps_of_short_answers_are_not_judged() -> None:
    """Seven slow tokens pass, eight do not."""
    result = score(_rows((1.0, 0.2, 7), (1.0, 0.2, 8)), (), gpu_hours=0.0)
    assert result.itl_attainment == 0.5


def test_a_failed_request_misses_everything() -> None:
    """It counts among all requests and meets neither limit, even with a first token."""
    rows = _rows((1.0, 0.05, 20), (1.0, 0.05, 20))
    rows["state"][1] = FAILED
    result = score(rows, (), gpu_hours=0.0)
    assert (result.requests, result.failed) == (2, 1)
    assert (result.attainment, result.ttft_attainment, result.itl_attainment) == (0.5, 0.5, 0.5)


def test_requests_to_come_do_not_count() -> None:
    """A run that ended early is judged by what arrived."""
    served: Fleet = fleet(requests([1.0, 2.0, 50.0]))
    served.advance(10.0)
    assert score(served.requests, (), gpu_hours=0.0).requests == 2


def test_percentiles_are_of_the_time_to_first_token() -> None:
    """Median of 1, 2, 9 s is 2 s."""
    assert score(_rows((1, 0, 2), (2, 0, 2), (9, 0, 2)), (), gpu_hours=0.0).ttft_p50_s == 2.0


def test_without_requests_shares_are_unknown() -> None:
    """NaN, not 0 and not 1."""
    result = score(request_rows(*(np.zeros(0),) * 3), (), gpu_hours=2.0)
    assert math.isnan(result.attainment)
    assert math.isnan(result.ttft_p99_s)


def test_cold_hits_are_requests_that_met_no_replica() -> None:
    """Two of three arrive before the first pod is ready."""
    served = fleet(requests([1.0, 2.0, 50.0]), replicas=0)
    served.scale_to(1)
    served.advance(100.0)
    assert score(served.requests, (), gpu_hours=0.0).cold_hits == 2


def test_flaps_and_wakeups_are_counted_from_the_changes_of_size() -> None:
    """0-1-2-1 within ten minutes is one flap and one wake-up; growing again after an hour is no flap."""
    events = [
        ScaleEvent(at_s=at, before=before, after=after)
        for at, before, after in ((0, 0, 1), (60, 1, 2), (300, 2, 1), (4000, 1, 3))
    ]
    result = score(_rows((1, 0, 2)), events, gpu_hours=0.0)
    assert (result.wakeups, result.flaps) == (1, 1)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_larger_fleet_never_attains_less(seed: int) -> None:
    """On one trace, attainment rises with the number of replicas."""
    trace = random_requests(seed, rate=60, seconds=100)
    shares = []
    for replicas in (1, 2, 3, 4, 6):
        served = fleet(trace, replicas=replicas)
        served.advance(600.0)
        shares.append(score(served.requests, (), gpu_hours=served.gpu_hours()).attainment)
    assert shares == sorted(shares)
    assert shares[0] < shares[-1]
