"""What gateways must be read as, with engines behind them and without."""

from adapter.core.signal import Signal
from tests.presets.case import PER_S, Case, cases

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
)
