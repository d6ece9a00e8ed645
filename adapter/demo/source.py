"""The demo's signal source: a simulated fleet per workload, scraped into a small memory.

Answers as the vllm preset does on a real Prometheus: the same metrics, the same sums of rates and ratios of sums, and
absence where nothing is exported, never a zero.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from adapter.core.signal import FleetReadings, Grid, Readings, Signal, State
from adapter.core.workload import Workload, WorkloadId
from adapter.demo.samples import ScrapeMemory

_ENGINE_UP = "vllm:num_requests_running"


class EmbeddedSource:
    """Reads signals from the scrape memories of simulated fleets; implements the port `SignalSource`."""

    def __init__(self, memories: Mapping[WorkloadId, ScrapeMemory]) -> None:
        self._memories = memories

    async def read(self, workloads: Sequence[Workload], *, grid: Grid, window_s: float) -> FleetReadings:
        """Return every signal of the workloads at every time of the grid."""
        times = grid.times().tolist()
        cells = [
            [measure(self._memories[workload.id], at=at, window_s=window_s) for at in times] for workload in workloads
        ]
        ages = [[self._memories[workload.id].age_s(at) for at in times] for workload in workloads]
        age_s = np.array([[math.nan if age is None else age for age in row] for row in ages])
        readings = {
            signal: _column([[cell.get(signal) for cell in row] for row in cells], age_s.reshape(len(workloads), -1))
            for signal in Signal
        }
        return FleetReadings(ids=tuple(workload.id for workload in workloads), grid=grid, readings=readings)


def measure(memory: ScrapeMemory, *, at: float, window_s: float) -> dict[Signal, float]:
    """Return the signals that one fleet shows at a time; what it does not show is left out."""
    found: dict[Signal, float | None] = {
        Signal.REPLICAS_REQUESTED: memory.total("kube_deployment_spec_replicas", at=at),
        Signal.REPLICAS_STATUS: memory.total("kube_deployment_status_replicas", at=at),
        Signal.REPLICAS_READY: memory.total("kube_deployment_status_replicas_ready", at=at),
        Signal.DEMAND_AT_ZERO: memory.total("llm_d_epp_flow_control_queue_size", at=at),
        Signal.START_SECONDS: max(memory.starts(at=at, window_s=window_s), default=None),
    }
    if memory.total(_ENGINE_UP, at=at) is not None:  # rates outlive their target, as in Prometheus; gate them
        found.update(_engine(memory, at=at, window_s=window_s))
    return {signal: value for signal, value in found.items() if value is not None}


def _engine(memory: ScrapeMemory, *, at: float, window_s: float) -> dict[Signal, float | None]:
    def rate(name: str) -> float | None:
        return memory.rate(name, at=at, window_s=window_s)

    return {
        Signal.QUEUE_DEPTH: memory.total("vllm:num_requests_waiting", at=at),
        Signal.REQUESTS_RUNNING: memory.total("vllm:num_requests_running", at=at),
        Signal.KV_CACHE_USAGE: memory.mean("vllm:kv_cache_usage_perc", at=at),
        Signal.GPU_UTILIZATION: _percent(memory.mean("DCGM_FI_DEV_GPU_UTIL", at=at)),
        Signal.PROMPT_TOKENS_RATE: rate("vllm:prompt_tokens_total"),
        Signal.GENERATION_TOKENS_RATE: rate("vllm:generation_tokens_total"),
        Signal.PREEMPTIONS: rate("vllm:num_preemptions_total"),
        Signal.PREFIX_CACHE_HIT_RATIO: _ratio(
            rate("vllm:prefix_cache_hits_total"), rate("vllm:prefix_cache_queries_total")
        ),
        Signal.PROMPT_TOKENS_PER_REQUEST: _ratio(
            rate("vllm:request_prompt_tokens_sum"), rate("vllm:request_prompt_tokens_count")
        ),
        Signal.GENERATION_TOKENS_PER_REQUEST: _ratio(
            rate("vllm:request_generation_tokens_sum"), rate("vllm:request_generation_tokens_count")
        ),
        Signal.ARRIVAL_RATE: _arrivals(
            rate("vllm:request_success_total"),
            memory.slope("vllm:num_requests_running", at=at, window_s=window_s),
            memory.slope("vllm:num_requests_waiting", at=at, window_s=window_s),
        ),
    }


def _arrivals(completions: float | None, running: float | None, waiting: float | None) -> float | None:
    if completions is None or running is None or waiting is None:
        return None
    return max(completions + running + waiting, 0.0)


def _ratio(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def _percent(value: float | None) -> float | None:
    return None if value is None else value / 100


def _column(cells: list[list[float | None]], age_s: np.typing.NDArray[np.float64]) -> Readings:
    value = np.array([[math.nan if cell is None else cell for cell in row] for row in cells]).reshape(age_s.shape)
    known = ~np.isnan(value)
    return Readings(
        value=value,
        state=np.where(known, State.FRESH, State.ABSENT).astype(np.uint8),
        age_s=np.where(known, age_s, np.nan),
        coverage=np.where(known, 1.0, np.nan),
    )
