"""What gateways must be read as, with engines behind them and without."""

from adapter.core.signal import Signal
from tests.presets.case import PER_S, Case, cases, quantile

_WINDOW_S = 600

CASES: tuple[Case, ...] = (
    *cases("llama by model", "llm-d-epp", {Signal.DEMAND_AT_ZERO: 3}),
    *cases(
        "at zero",
        "llm-d-epp",
        {
            Signal.DEMAND_AT_ZERO: 4,
            Signal.GATEWAY_ARRIVAL_RATE: (210 + 3 + 1) * PER_S,  # dispatched and given up
            Signal.QUEUE_DEPTH: None,
        },
    ),
    *cases("llama", "llm-d-epp", {Signal.DEMAND_AT_ZERO: None}),  # its pool has another name
    *cases(
        "istio",
        "istio",
        {
            Signal.ARRIVAL_RATE: (33122 + 51 + 12) * PER_S,
            Signal.E2E_LATENCY: quantile(0.95 * 33122, lower=10, upper=30, below=25653, within=32788),
            Signal.DEMAND_AT_ZERO: 0,
        },
    ),
    *cases(
        "istio at zero",
        "istio",
        {Signal.ARRIVAL_RATE: 218 * PER_S, Signal.DEMAND_AT_ZERO: 218 * PER_S * _WINDOW_S, Signal.E2E_LATENCY: None},
    ),
    *cases(
        "envoy",
        "envoy",
        {
            Signal.ARRIVAL_RATE: (33391 + 4 + 218) * PER_S,
            Signal.GATEWAY_ARRIVAL_RATE: (33391 + 4 + 218) * PER_S,
            Signal.QUEUE_DEPTH: 2,
            Signal.REQUESTS_RUNNING: 40,
            Signal.E2E_LATENCY: quantile(0.95 * 33391, lower=10, upper=30, below=25861, within=33054),
            # two hosts are healthy: what was refused before does not wait
            Signal.DEMAND_AT_ZERO: 0,
        },
    ),
    *cases("envoy before vllm", "vllm", {Signal.QUEUE_DEPTH: 9, Signal.REQUESTS_RUNNING: 31}),
    *cases("envoy before vllm", "kube-state-metrics", {Signal.REPLICAS_READY: 1}),
    *cases("envoy before vllm", "envoy", {Signal.GATEWAY_ARRIVAL_RATE: 33613 * PER_S, Signal.DEMAND_AT_ZERO: 0}),
    *cases(
        "ai gateway",
        "envoy-ai-gateway",
        {
            Signal.ARRIVAL_RATE: (12210 + 37) * PER_S,
            Signal.PROMPT_TOKENS_RATE: 15133257.002288 * PER_S,
            Signal.GENERATION_TOKENS_RATE: 3531093.300534 * PER_S,
            Signal.PROMPT_TOKENS_PER_REQUEST: 15133257.002288 / 12210,
            Signal.GENERATION_TOKENS_PER_REQUEST: 3531093.300534 / 12210,
            Signal.PREFIX_CACHE_HIT_RATIO: 4847489.730463 / 15133257.002288,
            Signal.TTFT: quantile(0.95 * 11300, lower=1, upper=2.5, below=8344, within=10879),
            Signal.ITL: quantile(0.95 * 11300, lower=0.025, upper=0.05, below=3070, within=10799),
            Signal.E2E_LATENCY: quantile(0.95 * 12210, lower=10.24, upper=20.48, below=9579, within=11750),
            Signal.DEMAND_AT_ZERO: 37 * PER_S * _WINDOW_S,
            Signal.QUEUE_DEPTH: None,
        },
    ),
    *cases(
        "clients",
        "otel-genai",
        {
            Signal.ARRIVAL_RATE: (5010 + 6) * PER_S,
            Signal.PROMPT_TOKENS_RATE: 6209469.089391 * PER_S,
            Signal.GENERATION_TOKENS_RATE: 1448876.120858 * PER_S,
            Signal.PROMPT_TOKENS_PER_REQUEST: 6209469.089391 / 5010,
            Signal.GENERATION_TOKENS_PER_REQUEST: 1448876.120858 / 5010,
            Signal.TTFT: quantile(0.95 * 5010, lower=1, upper=2.5, below=3481, within=4837),
            Signal.ITL: quantile(0.95 * 5004, lower=0.025, upper=0.05, below=1359, within=4782),
            Signal.E2E_LATENCY: quantile(0.95 * 5010, lower=10.24, upper=20.48, below=3966, within=4831),
            Signal.DEMAND_AT_ZERO: 6 * PER_S * _WINDOW_S,
        },
    ),
    *cases(
        "pool",
        "inference-pool",
        {
            Signal.QUEUE_DEPTH: 9 + 0,
            Signal.REQUESTS_RUNNING: 30.5 * 2,
            Signal.KV_CACHE_USAGE: 0.79,
            Signal.REPLICAS_READY: 2,
        },
    ),
    *cases("pool", "llm-d-epp", {Signal.DEMAND_AT_ZERO: 3}),
    *cases(
        "pool at zero",  # its averages are frozen
        "inference-pool",
        {Signal.QUEUE_DEPTH: 0, Signal.REQUESTS_RUNNING: 0, Signal.KV_CACHE_USAGE: None},
    ),
    *cases("pool at zero", "llm-d-epp", {Signal.DEMAND_AT_ZERO: 4}),
    *cases(
        "old pool",
        "inference-pool",
        {
            Signal.QUEUE_DEPTH: 1 + 0,
            Signal.REQUESTS_RUNNING: 5.5 * 2,
            Signal.KV_CACHE_USAGE: 0.33,
            Signal.REPLICAS_READY: 2,
        },
    ),
    *cases("old pool", "llm-d-epp", {Signal.DEMAND_AT_ZERO: 0}),
    *cases(
        "model",  # new names and their deprecated twins side by side: once
        "inference-model",
        {
            Signal.ARRIVAL_RATE: (33180 + 12) * PER_S,
            Signal.PROMPT_TOKENS_RATE: 47000000 * PER_S,
            Signal.TTFT: quantile(0.95 * 32870, lower=2, upper=5, below=29287, within=32468),
            Signal.E2E_LATENCY: quantile(0.95 * 33000, lower=5, upper=30, below=11000, within=33000),
        },
    ),
    *cases(
        "old model",
        "inference-model",
        {
            Signal.ARRIVAL_RATE: (10221 + 3) * PER_S,
            Signal.PROMPT_TOKENS_RATE: 7410221 * PER_S,
            Signal.GENERATION_TOKENS_RATE: 1910221 * PER_S,
            Signal.TTFT: quantile(0.95 * 10200, lower=0.5, upper=1, below=5000, within=10000),
            Signal.E2E_LATENCY: quantile(0.95 * 10210, lower=5, upper=10, below=8980, within=10054),
        },
    ),
    *cases(
        "http add-on",
        "keda-http-add-on",
        {
            Signal.DEMAND_AT_ZERO: 3,
            Signal.ARRIVAL_RATE: (410 + 3) * PER_S,
            Signal.GATEWAY_ARRIVAL_RATE: (410 + 3) * PER_S,
        },
    ),
    # 7 are in flight, of which the engine has 4 running and 0 waiting
    *cases("http add-on before vllm", "keda-http-add-on", {Signal.DEMAND_AT_ZERO: 7 - 4 - 0}),
    *cases("keda", "keda", {Signal.DEMAND_AT_ZERO: 2}),
    *cases("keda at zero", "keda", {Signal.DEMAND_AT_ZERO: 0}),  # the external trigger, which is ours, does not count
)
