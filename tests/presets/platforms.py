"""What serving platforms must be read as."""

from adapter.core.signal import Signal
from tests.presets.case import PER_S, Case, cases, quantile

_WINDOW_S = 600

CASES: tuple[Case, ...] = (
    *cases(
        "revision",
        "knative",
        {Signal.REPLICAS_REQUESTED: 2, Signal.REPLICAS_STATUS: 1 + 0 + 1, Signal.REPLICAS_READY: 1},
    ),
    *cases("revision", "knative-activator", {Signal.DEMAND_AT_ZERO: 5}),
    *cases(
        "revision",
        "knative-queue-proxy",
        {
            Signal.QUEUE_DEPTH: 0,
            Signal.REQUESTS_RUNNING: 3,
            Signal.ARRIVAL_RATE: 8010 * PER_S,
            Signal.E2E_LATENCY: quantile(0.95 * 8010, lower=0.5, upper=0.75, below=7203, within=7712),
        },
    ),
    *cases("service", "knative", {Signal.REPLICAS_READY: 1}),
    *cases("service", "knative-activator", {Signal.DEMAND_AT_ZERO: 5}),
    *cases("asleep", "knative-activator", {Signal.DEMAND_AT_ZERO: 4}),  # 1.20, without a pod
    *cases("busy", "knative-activator", {Signal.DEMAND_AT_ZERO: 0}),  # 1.20, with pods that work on all of it
    *cases("busy", "knative", {Signal.REPLICAS_READY: 2, Signal.REPLICAS_STATUS: 2}),
    *cases(
        "kserve",
        "kserve",
        {
            Signal.QUEUE_DEPTH: 0,
            Signal.REQUESTS_RUNNING: 1823.009231 * PER_S,
            Signal.ARRIVAL_RATE: 20110 * PER_S,
            Signal.E2E_LATENCY: quantile(0.95 * 20110, lower=0.1, upper=0.25, below=13520, within=19882),
        },
    ),
    *cases("kserve", "knative-activator", {Signal.DEMAND_AT_ZERO: 5}),
    *cases(
        "modelmesh",
        "modelmesh",
        {
            Signal.QUEUE_DEPTH: 16.849931387 * PER_S,
            Signal.REQUESTS_RUNNING: 253.336423527 * PER_S,
            Signal.ARRIVAL_RATE: 5110 * PER_S,
            Signal.E2E_LATENCY: quantile(0.95 * 5110, lower=0.05, upper=0.5, below=3116, within=5106),
        },
    ),
    *cases(
        "ray",
        "ray-serve",
        {
            Signal.QUEUE_DEPTH: 0,
            Signal.REQUESTS_RUNNING: 9,
            Signal.ARRIVAL_RATE: 4102 * PER_S,  # not twice, although it is exported twice
            Signal.GATEWAY_ARRIVAL_RATE: 4102 * PER_S,
            Signal.E2E_LATENCY: quantile(0.95 * 4090, lower=5, upper=10, below=2090, within=4090),
            Signal.REPLICAS_REQUESTED: 2,
            Signal.REPLICAS_STATUS: 1,
            Signal.REPLICAS_READY: 1,
            Signal.START_SECONDS: 5660.23051748 / 64,
            Signal.DEMAND_AT_ZERO: 5,
        },
    ),
    *cases("ray by labels", "ray-serve", {Signal.REQUESTS_RUNNING: 9, Signal.DEMAND_AT_ZERO: 5}),
    *cases(
        "dynamo",
        "dynamo",
        {
            Signal.QUEUE_DEPTH: 6,
            Signal.REQUESTS_RUNNING: 44 - 6,
            Signal.ARRIVAL_RATE: 8220 * PER_S,
            Signal.GATEWAY_ARRIVAL_RATE: 8220 * PER_S,
            Signal.PROMPT_TOKENS_RATE: 11004130.699167 * PER_S,
            Signal.GENERATION_TOKENS_RATE: 2011220 * PER_S,
            Signal.PROMPT_TOKENS_PER_REQUEST: 11004130.699167 / 8155,
            Signal.GENERATION_TOKENS_PER_REQUEST: 2011220 / 8176,
            Signal.PREFIX_CACHE_HIT_RATIO: 3668043.566389 / 11004130.699167,
            Signal.TTFT: quantile(0.95 * 8155, lower=1, upper=2.2, below=7127, within=8020),
            Signal.ITL: quantile(0.95 * 2003001, lower=0.024, upper=0.045, below=1353497, within=1960308),
            Signal.E2E_LATENCY: quantile(0.95 * 8176, lower=16, upper=32, below=7488, within=8103),
            Signal.TTFT_ATTAINED: (7127 + (8020 - 7127) * (2 - 1) / (2.2 - 1)) / 8155,
            Signal.ITL_ATTAINED: (2002667 + (2003001 - 2002667) * (0.1 - 0.084) / (0.16 - 0.084)) / 2003001,
            Signal.DEMAND_AT_ZERO: 9 * PER_S * _WINDOW_S,
        },
    ),
    *cases("dynamo", "dynamo-worker", {Signal.KV_CACHE_USAGE: 0.644}),
    *cases(
        "vllm in dynamo",  # the engine's own series come before the frontend's
        "vllm",
        {Signal.QUEUE_DEPTH: 3, Signal.REQUESTS_RUNNING: 22, Signal.GENERATION_TOKENS_RATE: 1010220 * PER_S},
    ),
    *cases("vllm in dynamo", "dynamo", {Signal.GATEWAY_ARRIVAL_RATE: 8220 * PER_S}),
    *cases(
        "aibrix",
        "aibrix",
        {
            Signal.QUEUE_DEPTH: 1 + 0,
            Signal.REQUESTS_RUNNING: 9 + 10,
            Signal.PROMPT_TOKENS_RATE: (1010220 + 998220) * PER_S,
            Signal.GENERATION_TOKENS_RATE: (401220 + 399110) * PER_S,
            Signal.KV_CACHE_USAGE: (0.41 + 0.39) / 2,
            Signal.REPLICAS_READY: 2,
        },
    ),
    # all 19 in flight are in the engines
    *cases("aibrix", "aibrix-gateway", {Signal.DEMAND_AT_ZERO: 0, Signal.ARRIVAL_RATE: (9011 + 40) * PER_S}),
    *cases(
        "aibrix gateway",
        "aibrix-gateway",
        {Signal.DEMAND_AT_ZERO: 19, Signal.GATEWAY_ARRIVAL_RATE: (9011 + 40) * PER_S},
    ),
    *cases(
        "wva",
        "llm-d-wva",
        {Signal.REPLICAS_STATUS: 2, Signal.KV_CACHE_USAGE: 0.88, Signal.QUOTA_AVAILABLE: 9},
    ),
)
