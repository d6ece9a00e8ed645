"""What one simulated pod shows on vLLM's metrics endpoint.

Names, types and labels as in vLLM 0.33 (``vllm/v1/metrics/loggers.py``), without the series that the simulation
has no truth for.
"""

from collections.abc import Iterator

import numpy as np

from adapter.simulation import arrays
from adapter.simulation.buckets import ITL_BOUNDS_S, PHASE_BOUNDS_S, TOKEN_BOUNDS, TTFT_BOUNDS_S
from adapter.simulation.exposition import Family, Kind, Labels, Sample, family
from adapter.simulation.fleet import Fleet
from adapter.simulation.pods import Pod


def engine_families(fleet: Fleet, pod: Pod, *, model: str) -> tuple[Family, ...]:
    """Return all families of a pod that has started, served under the name `model`."""
    row = fleet.engines.pods[pod.row]
    labels = {"engine": "0", "model_name": model}
    kv_share = row["kv_tokens"] / fleet.profile.kv_capacity_tokens
    return (*_gauges(row, labels, kv_share), *_counters(row, labels), *_histograms(row, labels))


def _gauges(row: np.void, labels: dict[str, str], kv_share: float) -> Iterator[Family]:
    prefilling = int(row["prefilling"] != arrays.NO_REQUEST)
    for name, text, value in (
        ("num_requests_running", "Requests in the execution batches of the engine.", row["decoding"] + prefilling),
        ("num_requests_waiting", "Requests waiting to be processed.", row["waiting"]),
        ("kv_cache_usage_perc", "Share of the KV cache in use, 0 to 1.", kv_share),
    ):
        yield family(f"vllm:{name}", Kind.GAUGE, text, samples=[(labels, value)])


def _counters(row: np.void, labels: dict[str, str]) -> Iterator[Family]:
    for name, text, value in (
        ("prefix_cache_queries", "Prefix cache lookups, in tokens.", row["prompt_tokens"]),
        ("prefix_cache_hits", "Prefix cache hits, in tokens.", row["cached_tokens"]),
        ("num_preemptions", "Preemptions made by the engine.", row["preemptions"]),
        ("prompt_tokens", "Prefill tokens processed, cached ones included.", row["prompt_tokens"]),
        ("prompt_tokens_cached", "Prompt tokens found in a cache.", row["cached_tokens"]),
        ("generation_tokens", "Tokens generated.", row["generation_tokens"]),
    ):
        yield family(f"vllm:{name}_total", Kind.COUNTER, text, samples=[(labels, value)])
    sources = (
        ("local_compute", row["prompt_tokens"] - row["cached_tokens"]),
        ("local_cache_hit", row["cached_tokens"]),
        ("external_kv_transfer", 0),
    )
    text = "Prompt tokens by where their KV came from."
    by_source = [({**labels, "source": source}, value) for source, value in sources]
    yield family("vllm:prompt_tokens_by_source_total", Kind.COUNTER, text, samples=by_source)
    reasons = (("stop", row["succeeded"]), ("length", 0), ("abort", row["aborted"]), ("error", row["refused"]))
    by_reason = [({**labels, "finished_reason": reason}, value) for reason, value in reasons]
    text = "Requests that ended, by finish reason."
    yield family("vllm:request_success_total", Kind.COUNTER, text, samples=by_reason)


def _histograms(row: np.void, labels: dict[str, str]) -> Iterator[Family]:
    for name, column, total in (
        ("time_to_first_token_seconds", "ttft", row["ttft_sum_s"]),
        ("inter_token_latency_seconds", "itl", row["itl_sum_s"]),
        ("request_queue_time_seconds", "queue", row["queue_sum_s"]),
        ("e2e_request_latency_seconds", "e2e", row["e2e_sum_s"]),
        ("request_prompt_tokens", "prompt", row["finished_prompt_tokens"]),
        ("request_generation_tokens", "output", row["finished_output_tokens"]),
    ):
        samples = tuple(_buckets(f"vllm:{name}", column, row, labels=labels, total=float(total)))
        yield Family(name=f"vllm:{name}", kind=Kind.HISTOGRAM, help=_HELP[column], samples=samples)


def _buckets(name: str, column: str, row: np.void, *, labels: dict[str, str], total: float) -> Iterator[Sample]:
    fixed: Labels = tuple(labels.items())
    cumulative = np.cumsum(row[column]).tolist()
    for bound, count in zip(_BOUNDS[column], cumulative, strict=True):
        yield Sample(name=f"{name}_bucket", labels=(*fixed, ("le", bound)), value=float(count))
    yield Sample(name=f"{name}_count", labels=fixed, value=float(cumulative[-1]))
    yield Sample(name=f"{name}_sum", labels=fixed, value=total)


_HELP = {
    "ttft": "Seconds from arrival to the first token.",
    "itl": "Seconds between two output tokens.",
    "queue": "Seconds spent in the WAITING phase.",
    "e2e": "Seconds from arrival to the last token.",
    "prompt": "Prompt tokens of a finished request.",
    "output": "Output tokens of a finished request.",
}

_BOUNDS = {
    column: (*(repr(float(bound)) for bound in bounds), "+Inf")
    for column, bounds in (
        ("ttft", TTFT_BOUNDS_S),
        ("itl", ITL_BOUNDS_S),
        ("queue", PHASE_BOUNDS_S),
        ("e2e", PHASE_BOUNDS_S),
        ("prompt", TOKEN_BOUNDS),
        ("output", TOKEN_BOUNDS),
    )
}
