"""A schedule that knows every arrival and every cold start, as the mark that no real policy can reach.

It pays what all pay: a replica is billed from creation, so a start costs one cold start. For a given utilisation the
replicas needed in each step are known, and the cheapest schedule that has them is found layer by layer: the i-th
replica is on where at least i are needed, and a pause shorter than a cold start is slept through awake, because
stopping and starting again would cost more. Stretches that serve the least for their cost may be left out, up to a
stated share of the work: where load comes in separate bursts, an objective of 98 % allows that; where it is steady, all
that runs at the time would suffer, and nothing is left out.

What utilisation is bearable depends on bursts within a step, so it is searched: by bisection, each point verified by
simulating all requests. Must not be taken for a lower bound of all schedules: it is the best of a family.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from adapter.simulation.arrays import Floats, Ints
from adapter.simulation.closed_loop import SETTLE_S, Engine, Observation, Run
from adapter.simulation.hpa_metrics import Scale
from adapter.simulation.profiles import EngineProfile, RequestShape
from adapter.simulation.score import DEFAULT_OBJECTIVE, Objective, ScaleEvent
from adapter.simulation.traces import Requests

STEP_S: Final = 15.0
_UTILISATION: Final = (0.3, 1.3)
_BISECTIONS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What a family of plans has in common."""

    window_s: float
    """Width over which the load is averaged before it is sized: wider means fewer starts."""
    missed: float = 0.0
    """Share of the work that may be left without a replica."""


