import numpy as np
import pytest

from adapter.core.decision import DemandUnit
from adapter.core.demand import Load, demand_unit, measure_load, token_rates
from adapter.core.signal import Signal
from adapter.core.tuning import WorkloadTuning
from tests.fakes import tuned

TOKENS = tuned("llama", capacity={"prompt_tokens_per_second": 8000, "generation_tokens_per_second": 2000}).tuning
PLAIN = WorkloadTuning()


def load(tuning: WorkloadTuning = TOKENS, **values: float) -> Load:
    """Return the load that some signals show; the rest is unknown."""
    cells = {signal: np.array([[values.get(signal.value, np.nan)]]) for signal in Signal}
    return measure_load(cells, token_rates([tuning]))


BUSY = {
    "prompt_tokens_rate": 4000.0,
    "generation_tokens_rate": 1000.0,
    "queue_depth": 0.0,
    "requests_running": 12.0,
    "replicas_requested": 2.0,
    "replicas_ready": 2.0,
}
SIZES = {"prompt_tokens_per_request": 800.0, "generation_tokens_per_request": 200.0, "arrival_rate": 20.0}


def test_unit_is_work_where_token_rates_are_known() -> None:
    """Otherwise requests in flight."""
    assert (demand_unit(TOKENS), demand_unit(PLAIN)) == (DemandUnit.WORK, DemandUnit.CONCURRENCY)


def test_work_is_served_tokens_over_token_rates() -> None:
    """4000 / 8000 + 1000 / 2000; cached prompt tokens are no work."""
    assert load(**BUSY).arriving.item() == 1.0
    assert load(**BUSY, prefix_cache_hit_ratio=0.5).arriving.item() == 0.75


def test_while_requests_wait_arrivals_are_counted() -> None:
    """20 requests/s of 0.2 engine-seconds are 4, though 1 is served; without a queue what is served is believed."""
    assert load(**{**BUSY, **SIZES, "queue_depth": 30.0}).arriving.item() == pytest.approx(4.0)
    assert load(**BUSY, **SIZES).arriving.item() == 1.0


def test_what_a_gateway_counts_is_believed_before_what_engines_show() -> None:
    """30 requests/s came through the gateway, of which the engines have seen 20."""
    queued = {**BUSY, **SIZES, "queue_depth": 30.0}
    assert load(**queued, gateway_arrival_rate=30.0).arriving.item() == pytest.approx(6.0)
    assert load(**queued, gateway_arrival_rate=np.nan).arriving.item() == pytest.approx(4.0)


def test_what_is_served_is_at_least_what_arrives_while_requests_wait_and_arrivals_are_unknown() -> None:
    """Not with an empty queue, not where arrivals and their cost are known, not where all in flight are counted."""
    queued = {**BUSY, "queue_depth": 30.0}
    assert load(**queued).at_least.item()
    assert load(**{**queued, **SIZES, "arrival_rate": np.nan}).at_least.item()
    assert not load(**queued, **SIZES).at_least.item()
    assert not load(**BUSY).at_least.item()
    assert not load(PLAIN, **queued).at_least.item()


def test_a_backlog_costs_what_its_requests_cost() -> None:
    """30 waiting requests of 0.2 engine-seconds; unknown cost is unknown, not 0; an empty queue costs nothing."""
    assert load(**{**BUSY, **SIZES, "queue_depth": 30.0}).waiting_work.item() == pytest.approx(6.0)
    assert np.isnan(load(**{**BUSY, "queue_depth": 30.0}).waiting_work.item())
    assert load(**BUSY).waiting_work.item() == 0.0


@pytest.mark.parametrize("tuning", [TOKENS, PLAIN])
def test_an_unknown_queue_is_no_empty_queue(tuning: WorkloadTuning) -> None:
    """Whatever demand is counted in, the backlog is unknown then, not 0."""
    assert np.isnan(load(tuning, **{**BUSY, "queue_depth": np.nan}).waiting_work.item())


def test_without_token_rates_requests_in_flight_are_demand() -> None:
    """Running plus waiting, the gateway's queue included."""
    measured = load(PLAIN, **{**BUSY, "queue_depth": 3.0}, demand_at_zero=5.0)
    assert (measured.arriving.item(), measured.waiting.item()) == (20.0, 8.0)


@pytest.mark.parametrize("gone", ["queue_depth", "requests_running"])
def test_unknown_engines_make_unknown_load(gone: str) -> None:
    """Missing is never zero."""
    assert np.isnan(load(PLAIN, **{**BUSY, gone: np.nan}).arriving.item())


def test_at_zero_only_the_gateway_counts() -> None:
    """No engines are expected there; without a gateway's signal the load is unknown."""
    asleep = {"replicas_requested": 0.0, "replicas_ready": 0.0}
    measured = load(PLAIN, **asleep, demand_at_zero=4.0)
    assert (measured.arriving.item(), measured.waiting.item(), measured.running.item()) == (4.0, 4.0, 0.0)
    assert np.isnan(load(PLAIN, **asleep).arriving.item())
    assert load(TOKENS, **asleep, demand_at_zero=0.0).arriving.item() == 0.0
    assert np.isnan(load(TOKENS, **asleep, demand_at_zero=4.0).arriving.item())


def test_a_hit_ratio_above_one_makes_no_negative_work() -> None:
    """Counters that race can show more hits than lookups."""
    assert load(**BUSY, prefix_cache_hit_ratio=1.2).arriving.item() == 0.5


def test_rows_do_not_mix() -> None:
    """Two workloads, one with token rates: each is measured in its own unit."""
    cells = {signal: np.array([[BUSY.get(signal.value, np.nan)]] * 2) for signal in Signal}
    assert measure_load(cells, token_rates([TOKENS, PLAIN])).arriving[:, 0].tolist() == [1.0, 12.0]


def test_a_role_counts_its_own_tokens_alone() -> None:
    """4000 prompt tokens/s are half of a prefill engine, 1000 generated ones half of a decode engine."""
    capacity = {"prompt_tokens_per_second": 8000, "generation_tokens_per_second": 2000}
    for role in ("prefill", "decode"):
        each = tuned("llama", capacity={**capacity, "role": role}).tuning
        queued = load(each, **{**BUSY, **SIZES, "queue_depth": 30.0})
        assert load(each, **BUSY).arriving.item() == 0.5
        assert queued.arriving.item() == pytest.approx(2.0)
        assert queued.waiting_work.item() == pytest.approx(3.0)


def test_what_is_to_be_learnt_is_counted_in_work_from_the_start() -> None:
    """With a careful guess where nothing is said: 4000 / 4000 + 1000 / 1000."""
    each = tuned("llama", capacity={"learn": True}).tuning
    assert demand_unit(each) is DemandUnit.WORK
    assert load(each, **BUSY).arriving.item() == 2.0
    assert demand_unit(tuned("llama", capacity={"learn": False}).tuning) is DemandUnit.CONCURRENCY
