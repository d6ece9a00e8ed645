"""Small workloads and engines for the tests of the simulation."""

import numpy as np

from adapter.simulation.fleet import Fleet
from adapter.simulation.profiles import EngineProfile
from adapter.simulation.traces import Requests

TOY = EngineProfile(
    name="toy",
    base_s=0.01,
    per_sequence_s=0.0,
    per_kv_token_s=0.0,
    per_prefill_token_s=1e-4,
    max_num_seqs=32,
    max_num_batched_tokens=1000,
    kv_capacity_tokens=50_000,
    gpus=2,
)
"""An iteration takes 10 ms and 0.1 ms more for each prompt token: easy to reckon by hand."""


def requests(arrival_s: list[float], prompt_tokens: int = 100, output_tokens: int = 10) -> Requests:
    """Return requests of one length."""
    count = len(arrival_s)
    return Requests(
        arrival_s=np.array(arrival_s, dtype=np.float64),
        prompt_tokens=np.full(count, prompt_tokens),
        output_tokens=np.full(count, output_tokens),
    )


def random_requests(seed: int, *, rate: float, seconds: float, prompt: int = 300, output: int = 40) -> Requests:
    """Return Poisson arrivals with geometric lengths."""
    rng = np.random.default_rng(seed)
    count = rng.poisson(rate * seconds)
    return Requests(
        arrival_s=np.sort(rng.random(count)) * seconds,
        prompt_tokens=rng.geometric(1 / prompt, count),
        output_tokens=rng.geometric(1 / output, count),
    )


def fleet(trace: Requests, *, replicas: int = 1, cold_start_s: float = 30.0, profile: EngineProfile = TOY) -> Fleet:
    """Return a fleet with a constant cold start."""
    return Fleet(profile=profile, requests=trace, cold_start=lambda: cold_start_s, replicas=replicas)
