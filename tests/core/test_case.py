from dataclasses import replace

import pytest

from adapter.core.capacity import capacity_of
from adapter.core.case import Case, weigh
from adapter.core.recent import Recent
from adapter.core.sight import look
from adapter.core.signal import Observed
from adapter.core.tuning import TunedWorkload
from tests.core.test_decide import seen, steady_forecast
from tests.factories import TICK
from tests.fakes import tuned

CHAT = tuned("chat")
LOADED = seen(queue_depth=0, requests_running=30)


def weighed(each: TunedWorkload = CHAT, observed: Observed = LOADED, *, recent: Recent | None = None) -> Case:
    """Return the case of a workload with a forecast of 50 requests in flight."""
    return weigh(
        each,
        observed,
        sight=look(observed, each.tuning),
        forecast=steady_forecast(50.0),
        now=TICK,
        recent=recent or Recent(),
    )


def test_what_is_not_learnt_is_as_configured() -> None:
    """Lead time, margin and capacity come from the tuning where nobody says better."""
    case, tuning = weighed(), CHAT.tuning
    assert (case.lead.seconds, case.margin.ratio) == (tuning.lead_time, tuning.margin)
    assert case.capacity == capacity_of(tuning)


def test_what_is_learnt_is_used() -> None:
    """A capacity that was learnt stands in the case in place of the configured one."""
    learnt = replace(capacity_of(CHAT.tuning), per_replica=7.0, source="learnt")
    case = weigh(
        CHAT, LOADED, sight=look(LOADED, CHAT.tuning), forecast=None, now=TICK, capacity=learnt, recent=Recent()
    )
    assert case.capacity.per_replica == 7.0


@pytest.mark.parametrize(("enabled", "expected"), [(True, 50.0), (False, None)])
def test_a_forecast_that_is_switched_off_is_not_there(enabled: bool, expected: float | None) -> None:
    """Neither the case nor its demand has anything of it."""
    case = weighed(tuned("chat", forecast={"enabled": enabled}))
    assert (case.forecast is None) is (expected is None)
    assert (case.demand.at_lead_time == 50.0) is (expected is not None)


def test_the_last_known_count_stands_in_for_one_that_is_missing() -> None:
    """A count of now wins; without it the remembered one counts, and nothing where none is remembered."""
    blind = seen(queue_depth=0, requests_running=30, replicas=None)
    assert weighed(recent=Recent(requested=8)).requested == 3
    assert weighed(observed=blind, recent=Recent(requested=8)).requested == 8
    assert weighed(observed=blind).requested is None
