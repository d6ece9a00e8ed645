"""What queues, quota and guards must be read as."""

from adapter.core.signal import Signal
from tests.presets.case import PER_S, Case, cases, quantile

_WRITTEN = 90111 + 90144 + 88020
"""Messages, of all partitions."""

CASES: tuple[Case, ...] = (
    *cases(
        "kafka",
        "kafka",
        {
            Signal.DEMAND_AT_ZERO: 10 + 4,  # the partition without a committed offset reads -1
            Signal.QUEUE_DEPTH: 0,
            Signal.REQUESTS_RUNNING: 0,
            Signal.ARRIVAL_RATE: _WRITTEN * PER_S,
            Signal.GATEWAY_ARRIVAL_RATE: _WRITTEN * PER_S,
        },
    ),
    *cases("kafka before vllm", "vllm", {Signal.QUEUE_DEPTH: 0, Signal.REQUESTS_RUNNING: 4}),
    *cases("kafka before vllm", "kafka", {Signal.DEMAND_AT_ZERO: 14}),
    *cases(
        "kminion",
        "kminion",
        {
            Signal.DEMAND_AT_ZERO: 14,
            Signal.QUEUE_DEPTH: 0,
            Signal.REQUESTS_RUNNING: 0,
            Signal.ARRIVAL_RATE: 268275 * PER_S,
        },
    ),
    *cases(
        "burrow",
        "burrow",
        {
            Signal.DEMAND_AT_ZERO: 10 + 4 + 0,
            Signal.QUEUE_DEPTH: 0,
            Signal.REQUESTS_RUNNING: 0,
            Signal.ARRIVAL_RATE: _WRITTEN * PER_S,
        },
    ),
    *cases(
        "dapr",
        "dapr",
        {
            Signal.QUEUE_DEPTH: 2,
            Signal.REQUESTS_RUNNING: 4077.961782266 * PER_S,
            Signal.ARRIVAL_RATE: 811 * PER_S,
            Signal.E2E_LATENCY: quantile(0.95 * 811, lower=10, upper=50, below=751, within=811),
            Signal.DEMAND_AT_ZERO: None,
        },
    ),
    *cases("dapr with its scheduler", "dapr-scheduler", {Signal.DEMAND_AT_ZERO: 5}),
    *cases(
        "jobs",
        "kueue-jobs",
        {
            Signal.DEMAND_AT_ZERO: 4 + 1,
            Signal.QUEUE_DEPTH: 0,
            Signal.REQUESTS_RUNNING: 6,
            Signal.ARRIVAL_RATE: 118 * PER_S,
            Signal.PREEMPTIONS: 2 * PER_S,
        },
    ),
    *cases("armada jobs", "armada-jobs", {Signal.DEMAND_AT_ZERO: 31 + 0, Signal.QUEUE_DEPTH: 0}),
    *cases("kueue", "kueue", {Signal.QUOTA_AVAILABLE: 16 - 12, Signal.DEMAND_AT_ZERO: None}),
    *cases("volcano", "volcano", {Signal.QUOTA_AVAILABLE: (16000 - 12000) / 1000}),
    *cases("armada", "armada", {Signal.QUOTA_AVAILABLE: 56 - 24}),
    *cases("resource-quota", "resource-quota", {Signal.QUOTA_AVAILABLE: 16 - 5}),
    *cases("cluster-accelerators", "cluster-accelerators", {Signal.QUOTA_AVAILABLE: 8 + 8 - 2 - 2}),
    *cases("vitess", "vitess", {Signal.GUARD_QUEUE: 1.9 * PER_S}),
    *cases("ceph", "ceph", {Signal.GUARD_QUEUE: 0}),
)
