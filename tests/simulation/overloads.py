"""Twice the load that a fleet can serve: what its engines and its gateway show, and what truly arrives."""

from dataclasses import dataclass

import numpy as np

from adapter.core.demand import TokenRates, measure_load
from adapter.core.signal import FloatArray, Signal
from adapter.simulation.closed_loop import observe
from adapter.simulation.fleet import Fleet
from adapter.simulation.observing import measure
from adapter.simulation.profiles import EngineProfile, RequestShape
from adapter.simulation.scrapes import ScrapeMemory
from adapter.simulation.traces import Requests

_CALM_S, _WINDOW_S, _STEP_S = 120.0, 60.0, 15.0
_FIRST_S, _END_S = _CALM_S + 2 * _WINDOW_S, 540.0
_REPLICAS = 3
Shown = list[dict[Signal, FloatArray]]


def _overload(profile: EngineProfile, shape: RequestShape) -> Requests:
    """Return half of what the fleet can serve for two minutes, then twice as much; lengths scatter."""
    rng = np.random.default_rng(4)
    full = _REPLICAS * profile.sustainable_requests_per_s(shape)
    calm, rush = rng.poisson(0.5 * full * _CALM_S), rng.poisson(2 * full * (_END_S - _CALM_S))
    count = calm + rush
    arrival_s = np.concatenate([rng.random(calm) * _CALM_S, _CALM_S + rng.random(rush) * (_END_S - _CALM_S)])
    means = ((shape.prompt_tokens, 1.0), (shape.output_tokens, 0.8))
    prompt, output = (
        np.maximum(np.rint(mean * rng.lognormal(-(sigma**2) / 2, sigma, count)), 1).astype(np.int64)
        for mean, sigma in means
    )
    return Requests(arrival_s=np.sort(arrival_s), prompt_tokens=prompt, output_tokens=output)


def _watch(fleet: Fleet, *, gateway: bool) -> Shown:
    """Return what is shown at each tick, with the arrivals that a gateway counts where there is one."""
    memory, shown, passed = ScrapeMemory(), [], {0.0: 0}
    for at in np.arange(_STEP_S, _END_S + 1, _STEP_S).tolist():
        fleet.advance(at)
        memory.record(observe(fleet))
        passed[at] = fleet.gateway.held + fleet.gateway.dispatched + fleet.gateway.expired
        values = dict(measure(memory, at_s=at, window_s=_WINDOW_S))
        if gateway:
            since = max(at - _WINDOW_S, 0.0)
            values[Signal.GATEWAY_ARRIVAL_RATE] = (passed[at] - passed[since]) / (at - since)
        shown.append({signal: np.array([[value]]) for signal, value in values.items()})
    return shown


def _cost(requests: Requests, rates: TokenRates, *, since: float, until: float) -> float:
    """Return the work that truly arrived in a stretch, engine-seconds/s."""
    inside = (requests.arrival_s >= since) & (requests.arrival_s < until)
    work = requests.prompt_tokens[inside].sum() / rates.prompt + requests.output_tokens[inside].sum() / rates.generation
    return float(work.item()) / (until - since)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Overload:
    """Ticks of an overloaded fleet, from two minutes after its beginning on."""

    shown: Shown
    estimated: FloatArray
    """Arriving work, engine-seconds/s, shape (ticks,)."""
    true: FloatArray
    served: FloatArray
    """What token counters alone say."""


def overloaded(profile: EngineProfile, shape: RequestShape, *, gateway: bool) -> Overload:
    """Return what becomes of a fleet at twice what it can serve."""
    requests = _overload(profile, shape)
    rates = TokenRates(
        prompt=np.array([[profile.sustainable_prompt_tokens_per_s(shape)]]),
        generation=np.array([[profile.sustainable_generation_tokens_per_s(shape)]]),
    )
    fleet = Fleet(profile=profile, requests=requests, cold_start=lambda: 60.0, replicas=_REPLICAS)
    ticks = np.arange(_STEP_S, _END_S + 1, _STEP_S).tolist()
    late = [(at, seen) for at, seen in zip(ticks, _watch(fleet, gateway=gateway), strict=True) if at > _FIRST_S]
    served = [
        seen[Signal.PROMPT_TOKENS_RATE] / rates.prompt + seen[Signal.GENERATION_TOKENS_RATE] / rates.generation
        for _, seen in late
    ]
    return Overload(
        shown=[seen for _, seen in late],
        estimated=np.array([measure_load(seen, rates).arriving.item() for _, seen in late]),
        true=np.array([_cost(requests, rates, since=at - _WINDOW_S, until=at) for at, _ in late]),
        served=np.array([each.item() for each in served]),
    )
