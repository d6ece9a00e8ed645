"""What the simulated targets show, read back with the Prometheus client's own parser."""

from collections import defaultdict

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from adapter.simulation.exports import Exporter
from adapter.simulation.fleet import Fleet
from adapter.simulation.identity import Identity
from tests.simulation.workloads import TOY, fleet, random_requests, requests

_IDENTITY = Identity(started_at=1_700_000_000.0)


def _sums(served: Fleet) -> dict[str, float]:
    """Return the sum over all targets of every series, by sample name and its distinguishing label."""
    totals: dict[str, float] = defaultdict(float)
    for exposition in Exporter(served, _IDENTITY).scrape():
        for parsed in text_string_to_metric_families(exposition.text()):
            for sample in parsed.samples:
                chosen = [sample.labels[key] for key in ("le", "outcome", "finished_reason") if key in sample.labels]
                totals["/".join([sample.name, *chosen])] += sample.value
    return totals


def test_rendered_counters_are_the_truth_of_the_requests() -> None:
    """Tokens, ends, first tokens and their delays equal what the request rows say."""
    served = fleet(random_requests(2, rate=30, seconds=60), replicas=3)
    served.advance(200.0)
    done, totals = served.requests, _sums(served)
    ttft_s = done["first_token_s"] - done["arrival_s"]
    assert totals["vllm:prompt_tokens_total"] == done["prompt_tokens"].sum()
    assert totals["vllm:generation_tokens_total"] == done["output_tokens"].sum()
    assert totals["vllm:request_success_total/stop"] == len(done)
    assert totals["vllm:time_to_first_token_seconds_count"] == len(done)
    assert totals["vllm:time_to_first_token_seconds_sum"] == pytest.approx(ttft_s.sum())
    assert totals["vllm:time_to_first_token_seconds_bucket/0.1"] == np.count_nonzero(ttft_s <= 0.1)
    assert totals["vllm:time_to_first_token_seconds_bucket/+Inf"] == len(done)
    assert totals["vllm:inter_token_latency_seconds_count"] == (done["output_tokens"] - 1).sum()
    assert totals["vllm:request_prompt_tokens_sum"] == done["prompt_tokens"].sum()
    assert totals["llm_d_epp_flow_control_requests_total/Dispatched"] == len(done)


def test_gauges_add_up_to_the_requests_in_flight() -> None:
    """Running plus waiting is what has arrived and not ended, as is the gateway's own count."""
    served = fleet(random_requests(2, rate=80, seconds=60), replicas=2)
    served.advance(30.0)
    totals = _sums(served)
    assert totals["vllm:num_requests_waiting"] > 0
    assert totals["vllm:num_requests_running"] + totals["vllm:num_requests_waiting"] == served.in_flight
    assert totals["llm_d_epp_request_running"] == served.in_flight


def test_demand_is_visible_at_zero_replicas() -> None:
    """No engine exports anything; the gateway shows two held requests, then two that gave up."""
    served = fleet(requests([1.0, 2.0]), replicas=0)
    served.advance(10.0)
    totals = _sums(served)
    assert totals["llm_d_epp_flow_control_queue_size"] == 2
    assert totals["kube_deployment_spec_replicas"] == 0
    assert not any(name.startswith("vllm:") for name in totals)
    served.advance(400.0)
    assert _sums(served)["llm_d_epp_flow_control_requests_total/EvictedTTL"] == 2


def test_a_starting_pod_is_down_and_known_to_kubernetes() -> None:
    """Its engine does not answer; it has a creation time and no ready time, then a ready time 30 s later."""
    served = fleet(requests([]), replicas=0)
    served.advance(10.0)
    served.scale_to(1)
    engine = Exporter(served, _IDENTITY).scrape()[0]
    assert (engine.is_up, engine.families) == (False, ())
    assert _sums(served)["kube_pod_created"] == 1_700_000_010.0
    assert "kube_pod_status_ready_time" not in _sums(served)
    served.advance(60.0)
    assert _sums(served)["kube_pod_status_ready_time"] == 1_700_000_040.0
    assert Exporter(served, _IDENTITY).scrape()[0].is_up


def test_a_draining_pod_is_no_replica_but_still_scraped() -> None:
    """While the pod finishes its request, the Deployment has 0 replicas and the engine shows one running."""
    served = fleet(requests([0.0], output_tokens=1000))
    served.advance(1.0)
    served.scale_to(0)
    served.advance(2.0)
    totals = _sums(served)
    assert totals["kube_deployment_status_replicas"] == 0
    assert totals["vllm:num_requests_running"] == 1


def test_gpu_utilization_is_the_busy_share_since_the_last_reading() -> None:
    """A request decodes for the first 5 s of 10 s: two GPUs at 50 %, then at 0."""
    served = fleet(requests([0.0], prompt_tokens=1, output_tokens=500))
    exporter = Exporter(served, _IDENTITY)
    shares = []
    for until_s in (10.0, 20.0):
        served.advance(until_s)
        shares.append([sample.value for sample in exporter.scrape()[-1].families[0].samples])
    assert shares == [[50.0] * TOY.gpus, [0.0] * TOY.gpus]


def test_the_kv_gauge_is_a_share() -> None:
    """5000 of 50,000 tokens read as a tenth."""
    served = fleet(requests([0.0], prompt_tokens=5000, output_tokens=1000))
    served.advance(0.55)
    assert _sums(served)["vllm:kv_cache_usage_perc"] == pytest.approx(0.1, abs=0.001)


def test_labels_are_those_of_the_real_targets() -> None:
    """Engines carry engine and model; the pod is named as by its Deployment."""
    engine = Exporter(fleet(requests([])), _IDENTITY).scrape()[0]
    assert dict(engine.target)["pod"] == "llama-8b-5d9c7f6b48-00001"
    assert dict(engine.families[0].samples[0].labels) == {
        "engine": "0",
        "model_name": "meta-llama/Llama-3.1-8B-Instruct",
    }
