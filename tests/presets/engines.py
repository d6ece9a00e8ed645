"""What engines, caches and GPUs must be read as."""

from adapter.core.signal import Signal
from tests.presets.case import PER_S, Case, cases, quantile

CASES: tuple[Case, ...] = (
    *cases(
        "llama",
        "vllm",
        {
            Signal.QUEUE_DEPTH: 9,
            Signal.REQUESTS_RUNNING: 31,
            Signal.QUEUE_DEPTH_AVERAGED: 9,  # gauges stand still
            Signal.REQUESTS_RUNNING_AVERAGED: 31,
            # completions, aborts and errors included, and refusals; running and waiting stand still
            Signal.ARRIVAL_RATE: (30911 + 2208 + 117 + 3 + 0 + 12 + 0) * PER_S,
            Signal.PROMPT_TOKENS_RATE: 47903112 * PER_S,
            Signal.GENERATION_TOKENS_RATE: 9180442 * PER_S,
            Signal.PROMPT_TOKENS_PER_REQUEST: 47903112 / 33122,
            Signal.GENERATION_TOKENS_PER_REQUEST: 9180442 / 33122,
            Signal.PREFIX_CACHE_HIT_RATIO: 29650320 / 47903112,  # 21695356 local and 7954964 external hits
            Signal.KV_CACHE_USAGE: 0.8731,
            Signal.PREEMPTIONS: 14 * PER_S,
            Signal.TTFT: quantile(0.95 * 33122, lower=2.5, upper=5, below=31113, within=32785),
            Signal.ITL: quantile(0.95 * 9147320, lower=0.05, upper=0.075, below=8360666, within=9094296),
            Signal.E2E_LATENCY: quantile(0.95 * 33122, lower=20, upper=30, below=30639, within=32402),
            # the objectives are 2 s and 0.1 s
            Signal.TTFT_ATTAINED: (23263 + (31113 - 23263) * (2 - 1) / (2.5 - 1)) / 33122,
            Signal.ITL_ATTAINED: 9143573 / 9147320,
        },
    ),
    *cases("llama", "dcgm", {Signal.GPU_UTILIZATION: (0.97 + 0.98) / 2}),
    *cases("llama", "dcgm", {Signal.GPU_MEMORY: (75190 + 75183) / (75190 + 75183 + 5804 + 5811)}),
    *cases("old names", "dcgm", {Signal.GPU_UTILIZATION: 0.612, Signal.GPU_MEMORY: 8636 / (8636 + 1102)}),  # MIG
    *cases("llama by model", "vllm", {Signal.QUEUE_DEPTH: 9, Signal.PROMPT_TOKENS_RATE: 47903112 * PER_S}),
    *cases("llama by model", "dcgm", {Signal.GPU_UTILIZATION: 0.975}),
    *cases(
        "two engines",
        "vllm",
        {
            Signal.QUEUE_DEPTH: 0 + 5,
            Signal.REQUESTS_RUNNING: 18 + 22,
            Signal.ARRIVAL_RATE: (6011 + 220 + 9 + 6102 + 241 + 14) * PER_S,
            Signal.PROMPT_TOKENS_RATE: (9101007 + 9410221) * PER_S,
            Signal.GENERATION_TOKENS_RATE: (1812442 + 1900318) * PER_S,
            Signal.PREFIX_CACHE_HIT_RATIO: (3210222 + 2911870) / (9120334 + 9431190),
            Signal.KV_CACHE_USAGE: (0.412 + 0.977) / 2,
            Signal.PREEMPTIONS: 41 * PER_S,
            # 12597 observations of two engines: 11953 below 2.5 s, 12495 below 5 s
            Signal.TTFT: quantile(0.95 * 12597, lower=2.5, upper=5, below=6237 + 5716, within=6240 + 6255),
            Signal.TTFT_ATTAINED: (6140 + 3512 + (6237 + 5716 - 6140 - 3512) * (2 - 1) / 1.5) / 12597,
            Signal.ITL: None,
        },
    ),
    *cases(
        "old names",
        "vllm",
        {
            Signal.QUEUE_DEPTH: 0,
            Signal.REQUESTS_RUNNING: 4,
            Signal.ARRIVAL_RATE: (391 + 12 + 1) * PER_S,
            Signal.PREFIX_CACHE_HIT_RATIO: 5120 / 20311,
            Signal.KV_CACHE_USAGE: 0.12,
            Signal.PREEMPTIONS: 0,
            Signal.ITL: quantile(0.95 * 80796, lower=0.025, upper=0.05, below=58128, within=80641),
        },
    ),
    *cases(
        "old and new",  # one workload in the middle of an upgrade
        "vllm",
        {
            Signal.QUEUE_DEPTH: 5 + 0,
            Signal.REQUESTS_RUNNING: 40 + 4,
            Signal.ARRIVAL_RATE: (12597 + 404) * PER_S,
            Signal.KV_CACHE_USAGE: (0.412 + 0.977 + 0.12) / 3,
            Signal.PREFIX_CACHE_HIT_RATIO: (3210222 + 2911870 + 5120) / (9120334 + 9431190 + 20311),
            Signal.GENERATION_TOKENS_RATE: (1812442 + 1900318 + 81200) * PER_S,
        },
    ),
    *cases(
        "llama with lmcache",
        "lmcache",
        {Signal.PREFIX_CACHE_HIT_RATIO: (2201120 + 6120887) / 13202211},
    ),
    *cases("llama with lmcache", "vllm", {Signal.QUEUE_DEPTH: 9, Signal.REQUESTS_RUNNING: 31}),
    *cases("lmcache server", "lmcache-server", {Signal.PREFIX_CACHE_HIT_RATIO: 6190222 / 13202211}),
    *cases(
        "sglang",
        "sglang",
        {
            Signal.QUEUE_DEPTH: 6,
            Signal.REQUESTS_RUNNING: 24,
            Signal.QUEUE_DEPTH_AVERAGED: 6,
            Signal.REQUESTS_RUNNING_AVERAGED: 24,
            Signal.ARRIVAL_RATE: 13118 * PER_S,  # on arrival, not the 13031 that have finished
            Signal.PROMPT_TOKENS_RATE: (11931005 + 8240411) * PER_S,
            Signal.GENERATION_TOKENS_RATE: 4120881 * PER_S,
            Signal.PROMPT_TOKENS_PER_REQUEST: (18511002 + 1500300) / (12011 + 1020),
            Signal.GENERATION_TOKENS_PER_REQUEST: (3900110 + 200110) / (12011 + 1020),
            Signal.PREFIX_CACHE_HIT_RATIO: 8240411 / (11931005 + 8240411),
            Signal.KV_CACHE_USAGE: 0.65,
            Signal.PREEMPTIONS: 3 * PER_S,
            Signal.TTFT: quantile(0.95 * 12011, lower=1, upper=2, below=10340, within=11704),
            Signal.ITL: quantile(0.95 * 4087189, lower=0.04, upper=0.06, below=3868109, within=4069458),
            Signal.E2E_LATENCY: quantile(0.95 * 12011, lower=20, upper=40, below=11360, within=11954),
            Signal.TTFT_ATTAINED: 11704 / 12011,
            Signal.ITL_ATTAINED: 4086994 / 4087189,
        },
    ),
    *cases("sglang", "amd", {Signal.GPU_UTILIZATION: 0.94, Signal.GPU_MEMORY: 171204 / 196592}),
    *cases(
        "sglang by model",
        "sglang",
        {Signal.QUEUE_DEPTH: 6, Signal.ARRIVAL_RATE: 13118 * PER_S, Signal.KV_CACHE_USAGE: 0.65},
    ),
    *cases(
        "decode",  # two data-parallel ranks; totals of priorities beside their parts
        "sglang",
        {
            Signal.QUEUE_DEPTH: (3 + 2 + 1) + (0 + 1 + 0),
            Signal.REQUESTS_RUNNING: 40 + 44,
            Signal.QUEUE_DEPTH_AVERAGED: 7,
            Signal.REQUESTS_RUNNING_AVERAGED: 84,
            Signal.GENERATION_TOKENS_RATE: (90118221 + 91320087) * PER_S,
            Signal.KV_CACHE_USAGE: (0.71 + 0.78) / 2,
            Signal.PREEMPTIONS: (11 + 7) * PER_S,
            Signal.PREFIX_CACHE_HIT_RATIO: None,
            Signal.TTFT: None,
        },
    ),
    *cases("decode by role", "sglang", {Signal.QUEUE_DEPTH: 7, Signal.REQUESTS_RUNNING: 84}),
    *cases("prefill by role", "sglang", {Signal.QUEUE_DEPTH: None, Signal.REQUESTS_RUNNING: None}),
    *cases(
        "trtllm",
        "trtllm",
        {
            Signal.QUEUE_DEPTH: 4,
            Signal.REQUESTS_RUNNING: 27,
            Signal.QUEUE_DEPTH_AVERAGED: 4,
            Signal.REQUESTS_RUNNING_AVERAGED: 27,
            Signal.ARRIVAL_RATE: (9811 + 702 + 4) * PER_S,
            Signal.PROMPT_TOKENS_RATE: 14021877 * PER_S,
            Signal.GENERATION_TOKENS_RATE: 3102334 * PER_S,
            Signal.PROMPT_TOKENS_PER_REQUEST: 14021877 / (9811 + 702),
            Signal.GENERATION_TOKENS_PER_REQUEST: 3102334 / (9811 + 702),
            Signal.PREFIX_CACHE_HIT_RATIO: 5901100 / 14021877,
            Signal.KV_CACHE_USAGE: 9519 / 16384,
            Signal.TTFT: quantile(0.95 * 10513, lower=1, upper=2.5, below=9517, within=10439),
            Signal.TTFT_ATTAINED: (9517 + (10439 - 9517) * (2 - 1) / 1.5) / 10513,
            Signal.ITL: quantile(0.95 * 10513, lower=0.05, upper=0.1, below=9800, within=10400),
            Signal.ITL_ATTAINED: 10400 / 10513,
            Signal.E2E_LATENCY: quantile(0.95 * 10513, lower=10, upper=30, below=8000, within=10500),
            Signal.PREEMPTIONS: None,
        },
    ),
    *cases(
        "triton",  # the model of the executor counts, not the ensemble around it
        "triton",
        {
            Signal.QUEUE_DEPTH: 5 + 5,
            Signal.REQUESTS_RUNNING: 32,
            Signal.QUEUE_DEPTH_AVERAGED: 5 + 5,
            Signal.REQUESTS_RUNNING_AVERAGED: 32,
            Signal.ARRIVAL_RATE: (40211 + 2 + 1 + 33 + 0) * PER_S,
            Signal.PROMPT_TOKENS_RATE: 31017416 * PER_S,
            Signal.PROMPT_TOKENS_PER_REQUEST: 31017416 / 40178,
            Signal.GENERATION_TOKENS_RATE: 9959443.076788 * PER_S,
            Signal.GENERATION_TOKENS_PER_REQUEST: 9959443.076788 / 40178,
            Signal.KV_CACHE_USAGE: 5120 / 8127,
            Signal.GPU_UTILIZATION: 0.97,
            Signal.GPU_MEMORY: 78114717696 / 85520809984,
            Signal.TTFT: quantile(0.95 * 40178, lower=0.5, upper=2, below=24040, within=39660),
            Signal.E2E_LATENCY: 262101.888811 / 40211,  # a mean; 2.62e11 microseconds
            Signal.PREFIX_CACHE_HIT_RATIO: None,
        },
    ),
    *cases("triton by model", "triton", {Signal.QUEUE_DEPTH: 10, Signal.GPU_UTILIZATION: 0.97}),
    *cases(
        "tgi",
        "tgi",
        {
            Signal.QUEUE_DEPTH: 7,
            Signal.REQUESTS_RUNNING: 16,
            Signal.QUEUE_DEPTH_AVERAGED: 7,
            Signal.REQUESTS_RUNNING_AVERAGED: 16,
            Signal.ARRIVAL_RATE: 6120 * PER_S,
            Signal.PROMPT_TOKENS_RATE: 5120441 * PER_S,
            Signal.GENERATION_TOKENS_RATE: 1108811 * PER_S,
            Signal.PROMPT_TOKENS_PER_REQUEST: 5120441 / 6099,
            Signal.GENERATION_TOKENS_PER_REQUEST: 1108811 / 6064,
            Signal.KV_CACHE_USAGE: 24576 / 65536,
            Signal.ITL: 0.95 * 0.332525673,  # all lie in the first bucket of the cut sample
            Signal.E2E_LATENCY: quantile(0.95 * 6064, lower=8.5222692992, upper=43.1439883274, below=4484, within=6041),
            Signal.ITL_ATTAINED: 0.1 / 0.332525673,
            Signal.TTFT: None,
        },
    ),
)
