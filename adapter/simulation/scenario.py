"""A scenario: one workload's load cut into what is remembered and what is scored, on a fleet of one model.

Everything that policies are compared on is settled here and is the same for all of them: the requests, the cold start,
the bounds, the size at second 0. Must not know any policy.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from adapter.simulation.arrays import Floats, Ints
from adapter.simulation.cold_start import constant
from adapter.simulation.fleet import Fleet
from adapter.simulation.load_files import Load, bridged
from adapter.simulation.profiles import EngineProfile, RequestShape
from adapter.simulation.score import DEFAULT_OBJECTIVE, Objective
from adapter.simulation.traces import PEAK_WINDOW_S, Requests, scale_to_peak

HISTORY_S: Final = 7 * 86_400.0
SHORTEST_HISTORY_S: Final = 7200.0
IDLE_SHARE: Final = 0.3
"""A workload that is idle in at least this share of ten-minute windows is intermittent and may sleep."""
STEADY_PEAK: Final = 10.0
INTERMITTENT_PEAK: Final = 3.0
"""Replicas that the busiest ten minutes of the scored time need after scaling."""

HEADROOM: Final = 5.0
"""Upper bound of the fleet, in replicas that the busiest ten minutes need: minutes within them need more."""

_MINUTE_S: Final = 60.0
_PROMPT_SIGMA, _OUTPUT_SIGMA = 1.0, 0.8
_LONGEST_TOKENS: Final = 32_768


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a scenario is made with."""

    profile: EngineProfile
    cold_start_s: float = 180.0
    scored_s: float = 86_400.0
    rescale: bool = True
    seed: int = 0
    objective: Objective = DEFAULT_OBJECTIVE
    attainment: float = 0.98
    """Share of requests to be served in time, 0 to 1: what the best setting of a policy is chosen by."""
    most_requests: int = 15_000_000
    """Short requests come in such numbers that a day of them would not fit into memory: the scored time is cut here."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scenario:
    """One workload to be scaled."""

    name: str
    terms: Terms
    requests: Requests
    """Arrivals from second 0."""
    end_s: float
    shape: RequestShape
    """Mean lengths, as an operator would know them."""
    past_rate: Floats
    """Requests/s in each minute before second 0, oldest first, NaN = gap; may be empty."""
    may_sleep: bool
    initial: int
    """Replicas ready at second 0."""
    max_replicas: int
    awake_replicas: int = 1
    """Lower bound where the workload may not sleep."""
    cached_share: float = 0.0
    """Share of each prompt found in the prefix cache, in [0, 1)."""

    @property
    def profile(self) -> EngineProfile:
        """Return the engine."""
        return self.terms.profile

    @property
    def min_replicas(self) -> int:
        """Return the lower bound: 0 where the workload may sleep."""
        return 0 if self.may_sleep else self.awake_replicas

    def fleet(self) -> Fleet:
        """Return the fleet as it is at second 0."""
        cold_start = constant(self.terms.cold_start_s)
        return Fleet(
            profile=self.profile,
            requests=self.requests,
            cold_start=cold_start,
            replicas=self.initial,
            cached_share=self.cached_share,
        )


def span(duration_s: float, scored_s: float) -> tuple[float, float]:
    """Return start and end of the scored time of a load.

    Seven days are history where there is more; else the first half, if that is two hours or more; else nothing.

    Example:
        >>> span(14 * 86400.0, 86400.0), span(36000.0, 86400.0), span(3600.0, 86400.0)
        ((604800.0, 691200.0), (18000.0, 36000.0), (0.0, 3600.0))
    """
    if duration_s > HISTORY_S + SHORTEST_HISTORY_S:
        start_s = HISTORY_S
    else:
        half_s = duration_s / 2 // _MINUTE_S * _MINUTE_S
        start_s = half_s if half_s >= SHORTEST_HISTORY_S else 0.0
    return start_s, min(start_s + scored_s, duration_s)


def build_scenario(load: Load, terms: Terms) -> Scenario | None:
    """Return the scenario of a load; None when nothing arrives in its scored time.

    Args:
        load: what arrives; its gaps are bridged, but stay gaps in what is remembered.
        terms: model, cold start, scored time, scaling, seed.
    """
    rng = np.random.default_rng([terms.seed, *load.name.encode()])
    start_s, end_s = span(load.duration_s, terms.scored_s)
    first, last = round(start_s / load.step_s), round(end_s / load.step_s)
    load = bridged(load)
    if not load.counts[first:last].any():
        return None
    intermittent = idle_share(load.counts[first:last], load.step_s) >= IDLE_SHARE
    target = INTERMITTENT_PEAK if intermittent else STEADY_PEAK
    shape = _shape(load)
    if load.requests is None:
        factor = target / _peak(load, (first, last), profile=terms.profile) if terms.rescale else 1.0
        last = first + _steps_within(terms.most_requests, (load.counts[first:last] * factor).astype(np.float64))
        counts = scale_counts(load.counts, factor, rng=rng)
        requests = place_requests(load, counts, (first, last), rng=rng)
    else:
        requests = load.requests.between(start_s, end_s)
        before = len(requests)
        if terms.rescale:
            requests = scale_to_peak(requests, terms.profile, target, rng=rng)
        factor = len(requests) / before
        counts = np.rint(load.counts * factor).astype(np.int64)
    past = np.where(load.known[:first], counts[:first], np.nan)
    peak = target if terms.rescale else _peak(load, (first, last), profile=terms.profile)
    return Scenario(
        name=load.name,
        terms=terms,
        requests=requests,
        end_s=min(end_s, last * load.step_s) - start_s,
        shape=shape,
        past_rate=per_minute(past, load.step_s, rng=rng) / _MINUTE_S,
        may_sleep=intermittent,
        initial=initial_replicas(requests, terms.profile, shape, may_sleep=intermittent),
        max_replicas=max(math.ceil(HEADROOM * peak), 4),
    )


def idle_share(counts: Ints, step_s: float) -> float:
    """Return the share of ten-minute windows in which nothing arrives."""
    steps = max(round(PEAK_WINDOW_S / step_s), 1)
    windows = np.add.reduceat(counts, np.arange(0, len(counts), steps))
    return float(np.mean(windows == 0))


def scale_counts(counts: Ints, factor: float, *, rng: np.random.Generator) -> Ints:
    """Return counts times a factor: whole repeats, and a random share of the rest, so that bursts stay bursts.

    Example:
        >>> scale_counts(np.array([3, 0, 7]), 2.0, rng=np.random.default_rng(1)).tolist()
        [6, 0, 14]
    """
    whole = math.floor(factor)
    scaled: Ints = counts * whole + rng.binomial(counts, factor - whole)
    return scaled


def per_minute(values: Floats, step_s: float, *, rng: np.random.Generator) -> Floats:
    """Return counts a minute of counts a step, shape (minutes,), NaN = gap; longer steps are dealt out at random."""
    if step_s <= _MINUTE_S:
        steps = round(_MINUTE_S / step_s)
        summed: Floats = values[len(values) % steps :].reshape(-1, steps).sum(axis=1)
        return summed
    minutes = round(step_s / _MINUTE_S)
    dealt = rng.multinomial(np.nan_to_num(values).astype(np.int64), np.full(minutes, 1 / minutes)).astype(np.float64)
    dealt[np.isnan(values)] = np.nan
    return dealt.reshape(-1)


def _shape(load: Load) -> RequestShape:
    weights = load.counts if load.counts.any() else None
    return RequestShape(
        prompt_tokens=float(np.average(load.prompt_tokens, weights=weights)),
        output_tokens=float(np.average(load.output_tokens, weights=weights)),
    )


def _peak(load: Load, steps: tuple[int, int], *, profile: EngineProfile) -> float:
    """Return the replicas that the busiest ten minutes of some steps need."""
    shape, chosen = _shape(load), slice(*steps)
    cost = load.prompt_tokens * profile.per_prefill_token_s + load.output_tokens * profile.token_cost_s(shape)
    work = (load.counts * cost)[chosen]
    width = min(max(round(PEAK_WINDOW_S / load.step_s), 1), len(work))
    busiest = float(np.convolve(work, np.ones(width), mode="valid").max())
    return busiest / (width * load.step_s * profile.sustainable_requests_per_s(shape) * profile.work_s(shape))


def _steps_within(most: int, counts: Floats) -> int:
    """Return how many steps bring no more than `most` requests; at least one."""
    return max(int(np.searchsorted(np.cumsum(counts), most, side="right")), 1)


def place_requests(load: Load, counts: Ints, steps: tuple[int, int], *, rng: np.random.Generator) -> Requests:
    """Return requests at random times within their step, with random lengths around the means of the step."""
    chosen = counts[slice(*steps)]
    total = int(chosen.sum())
    arrival_s = rng.random(total)
    arrival_s += np.repeat(np.arange(len(chosen)), chosen)
    arrival_s.sort()
    lengths = [
        _lengths(np.repeat(means[slice(*steps)], chosen), sigma, rng=rng)
        for means, sigma in ((load.prompt_tokens, _PROMPT_SIGMA), (load.output_tokens, _OUTPUT_SIGMA))
    ]
    return Requests(arrival_s=arrival_s * load.step_s, prompt_tokens=lengths[0], output_tokens=lengths[1])


def _lengths(means: Floats, sigma: float, *, rng: np.random.Generator) -> Ints:
    """Draw lognormal lengths with the given means before cutting."""
    drawn = means * rng.lognormal(-(sigma**2) / 2, sigma, len(means))
    return np.clip(np.rint(drawn), 1, _LONGEST_TOKENS).astype(np.int64)


def initial_replicas(requests: Requests, profile: EngineProfile, shape: RequestShape, *, may_sleep: bool) -> int:
    """Return replicas for a third more than the first ten minutes bring."""
    rate = float(np.searchsorted(requests.arrival_s, PEAK_WINDOW_S)) / PEAK_WINDOW_S
    needed = math.ceil(rate * 4 / 3 / profile.sustainable_requests_per_s(shape))
    return needed if may_sleep else max(needed, 1)
