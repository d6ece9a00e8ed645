import math
from dataclasses import replace
from typing import Any

import pytest

from adapter.core.capacity import capacity_of
from adapter.core.decision import Demand, DemandUnit, ReplicaCounts, WorkloadForecast
from adapter.core.lead_time import configured
from adapter.core.regulation import configured_margin, margin_of
from adapter.core.sight import Sight
from adapter.core.sizing import bound_by_symptoms, left_over, peak_within, size_predictive, size_reactive
from tests.factories import TICK
from tests.fakes import tuned

NAN = math.nan
PLAIN = tuned("llama").tuning
CAPACITY = capacity_of(PLAIN)
MARGIN = configured_margin(PLAIN.margin)
SIGHT = Sight(
    replicas=ReplicaCounts(requested=4, status=4, ready=4),
    arriving=10.0,
    arrivals=NAN,
    waiting=0.0,
    waiting_work=0.0,
    running=10.0,
    kv_cache_usage=NAN,
    gpu_utilization=NAN,
    doubts=(),
    blind="",
    gate_zero=False,
)
FORECAST = WorkloadForecast(
    origin=TICK - 60.0,
    horizons_s=(60.0, 180.0, 300.0),
    quantiles=(0.5, 0.9),
    peak=((1.0, 2.0, 3.0), (10.0, 20.0, 30.0)),
    arrival_probability=(0.1, 0.2, 0.3),
    skill=0.1,
    coverage=0.9,
    trusted=True,
)


def demand(**values: Any) -> Demand:
    """Return a demand in requests in flight."""
    known = {"arriving": 20.0, "backlog": 0.0, "at_lead_time": NAN, "beyond_lead_time": NAN, **values}
    return Demand(unit=DemandUnit.CONCURRENCY, **known)


@pytest.mark.parametrize(
    ("quantile", "lead_s", "peak"), [(0.9, 120.0, 20.0), (0.9, 121.0, 30.0), (0.6, 0.0, 10.0), (0.99, 9e9, 30.0)]
)
def test_peaks_are_read_at_the_next_quantile_and_horizon_up(quantile: float, lead_s: float, peak: float) -> None:
    """The forecast is a minute old, so that minute is added to the lead time."""
    assert peak_within(FORECAST, quantile, lead_s=lead_s, now=TICK) == peak


def test_only_a_trusted_forecast_has_a_peak() -> None:
    """None and an untrusted one are unknown."""
    assert math.isnan(peak_within(None, 0.9, lead_s=60.0, now=TICK))
    assert math.isnan(peak_within(replace(FORECAST, trusted=False), 0.9, lead_s=60.0, now=TICK))


def test_reactive_counts_what_is_known() -> None:
    """Load and backlog, either alone when the other is unknown, and nothing is concluded from neither."""
    cases = [(20.0, 12.0, 3), (20.0, NAN, 2), (NAN, 12.0, 1), (NAN, NAN, None)]
    for arriving, backlog, after in cases:
        step = size_reactive(None, demand(arriving=arriving, backlog=backlog), capacity=CAPACITY, margin=MARGIN)
        assert step.after == after


def test_a_forecast_has_its_quantile_for_a_margin_and_is_regulated() -> None:
    """A peak of 32 at 16 each is two, whatever the margin; regulated by 1.2 it is three."""
    steady, missing = configured_margin(1.5), margin_of(1.5, factor=1.2, attained=0.97, requests=1000.0)
    steps = [
        size_predictive(
            None, demand(at_lead_time=32.0), capacity=CAPACITY, tuning=PLAIN, lead=configured(180.0), margin=margin
        )
        for margin in (steady, missing)
    ]
    assert [step.after for step in steps] == [2, 3]
    assert "regulated" in steps[1].reason
    assert "regulated" not in steps[0].reason


@pytest.mark.parametrize(
    ("changed", "left"),
    [
        ({}, 70.0),
        ({"replicas": ReplicaCounts(requested=5, status=5, ready=3)}, 50.0),
        ({"replicas": ReplicaCounts(requested=9, status=9, ready=3), "crashing": 2.0}, 100.0),
        ({"replicas": ReplicaCounts(requested=9, status=9, ready=None)}, 100.0),
        ({"arriving": 4.0}, 130.0),
        ({"arriving": NAN}, 100.0),
        ({"waiting_work": 0.0}, 0.0),
    ],
)
def test_what_is_worked_off_before_a_replica_serves_needs_none(changed: dict[str, Any], left: float) -> None:
    """Of 100 with 2 arriving and 3 serving for 30 s; at least half, and all of it where something is not known."""
    counts = ReplicaCounts(requested=3, status=3, ready=3)
    sight = replace(SIGHT, **{"arriving": 2.0, "waiting_work": 100.0, "replicas": counts, **changed})
    assert left_over(sight, per_replica=1.0, lead_s=30.0) == left


def test_a_forecast_never_lowers_a_plan() -> None:
    """It raises 2 to 4, and leaves 6 alone."""
    expected = demand(at_lead_time=50.0)
    steps = [
        size_predictive(each, expected, capacity=CAPACITY, tuning=PLAIN, lead=configured(180.0), margin=MARGIN)
        for each in (2, 6)
    ]
    assert [step.after for step in steps] == [4, 6]


@pytest.mark.parametrize(
    ("tuning", "sight", "after"),
    [
        ({}, {"kv_cache_usage": 0.99}, 5),
        ({}, {"kv_cache_usage": 0.9}, 1),
        ({"capacity": {"max_concurrency": 8}}, {"running": 40.0, "waiting": 9.0}, 7),
        ({}, {"gpu_utilization": 1.0}, 1),
        ({"targets": {"gpu_utilization": 0.5}}, {"gpu_utilization": 1.0}, 8),
        ({"capacity": {"max_concurrency": 8}}, {"running": NAN}, 1),
    ],
)
def test_symptoms_raise_a_plan_of_one(tuning: dict[str, Any], sight: dict[str, float], after: int) -> None:
    """Full caches and sequences count always, GPUs where asked for, and the unknown never."""
    step = bound_by_symptoms(1, replace(SIGHT, **sight), tuning=tuned("llama", **tuning).tuning)
    assert step.after == after
