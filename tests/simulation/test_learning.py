"""The capacity that our own policy learns of simulated engines, whatever it was told at first."""

import numpy as np
import pytest

from adapter.core.tuning import TunedWorkload, WorkloadTuning, resolve_workload
from adapter.core.workload import WorkloadId
from adapter.simulation.closed_loop import close_loop
from adapter.simulation.fleet import Fleet
from adapter.simulation.own import Scaleahead, Timing
from adapter.simulation.profiles import MODELS, EngineProfile, RequestShape
from adapter.simulation.traces import Requests

pytestmark = pytest.mark.timeout(60)  # hours of decisions: slow where the machine is shared

_HOURS, _REPLICAS, _STEP_S = 3.0, 2, 30.0
_SHAPE = RequestShape(prompt_tokens=1000, output_tokens=200)


def _waves(profile: EngineProfile) -> Requests:
    """Return requests of scattered lengths whose rate swings between a fifth and four fifths of what two can do."""
    rng, end_s = np.random.default_rng(11), _HOURS * 3600
    most = _REPLICAS * profile.sustainable_requests_per_s(_SHAPE)
    arrival_s = np.sort(rng.random(rng.poisson(most * end_s)) * end_s)
    rate = 0.5 + 0.3 * np.sin(2 * np.pi * arrival_s / 4000.0)
    arrival_s = arrival_s[rng.random(len(arrival_s)) < rate]
    count = len(arrival_s)
    return Requests(
        arrival_s=arrival_s,
        prompt_tokens=np.maximum(rng.lognormal(np.log(1000) - 0.5, 1.0, count), 1).astype(np.int64),
        output_tokens=np.maximum(rng.lognormal(np.log(200) - 0.32, 0.8, count), 1).astype(np.int64),
    )


def _told(profile: EngineProfile, factor: float) -> TunedWorkload:
    """Return a workload of two replicas whose rates are off by a factor, which is to be learnt."""
    values = {
        "replicas": {"min": _REPLICAS, "max": _REPLICAS},
        "forecast": {"enabled": False},
        "capacity": {
            "learn": True,
            "promptTokensPerSecond": profile.sustainable_prompt_tokens_per_s(_SHAPE) * factor,
            "generationTokensPerSecond": profile.sustainable_generation_tokens_per_s(_SHAPE) * factor,
        },
    }
    return resolve_workload(WorkloadId("llm", "chat"), WorkloadTuning.model_validate(values))


@pytest.mark.parametrize(("model", "factor"), [("8b", 2.0), ("70b", 0.5)])
def test_a_capacity_that_is_off_by_a_factor_of_two_is_right_within_three_hours(model: str, factor: float) -> None:
    """Within a twentieth of what the engine sustains, from requests of scattered lengths and scraped gauges."""
    profile = MODELS[model]
    policy = Scaleahead(_told(profile, factor), timing=Timing(step_s=_STEP_S))
    fleet = Fleet(profile=profile, requests=_waves(profile), cold_start=lambda: 180.0, replicas=_REPLICAS)
    close_loop(fleet, policy, end_s=_HOURS * 3600, sync_s=_STEP_S, scrape_age_s=7.5)
    assert policy.last is not None
    capacity = policy.last.capacity
    assert (capacity.source, capacity.nominal) == ("learnt", 1.0)
    assert capacity.per_replica * factor == pytest.approx(1.0, rel=0.05)
