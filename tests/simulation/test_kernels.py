"""Continuous batching in numbers that can be reckoned by hand."""

from dataclasses import replace

import numpy as np
import pytest

from adapter.simulation.arrays import FAILED, FINISHED
from adapter.simulation.fleet import Fleet
from adapter.simulation.traces import Requests
from tests.simulation.workloads import TOY, fleet, random_requests, requests


def test_a_lone_request_takes_one_prefill_and_one_iteration_a_token() -> None:
    """100 prompt tokens: 10 + 10 ms to the first token, then nine iterations of 10 ms."""
    served = fleet(requests([1.0]))
    served.advance(5.0)
    assert served.requests["first_token_s"][0] == pytest.approx(1.020)
    assert served.requests["finish_s"][0] == pytest.approx(1.110)


def test_a_long_prompt_is_prefilled_in_chunks() -> None:
    """2500 tokens at 1000 an iteration: three iterations and 250 ms of prefill."""
    served = fleet(requests([0.0], prompt_tokens=2500))
    served.advance(5.0)
    assert served.requests["first_token_s"][0] == pytest.approx(3 * 0.010 + 0.250)


def test_decoding_goes_on_beside_a_prefill_and_slows_down() -> None:
    """The first request's tokens wait for the other's chunk of 999 tokens: gaps of 109.9 ms then."""
    trace = Requests(
        arrival_s=np.array([0.0, 0.0201]), prompt_tokens=np.array([100, 999]), output_tokens=np.array([10, 1])
    )
    served = fleet(trace)
    served.advance(5.0)
    assert served.requests["finish_s"][0] == pytest.approx(0.110 + 0.0999)
    assert served.engines.pods["itl"][0].sum() == 9


def test_requests_start_in_order_of_arrival() -> None:
    """With equal lengths, first tokens come in the order of arrival."""
    served = fleet(requests(list(np.arange(200) * 0.001), prompt_tokens=900))
    served.advance(100.0)
    assert np.all(np.diff(served.requests["first_token_s"]) >= 0)


def test_no_more_than_max_num_seqs_decode_at_once() -> None:
    """40 requests at once on 32 slots: eight wait until the first finish."""
    served = fleet(requests([0.0] * 40, prompt_tokens=1, output_tokens=100))
    served.advance(0.5)
    assert (served.engines.pods["decoding"][0], served.engines.pods["waiting"][0]) == (32, 8)


def test_a_full_cache_preempts_the_newest_and_all_still_finish() -> None:
    """Two requests that together outgrow the cache: one is recomputed, both end, nothing leaks."""
    small = replace(TOY, kv_capacity_tokens=260)
    served = fleet(requests([0.0, 0.0], prompt_tokens=100, output_tokens=100), profile=small)
    served.advance(60.0)
    pod = served.engines.pods[0]
    assert pod["preemptions"] >= 1
    assert (pod["kv_tokens"], pod["succeeded"], pod["generation_tokens"]) == (0, 2, 200)


def test_a_request_that_can_never_fit_is_refused() -> None:
    """A prompt longer than the cache fails at once instead of blocking the queue."""
    served = fleet(requests([0.0, 1.0], prompt_tokens=50_001))
    served.advance(10.0)
    assert list(served.requests["state"]) == [FAILED, FAILED]
    assert served.engines.pods["refused"][0] == 2


def test_a_request_without_first_token_in_300_seconds_fails() -> None:
    """A queue of 600 s of prefill: whoever waits 300 s gives up then."""
    served = fleet(requests([0.0] * 1200, prompt_tokens=5000, output_tokens=1))
    served.advance(2000.0)
    failed = served.requests[served.requests["state"] == FAILED]
    assert 500 < len(failed) < 700
    assert np.all(failed["finish_s"] == 300.0)


def test_every_token_is_counted_once() -> None:
    """Counters and histograms of the pods add up to the requests' own lengths."""
    trace = random_requests(3, rate=20, seconds=120)
    served = fleet(trace, replicas=2, profile=replace(TOY, kv_capacity_tokens=2500))
    served.advance(1000.0)
    pods = served.engines.pods
    assert pods["preemptions"].sum() > 0
    assert np.all(served.requests["state"] == FINISHED)
    assert pods["prompt_tokens"].sum() == trace.prompt_tokens.sum()
    assert pods["generation_tokens"].sum() == trace.output_tokens.sum()
    assert pods["ttft"].sum() == pods["e2e"].sum() == pods["queue"].sum() == len(trace)


def test_waiting_matches_the_m_d_1_queue() -> None:
    """Poisson arrivals, one at a time, constant service s: mean wait is u s / (2 (1 - u))."""
    single = replace(TOY, max_num_seqs=1, max_num_batched_tokens=1000)
    service_s, load = 0.100, 0.7
    rng = np.random.default_rng(11)
    arrivals = np.cumsum(rng.exponential(service_s / load, 60_000))
    served = fleet(requests(list(arrivals), prompt_tokens=900, output_tokens=1), profile=single)
    served.advance(float(arrivals[-1]) + 100)
    wait_s = np.mean(served.requests["first_token_s"] - served.requests["arrival_s"]) - service_s
    assert wait_s == pytest.approx(load * service_s / (2 * (1 - load)), rel=0.05)


def test_an_iteration_grows_with_load_as_the_closed_form_says() -> None:
    """At 40 % of the time in work, an iteration of 10 ms becomes 10 / 0.6 ms on average."""
    trace = random_requests(5, rate=12.9, seconds=2000, prompt=300, output=60)
    served = fleet(trace, profile=replace(TOY, max_num_seqs=256))
    served.advance(2100.0)
    load = trace.prompt_tokens.sum() * TOY.per_prefill_token_s / trace.duration_s
    done = served.requests[served.requests["output_tokens"] > 1]
    gap_s = np.sum(done["finish_s"] - done["first_token_s"]) / np.sum(done["output_tokens"] - 1)
    assert gap_s == pytest.approx(TOY.base_s / (1 - load), rel=0.05)


def test_cached_prompt_tokens_cost_no_prefill() -> None:
    """With half of the prompt cached, 100 tokens take 5 ms less; the counters say so."""
    served = Fleet(profile=TOY, requests=requests([0.0]), cold_start=lambda: 0.0, cached_share=0.5)
    served.advance(1.0)
    assert served.requests["first_token_s"][0] == pytest.approx(0.015)
    assert (served.engines.pods["prompt_tokens"][0], served.engines.pods["cached_tokens"][0]) == (100, 50)
