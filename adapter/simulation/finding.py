"""A what-if study of one workload: its recorded period under several configurations and policies.

The engine is fitted, the recorded sizes are played again to set its speed and to say how far off the study is, and then
everybody plays on the same scenario. Each play is a task of its own, so that a caller may spread them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from adapter.core.history import History
from adapter.core.tuning import TunedWorkload
from adapter.simulation.contest import CLAIRVOYANT, Outcome, knobs_of, outcome_of, play, run_policy
from adapter.simulation.engine_fit import FittedEngine, fit_engine
from adapter.simulation.own import Scaleahead, Timing
from adapter.simulation.past_period import (
    RECORDED_SIZES,
    Measure,
    Reenactment,
    cold_start_of,
    period_scenario,
    recorded_plan,
    reenact,
)
from adapter.simulation.profiles import EngineProfile
from adapter.simulation.recorded import Record, rebuild_load, shape_of
from adapter.simulation.results import Contest, number
from adapter.simulation.scenario import Scenario

OTHERS: Final = ("concurrency", "queue", "kv-usage", "knative", CLAIRVOYANT)
"""Policies that a configuration can be compared with."""

Task = Callable[[], Outcome]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Own:
    """One configuration of ours for a workload."""

    name: str
    tuned: TunedWorkload
    timing: Timing
    history: History
    """What is remembered at second 0."""

    def outcome(self, scenario: Scenario) -> Outcome:
        """Return what becomes of the scenario under this configuration, within its own bounds."""
        policy = Scaleahead(self.tuned, history=self.history, timing=self.timing)
        return outcome_of(run_policy(scenario, policy, sync_s=self.timing.step_s), policy=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What a study takes for granted."""

    model: EngineProfile
    """What a replica is, as far as the record does not say."""
    cold_start_s: float | None = None
    """None for what was learnt from the record."""
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Period:
    """A recorded period, ready to be played."""

    scenario: Scenario
    engine: FittedEngine
    reenactment: Reenactment | None
    """None where the recorded sizes are not known."""
    recorded_s: float
    """How long the record is; the scenario is shorter where there are too many requests."""
    unknown: float
    """Share of minutes in which it is not known what arrived."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Finding:
    """What was found out about a workload."""

    contest: Contest
    period: Period

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Return how the simulation of the recorded period compares with the record; empty where it cannot."""
        return self.period.reenactment.measures if self.period.reenactment else ()


def prepare(record: Record, tuned: TunedWorkload, assumed: Assumptions) -> Period | None:
    """Return the recorded period, ready to be played; None when nothing arrived in it.

    Args:
        record: what was seen.
        tuned: the configuration in force: bounds, objective, capacities, lead time.
        assumed: what the record does not say.
    """
    load, capacity = rebuild_load(record), tuned.tuning.capacity
    rates = capacity.prompt_tokens_per_second, capacity.generation_tokens_per_second
    configured = None if rates[0] is None or rates[1] is None else (rates[0], rates[1])
    if not load.counts.any():
        return None
    engine = fit_engine(record, assumed.model, shape_of(load, record), capacity=configured)
    cold_start_s = cold_start_of(record, tuned) if assumed.cold_start_s is None else assumed.cold_start_s
    scenario = period_scenario(record, load, engine, tuned=tuned, cold_start_s=cold_start_s, seed=assumed.seed)
    if scenario is None:
        return None
    plan = recorded_plan(record)
    again = None if plan is None else reenact(scenario, record, plan)
    return Period(
        scenario=scenario if again is None else again.scenario,
        engine=engine,
        reenactment=again,
        recorded_s=load.duration_s,
        unknown=1 - float(load.known.mean()),
    )


def tasks_of(period: Period, owns: Sequence[Own], others: Iterable[str]) -> Iterator[tuple[str, Task]]:
    """Yield what is to be played, by policy: the configurations, the last of which is the subject, then the others."""
    for own in reversed(owns):
        yield own.name, partial(own.outcome, period.scenario)
    if period.reenactment is not None:
        yield RECORDED_SIZES, partial(outcome_of, period.reenactment.run, policy=RECORDED_SIZES)
    for policy in others:
        for knob in knobs_of(period.scenario, policy):
            yield policy, partial(play, period.scenario, policy, knob)


def finding_of(period: Period, outcomes: Iterable[tuple[str, Outcome]], *, subject: str) -> Finding:
    """Return the finding that played outcomes make.

    Args:
        period: what was played.
        outcomes: by policy.
        subject: name of the configuration that is asked about.
    """
    by_policy: dict[str, list[Outcome]] = {}
    for policy, outcome in outcomes:
        by_policy.setdefault(policy, []).append(outcome)
    scenario = period.scenario
    contest = Contest(
        workload=scenario.name,
        intermittent=scenario.may_sleep,
        requests=len(scenario.requests),
        outcomes={policy: tuple(each) for policy, each in by_policy.items()},
        subject=subject,
        attainment=scenario.terms.attainment,
    )
    return Finding(contest=contest, period=period)


def describe(finding: Finding) -> Mapping[str, object]:
    """Return how a workload's period was simulated, and how far off that is, for JSON."""
    period, again = finding.period, finding.period.reenactment
    return {
        "engine": {
            "source": period.engine.source,
            "name": period.engine.profile.name,
            "why": period.engine.why,
            "busy_minutes": 5 * period.engine.stretches,
            "slowed": 1.0 if again is None else again.slowed,
            "gpus": period.scenario.profile.gpus,
        },
        "cold_start_s": period.scenario.terms.cold_start_s,
        "unknown_minutes": period.unknown,
        "hours": period.scenario.end_s / 3600,
        "errors": [
            {
                "measure": each.name,
                "unit": each.unit,
                "recorded": number(each.recorded),
                "simulated": number(each.simulated),
                "error": number(each.error),
            }
            for each in finding.measures
        ],
    }
