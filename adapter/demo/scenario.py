"""What the demo plays: real load on simulated fleets, and the tuning document that scaleahead gets for them.

Two services by default: the Azure code trace, scaled so that its busiest moments need about ten replicas, behind an
HPA; and a mostly idle public service behind KEDA, which goes to zero and wakes. Any other trace plays alone, behind an
HPA.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from adapter.core.tuning import Tuning, parse_tuning
from adapter.core.workload import WorkloadId
from adapter.simulation.profiles import LLAMA_8B_H100, EngineProfile
from adapter.simulation.traces import MOSTLY_IDLE_LENGTHS as LENGTHS
from adapter.simulation.traces import (
    Requests,
    azure_code,
    mostly_idle,
    place_counts,
    read_count_trace,
    read_request_trace,
    scale_to_peak,
)

NAMESPACE: Final = "llm"
PEAK_REPLICAS: Final = 10.0
MAX_REPLICAS: Final = 16
LEAD_TIME_S: Final = 90.0
SEED: Final = 20240511

_BURST_WINDOW_S = (
    15.0  # the code trace comes in bursts of seconds; its busiest ten minutes need few replicas on average
)
_IDLE_FROM_S, _IDLE_UNTIL_S = 80 * 60.0, 138 * 60.0  # ten idle minutes, a burst, ten idle minutes, a burst, idle


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Service:
    """One simulated service."""

    name: str
    title: str
    """For people: what is replayed, with its source."""
    requests: Requests
    profile: EngineProfile = LLAMA_8B_H100
    may_sleep: bool = False
    """Whether KEDA scales it, down to zero; else an HPA does, down to one."""
    max_replicas: int = MAX_REPLICAS

    @property
    def id(self) -> WorkloadId:
        """Return the workload's identity."""
        return WorkloadId(NAMESPACE, self.name)


def bundled_services() -> tuple[Service, ...]:
    """Return the two services that the demo plays by default."""
    rng = np.random.default_rng(SEED)
    code = scale_to_peak(azure_code(), LLAMA_8B_H100, PEAK_REPLICAS, rng=rng, window_s=_BURST_WINDOW_S)
    idle = mostly_idle(rng=rng).between(_IDLE_FROM_S, _IDLE_UNTIL_S)
    return (
        Service(name="code", title="Azure LLM inference trace 2023, code service (CC-BY 4.0)", requests=code),
        Service(
            name="chat",
            title="ServeGen, one client of m-mid, mostly idle (Apache-2.0)",
            requests=scale_to_peak(idle, LLAMA_8B_H100, 2.0, rng=rng),
            may_sleep=True,
            max_replicas=4,
        ),
    )


def service_from_trace(text: str, *, name: str) -> Service:
    """Return the service that a CSV trace describes: one row a request, or counts on a regular grid.

    Raises:
        ValueError: the text is neither; says what was expected.
    """
    rng = np.random.default_rng(SEED)
    header = text.split("\n", 1)[0]
    if "input_tokens" in header:
        requests = read_request_trace(text)
    else:
        step_s, counts = read_count_trace(text)
        requests = place_counts(counts, step_s, LENGTHS, rng=rng)
    if not len(requests):
        raise ValueError(f"{name}: the trace has no requests")
    scaled = scale_to_peak(requests, LLAMA_8B_H100, PEAK_REPLICAS, rng=rng, window_s=60.0)
    return Service(name="trace", title=name, requests=scaled)


def tuning_for(services: tuple[Service, ...]) -> Tuning:
    """Return the tuning in force for the services, parsed from the document that a user would write."""
    return parse_tuning(tuning_text(services), file="demo", presets=("vllm",))


def tuning_text(services: tuple[Service, ...]) -> str:
    """Return the tuning document of the demo.

    The margin is wide and the backlog must drain within seconds because the traces burst within seconds and the SLO is
    two seconds to the first token; the same values hold for both services.
    """
    head = f"""\
apiVersion: scaleahead/v1alpha1
prometheus:
  url: http://127.0.0.1:9090  # the demo brings its own source
defaults:
  leadTime: {LEAD_TIME_S:g}s
  margin: 2
  slo: {{ttft: 2s, itl: 100ms, drain: 2s}}
  forecast: {{quantile: 0.975}}
  hold: {{scaleIn: 15m, idle: 5m}}
  hpa: {{tolerance: 0.1}}
workloads:
"""
    return head + "".join(_entry(service) for service in services)


def _entry(service: Service) -> str:
    shape, profile = service.requests.shape(), service.profile
    return f"""\
  - namespace: {NAMESPACE}
    name: {service.name}
    replicas: {{min: {0 if service.may_sleep else 1}, max: {service.max_replicas}}}
    capacity:
      promptTokensPerSecond: {profile.sustainable_prompt_tokens_per_s(shape):.0f}
      generationTokensPerSecond: {profile.sustainable_generation_tokens_per_s(shape):.0f}
      maxConcurrency: {profile.max_num_seqs}
"""
