"""What replica counts, starts and quota must be read as."""

from adapter.core.signal import Signal
from tests.presets.case import Case, cases

CASES: tuple[Case, ...] = (
    *cases(
        "llama",
        "kube-state-metrics",
        {
            Signal.REPLICAS_REQUESTED: 2,
            Signal.REPLICAS_STATUS: 2,
            Signal.REPLICAS_READY: 1,
            Signal.REPLICAS_READY_AVERAGED: 1,
            Signal.REPLICAS_OUTDATED: 0,
            Signal.STARTING_SECONDS: 1786957200 - 1786956900,  # the pod that is not ready yet
            Signal.START_SECONDS: None,  # the other one was ready an hour ago
            Signal.REPLICAS_IMAGE_ERROR: None,  # ContainerCreating is no error
        },
    ),
    *cases(
        "at zero",
        "kube-state-metrics",
        {Signal.REPLICAS_REQUESTED: 0, Signal.REPLICAS_STATUS: 0, Signal.REPLICAS_READY: 0},
    ),
    *cases("groups", "kube-state-metrics", {Signal.REPLICAS_REQUESTED: 2, Signal.REPLICAS_READY: 2}),
    *cases(
        "tgi",  # in the middle of a rollout that goes wrong
        "kube-state-metrics",
        {
            Signal.REPLICAS_REQUESTED: 4,
            Signal.REPLICAS_STATUS: 5,
            Signal.REPLICAS_READY: None,
            Signal.REPLICAS_OUTDATED: 5 - 3,
            Signal.REPLICAS_UNSCHEDULABLE: 2,
            Signal.REPLICAS_IMAGE_ERROR: 1,
            Signal.REPLICAS_CRASHING: 1,
        },
    ),
    *cases("old names", "kube-state-metrics", {Signal.START_SECONDS: 1786957100 - 1786956800}),
)
