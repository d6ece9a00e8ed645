"""The contest: policies, each with several settings, on one scenario.

Every family of policies has a name, its settings for a scenario, and how one is made. All of them get the same fleet,
bounds and start. Our own gets its defaults, the capacities of the engine at the workload's mean lengths, and the cold
start as its lead time. Must not know how results are shown.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from adapter.core.tuning import TunedWorkload, WorkloadTuning, resolve_workload
from adapter.core.workload import WorkloadId
from adapter.simulation import clairvoyant
from adapter.simulation.closed_loop import Policy, Run, close_loop
from adapter.simulation.daily import with_days
from adapter.simulation.holt_winters import BIN_S, HoltWinters, PredictiveReactive
from adapter.simulation.knative import SYNC_S as KNATIVE_SYNC_S
from adapter.simulation.knative import Knative, KpaConfig
from adapter.simulation.own import Scaleahead
from adapter.simulation.past import history_of, mean_in_flight
from adapter.simulation.policies import (
    Fixed,
    ReactiveHpa,
    ReactiveKeda,
    Symptom,
    in_flight,
    kv_usage,
    queue_length,
    reactive_targets,
)
from adapter.simulation.scenario import HEADROOM, Scenario
from adapter.simulation.score import Score
from adapter.simulation.trail import Trail

OURS: Final = "scaleahead"
CLAIRVOYANT: Final = "clairvoyant"
ATTAINMENT: Final = 0.98
_LARGE: Final = 2_000_000
_FIXED_SHARES: Final = (0.5, 0.7, 0.85, 1.0, 1.2, 1.6, 2.5)
_QUEUE_TARGETS: Final = (0.5, 1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """One policy with one setting on one scenario."""

    policy: str
    knob: float
    """The setting: requests in flight, queue length or KV share per replica, replicas, margin; NaN for none."""
    score: Score
    days: tuple[Score, ...] = ()
    """The same for each 24 hours."""
    trail: Trail | None = None
    """Its course, for people to look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A kind of policy."""

    knobs: Callable[[Scenario], tuple[float, ...]]
    """Settings to try, from careful to bold."""
    make: Callable[[Scenario, float], Policy]
    sync_s: float = 15.0


def tuning_of(scenario: Scenario, *, margin: float | None = None) -> TunedWorkload:
    """Return the tuning that our own policy runs with: defaults but for what an operator has to say."""
    profile, shape = scenario.profile, scenario.shape
    said: dict[str, object] = {
        "replicas": {"min": scenario.min_replicas, "max": scenario.max_replicas},
        "lead_time": scenario.terms.cold_start_s,
        "capacity": {
            "prompt_tokens_per_second": profile.sustainable_prompt_tokens_per_s(shape),
            "generation_tokens_per_second": profile.sustainable_generation_tokens_per_s(shape),
            "max_concurrency": profile.max_num_seqs,
        },
    }
    if margin is not None:
        said["margin"] = margin
    return resolve_workload(WorkloadId("simulated", "workload"), WorkloadTuning.model_validate(said))


def play(scenario: Scenario, policy: str, knob: float) -> Outcome:
    """Return the outcome of one policy with one setting.

    Raises:
        KeyError: there is no such policy.
    """
    if policy == CLAIRVOYANT:
        return outcome_of(_clairvoyant(scenario), policy=policy, knob=knob)
    family = FAMILIES[policy]
    return outcome_of(run_policy(scenario, family.make(scenario, knob), sync_s=family.sync_s), policy=policy, knob=knob)


def outcome_of(run: Run, *, policy: str, knob: float = math.nan) -> Outcome:
    """Return what is kept of a run."""
    return Outcome(policy=policy, knob=knob, score=run.score, days=run.days, trail=run.trail())


def run_policy(scenario: Scenario, policy: Policy, *, sync_s: float = 15.0) -> Run:
    """Return the run of a policy on a scenario."""
    fleet, objective = scenario.fleet(), scenario.terms.objective
    run = close_loop(fleet, policy, end_s=scenario.end_s, sync_s=sync_s, scrape_age_s=sync_s / 2, objective=objective)
    return with_days(run, fleet, objective=objective)


def knobs_of(scenario: Scenario, policy: str) -> tuple[float, ...]:
    """Return the settings of a policy that are tried on a scenario; clairvoyant searches by itself.

    Raises:
        KeyError: there is no such policy.
    """
    return (math.nan,) if policy == CLAIRVOYANT else FAMILIES[policy].knobs(scenario)


def settings_tried(
    scenario: Scenario, policy: str, *, simulate: Callable[[Scenario, str, float], Outcome] = play
) -> tuple[Outcome, ...]:
    """Return the outcomes of a policy's settings: all of them, or for a large load those that a bisection needs.

    Bisection finds the boldest setting that attains the objective, given that bolder settings never attain more.

    Args:
        scenario: the workload.
        policy: one of `POLICIES`.
        simulate: plays one setting.
    """
    knobs = knobs_of(scenario, policy)
    if len(scenario.requests) < _LARGE:
        return tuple(simulate(scenario, policy, knob) for knob in knobs)
    outcomes, low, high = [], 0, len(knobs)
    while low < high:
        middle = (low + high) // 2
        outcomes.append(simulate(scenario, policy, knobs[middle]))
        if outcomes[-1].score.attainment >= scenario.terms.attainment:
            low = middle + 1
        else:
            high = middle
    return tuple(outcomes)


def best_of(outcomes: Iterable[Outcome], *, attainment: float = ATTAINMENT) -> Outcome:
    """Return the cheapest outcome that attains the objective, else the one that attains most; of at least one."""
    known = tuple(outcomes)
    good = [each for each in known if each.score.attainment >= attainment]
    if good:
        return min(good, key=lambda each: each.score.gpu_hours)
    return max(known, key=lambda each: each.score.attainment)


def _clairvoyant(scenario: Scenario) -> Run:
    load = clairvoyant.load_in_replicas(scenario.requests, scenario.profile, scenario.shape, end_s=scenario.end_s)
    variants = clairvoyant.SPARSE_VARIANTS if scenario.may_sleep else clairvoyant.VARIANTS
    return clairvoyant.search(
        load,
        lambda plan: run_policy(
            scenario,
            clairvoyant.Scheduled(plan, max_replicas=scenario.max_replicas),
            sync_s=clairvoyant.STEP_S,
        ),
        lead_steps=math.ceil(scenario.terms.cold_start_s / clairvoyant.STEP_S),
        attainment=scenario.terms.attainment,
        variants=variants if len(scenario.requests) < _LARGE else variants[1:2],
    )


def _ours(scenario: Scenario, margin: float) -> Policy:
    tuned = tuning_of(scenario, margin=None if math.isnan(margin) else margin)
    return Scaleahead(tuned, history=history_of(scenario, tuned))


def _reactive(symptom: Symptom, scenario: Scenario, target: float) -> Policy:
    if scenario.may_sleep:
        return ReactiveKeda(target=target, max_replicas=scenario.max_replicas, symptom=symptom)
    return ReactiveHpa(
        target=target, max_replicas=scenario.max_replicas, min_replicas=scenario.min_replicas, symptom=symptom
    )


def _knative(scenario: Scenario, target: float) -> Policy:
    return Knative(
        target=target / KpaConfig().utilisation,
        min_replicas=scenario.min_replicas,
        max_replicas=scenario.max_replicas,
    )


def _holt_winters(scenario: Scenario, target: float) -> Policy:
    forecast = HoltWinters(mean_in_flight(scenario, bin_s=BIN_S))
    reactive = _reactive(in_flight, scenario, target)
    return PredictiveReactive(reactive, forecast, lead_time_s=scenario.terms.cold_start_s)


def _concurrency_knobs(scenario: Scenario) -> tuple[float, ...]:
    return reactive_targets(scenario.profile, scenario.shape)


def _kv_knobs(scenario: Scenario) -> tuple[float, ...]:
    """Return the KV shares that belong to the same loads as the targets of concurrency."""
    context = scenario.shape.prompt_tokens + scenario.shape.output_tokens / 2
    each = context / scenario.profile.kv_capacity_tokens
    return tuple(target * each for target in reactive_targets(scenario.profile, scenario.shape))


def _fixed_knobs(scenario: Scenario) -> tuple[float, ...]:
    peak = scenario.max_replicas / HEADROOM
    sizes = {float(max(1, math.ceil(share * peak))) for share in _FIXED_SHARES}
    return tuple(sorted(sizes, reverse=True))


FAMILIES: Final[Mapping[str, Family]] = {
    OURS: Family(knobs=lambda _: (math.nan,), make=_ours),
    "concurrency": Family(knobs=_concurrency_knobs, make=partial(_reactive, in_flight)),
    "queue": Family(knobs=lambda _: _QUEUE_TARGETS, make=partial(_reactive, queue_length)),
    "kv-usage": Family(knobs=_kv_knobs, make=partial(_reactive, kv_usage)),
    "knative": Family(knobs=_concurrency_knobs, make=_knative, sync_s=KNATIVE_SYNC_S),
    "holt-winters": Family(knobs=_concurrency_knobs, make=_holt_winters),
    "fixed": Family(knobs=_fixed_knobs, make=lambda _, knob: Fixed(size=round(knob))),
}
"""All policies but clairvoyant, ours first."""
POLICIES: Final = (*FAMILIES, CLAIRVOYANT)