VARIANTS: Final = (Variant(window_s=15.0), Variant(window_s=60.0), Variant(window_s=180.0))
SPARSE_VARIANTS: Final = (*VARIANTS, Variant(window_s=15.0, missed=0.01), Variant(window_s=60.0, missed=0.01))
"""For load in separate bursts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One replica from one step to another, ready in [first, last)."""

    first: int
    last: int
    served: float
    """Replica-steps of work that it carries."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """Replicas to ask for in each step."""

    sizes: Ints


class Scheduled:
    """Follows a plan without looking.

    Args:
        plan: sizes from second 0, one a step; the last one holds on.
        max_replicas: upper bound, as all have it.
    """

    def __init__(self, plan: Plan, *, max_replicas: int) -> None:
        self._sizes = np.minimum(plan.sizes, max_replicas).tolist()

    def replicas(self, seen: Observation, scale: Scale, *, now_s: float) -> int:  # noqa: ARG002 - it knows already
        """Return the planned size."""
        return int(self._sizes[min(round(now_s / STEP_S), len(self._sizes) - 1)])


def follow(
    fleet: Engine, plan: Plan, *, end_s: float, max_replicas: int, objective: Objective = DEFAULT_OBJECTIVE
) -> Run:
    """Return the run of a plan, as `Scheduled` makes it in a closed loop, in less time: nobody looks on the way.

    Args:
        fleet: at second 0; it is advanced.
        plan: sizes from second 0.
        end_s: end of billing; requests still in flight then end unbilled.
        max_replicas: upper bound.
        objective: when a request counts as served in time.
    """
    sizes = np.minimum(plan.sizes, max_replicas)
    events = []
    for step in range(1, math.ceil(end_s / STEP_S) + 1):
        before, after = fleet.spec_replicas, int(sizes[min(step, len(sizes) - 1)])
        if after != before:
            fleet.advance(step * STEP_S)
            fleet.scale_to(after)
            events.append(ScaleEvent(at_s=step * STEP_S, before=before, after=after))
    fleet.advance(math.ceil(end_s / STEP_S) * STEP_S)
    gpu_hours, arrived = fleet.gpu_hours(), fleet.arrived
    fleet.advance(fleet.now_s + SETTLE_S)
    score = fleet.score(arrived, events, gpu_hours=gpu_hours, objective=objective)
    return Run(score=score, events=tuple(events), moments=())


def load_in_replicas(requests: Requests, profile: EngineProfile, shape: RequestShape, *, end_s: float) -> Floats:
    """Return the work that arrives in each step, in replicas at their sustainable rate, shape (steps,)."""
    work = requests.prompt_tokens * profile.per_prefill_token_s + requests.output_tokens * profile.token_cost_s(shape)
    steps = math.ceil(end_s / STEP_S)
    placed = np.minimum((requests.arrival_s / STEP_S).astype(np.int64), steps - 1)
    sums = np.bincount(placed, weights=work, minlength=steps).astype(np.float64)
    return sums / (STEP_S * profile.sustainable_requests_per_s(shape) * profile.work_s(shape))


def plan_for(load: Floats, *, utilisation: float, lead_steps: int, missed: float = 0.0) -> Plan:
    """Return the cheapest plan that has what is needed in each step, but for a share of the work.

    Args:
        load: replicas' worth of work in each step, shape (steps,).
        utilisation: work that one replica gets of what it sustains, > 0.
        lead_steps: steps from creation to ready.
        missed: share of the work that may be left without a replica, 0 to 1.

    Example:
        Two replicas' worth, a pause of one step, then one: with a cold start of two steps the pause is not worth a
        restart, and everything before second 0 is asked for at once.

        >>> plan_for(np.array([0.0, 0, 0, 2, 2, 0, 1, 0]), utilisation=1.0, lead_steps=2).sizes.tolist()
        [0, 2, 2, 2, 2, 1, 1, 0]
    """
    stretches = [each for each in _stretches(load / utilisation, lead_steps) if each.served > 0]
    kept = _without_least(stretches, lead_steps, budget=missed * float(load.sum()) / utilisation)
    change = np.zeros(len(load) + 1, dtype=np.int64)
    for each in kept:
        change[max(each.first - lead_steps, 0)] += 1
        change[each.last] -= 1
    return Plan(sizes=np.cumsum(change)[:-1])


def search(
    load: Floats,
    simulate: Callable[[Plan], Run],
    *,
    lead_steps: int,
    attainment: float = 0.98,
    variants: Iterable[Variant] = VARIANTS,
) -> Run:
    """Return the cheapest simulated plan that attains the objective, else the one that attains most.

    Args:
        load: result of `load_in_replicas`.
        simulate: runs all requests under a plan.
        lead_steps: steps from creation to ready.
        attainment: share of requests to be served in time, 0 to 1.
        variants: what to try beside the utilisation.
    """
    runs = []
    for variant in variants:
        smooth = _smoothed(load, round(variant.window_s / STEP_S))
        low, high = _UTILISATION
        for _ in range(_BISECTIONS):
            middle = math.sqrt(low * high)
            plan = plan_for(smooth, utilisation=middle, lead_steps=lead_steps, missed=variant.missed)
            run = simulate(plan)
            runs.append(run)
            low, high = (middle, high) if run.score.attainment >= attainment else (low, middle)
    good = [run for run in runs if run.score.attainment >= attainment]
    if good:
        return min(good, key=lambda run: run.score.gpu_hours)
    return max(runs, key=lambda run: run.score.attainment)


def _stretches(needed: Floats, lead_steps: int) -> list[Stretch]:
    """Return when each replica is on; pauses no longer than a start are bridged."""
    found = []
    for layer in range(math.ceil(float(needed.max(initial=0.0)) - 1e-9)):
        share = np.clip(needed - layer, 0.0, 1.0)
        on = np.flatnonzero(share > 1e-9)
        breaks = np.flatnonzero(np.diff(on) > lead_steps + 1)
        sums = np.concatenate([[0.0], np.cumsum(share)])
        for first, last in zip(on[np.r_[0, breaks + 1]], on[np.r_[breaks, len(on) - 1]] + 1, strict=True):
            served = float(sums[last] - sums[first])
            found.append(Stretch(first=int(first), last=int(last), served=served))
    return found


def _without_least(stretches: list[Stretch], lead_steps: int, *, budget: float) -> list[Stretch]:
    """Return the stretches without those that serve least for what they cost, as far as the budget goes."""
    kept = []
    for each in sorted(stretches, key=lambda each: each.served / (each.last - each.first + lead_steps)):
        if each.served <= budget:
            budget -= each.served
        else:
            kept.append(each)
    return kept


def _smoothed(load: Floats, width: int) -> Floats:
    """Return the centred moving average; the work stays the same but at the ends."""
    if width <= 1:
        return load
    smooth: Floats = np.convolve(load, np.full(width, 1 / width), mode="same")
    return smooth
