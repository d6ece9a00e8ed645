import math
from dataclasses import replace

import pytest

from adapter.core.activation import Arrivals, activate, quiet_since
from adapter.core.decision import ReplicaCounts, WorkloadForecast
from adapter.core.lead_time import HORIZON_LADDER_S
from adapter.core.sight import Sight
from tests.factories import TICK
from tests.fakes import tuned

TUNING = tuned("llama", replicas={"min": 0}).tuning
QUIET = Sight(
    replicas=ReplicaCounts(requested=1, status=1, ready=1),
    arriving=0.0,
    arrivals=0.0,
    waiting=0.0,
    waiting_work=0.0,
    running=0.0,
    kv_cache_usage=math.nan,
    gpu_utilization=math.nan,
    doubts=(),
    blind="",
    gate_zero=True,
)
ASLEEP = replace(QUIET, replicas=ReplicaCounts(requested=0, status=0, ready=0))


def arrivals(*, within_480_s: float, later: float) -> WorkloadForecast:
    """Return a forecast of arrivals only; 480 s are lead time and break-even together."""
    rungs = len(HORIZON_LADDER_S)
    chances = tuple(within_480_s if horizon <= 480.0 else later for horizon in HORIZON_LADDER_S)
    return WorkloadForecast(
        origin=TICK,
        horizons_s=HORIZON_LADDER_S,
        quantiles=(0.5,),
        peak=((0.0,) * rungs,),
        arrival_probability=chances,
        skill=0.0,
        coverage=0.9,
        trusted=True,
    )


def expecting(forecast: WorkloadForecast | None) -> Arrivals:
    """Return what is expected, at a lead time of 180 s."""
    return Arrivals(forecast=forecast, lead_s=180.0, now=TICK)


def test_quiet_time_starts_with_the_first_quiet_tick() -> None:
    """It goes on while all is quiet, ends with the first doubt, and reaches back no further than hold.idle."""
    assert quiet_since(None, QUIET, now=TICK, tuning=TUNING) == TICK
    assert quiet_since(TICK, QUIET, now=TICK + 15, tuning=TUNING) == TICK
    assert quiet_since(TICK, replace(QUIET, running=1.0), now=TICK + 15, tuning=TUNING) is None
    assert quiet_since(TICK, replace(QUIET, doubts=("x",)), now=TICK + 15, tuning=TUNING) is None
    assert quiet_since(TICK, QUIET, now=TICK + 900, tuning=TUNING) == TICK + 600


def test_zero_takes_a_known_count_of_replicas() -> None:
    """Without one, no engine at zero looks like engines that nobody can see, and nothing would wake the workload."""
    unknown = replace(QUIET, replicas=ReplicaCounts(requested=None, status=None, ready=None))
    step = activate(0, unknown, since=TICK - 900, arrivals=expecting(None), tuning=TUNING)
    assert (step.after, "replicas_requested is unknown" in step.reason) == (1, True)


@pytest.mark.parametrize(("since", "after"), [(None, 1), (TICK - 299, 1), (TICK - 300, 0)])
def test_zero_takes_the_whole_idle_time(since: float | None, after: int) -> None:
    """hold.idle is 300 s."""
    assert activate(1, QUIET, since=since, arrivals=expecting(None), tuning=TUNING).after == after


@pytest.mark.parametrize(("chance", "after"), [(0.49, 0), (0.5, 1)])
def test_an_arrival_before_break_even_keeps_the_last_replica(chance: float, after: int) -> None:
    """As likely as not within lead time plus break-even: it stays."""
    forecast = arrivals(within_480_s=chance, later=1.0)
    assert activate(0, QUIET, since=TICK - 300, arrivals=expecting(forecast), tuning=TUNING).after == after


def test_zero_is_refused_where_the_minimum_forbids_it() -> None:
    """However idle it is."""
    each = tuned("llama", replicas={"min": 1}).tuning
    assert activate(0, QUIET, since=TICK - 900, arrivals=expecting(None), tuning=each).after == 1


def test_what_waits_wakes() -> None:
    """And nothing that waits leaves it asleep, whatever the plan was."""
    assert activate(0, replace(ASLEEP, waiting=1.0), since=None, arrivals=expecting(None), tuning=TUNING).after == 1
    assert activate(3, ASLEEP, since=None, arrivals=expecting(None), tuning=TUNING).after == 0


def test_the_reason_tells_what_keeps_it_awake() -> None:
    """Doubts, the missing gateway, or the requests themselves."""
    cases = [
        (replace(QUIET, doubts=("queue_depth is absent",)), "queue_depth is absent"),
        (replace(QUIET, gate_zero=False), "no fresh 0"),
        (replace(QUIET, running=3.0), "3 requests run"),
    ]
    for sight, words in cases:
        assert words in activate(1, sight, since=None, arrivals=expecting(None), tuning=TUNING).reason


def test_without_a_trusted_forecast_no_arrival_is_expected() -> None:
    """None, and one without a vote."""
    sure = arrivals(within_480_s=1.0, later=1.0)
    assert expecting(None).chance(60.0) == 0.0
    assert expecting(replace(sure, trusted=False)).chance(60.0) == 0.0
    assert expecting(sure).chance(60.0) == 1.0
