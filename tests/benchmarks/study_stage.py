"""What is played in the study: services of public traces, each with every cold start and model, as a fluid.

A day of single requests takes a minute of a core for each setting of each policy, and one as a fluid a second, so all
that is searched and compared is played as a fluid, and what comes out is checked on single requests (`check`).
"""

import gzip
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from adapter.core.tuning import TunedWorkload, resolve_workload
from adapter.core.workload import WorkloadId
from adapter.simulation import clairvoyant
from adapter.simulation.arrays import Floats
from adapter.simulation.closed_loop import Run, close_loop
from adapter.simulation.cold_start import constant
from adapter.simulation.contest import FAMILIES, OURS, run_policy, tuning_of
from adapter.simulation.fluid import FluidFleet
from adapter.simulation.fluid_state import Load as Fluid
from adapter.simulation.fluid_state import load_of
from adapter.simulation.load_files import Load, read_loads
from adapter.simulation.lockstep import Loop, close_loops
from adapter.simulation.past import history_of
from adapter.simulation.profiles import MODELS
from adapter.simulation.scenario import Scenario, Terms, build_scenario

CELLS: Final = ((180.0, "8b"), (60.0, "70b"), (420.0, "8b"), (180.0, "70b"), (60.0, "8b"), (420.0, "70b"))
"""Cold starts and models, in the order in which a service meets them; the next service begins one further on."""
_AFTER_S: Final = 1200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One scenario by its name."""

    series: str
    cold_start_s: float
    model: str

    @property
    def key(self) -> str:
        """Return what tells it apart in the results."""
        return f"{self.series} {self.cold_start_s:g}s {self.model}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stage:
    """A scenario, ready to be played."""

    case: Case
    scenario: Scenario
    fluid: Fluid
    work: Floats
    """In replicas at their sustainable rate, each step of the clairvoyant."""

    def fleet(self) -> FluidFleet:
        """Return the fleet at second 0."""
        return FluidFleet(
            profile=self.scenario.profile,
            load=self.fluid,
            cold_start=constant(self.case.cold_start_s),
            replicas=self.scenario.initial,
            objective=self.scenario.terms.objective,
        )


def read_all(paths: Iterable[Path]) -> Iterator[Load]:
    """Return the loads of several files."""
    for path in paths:
        packed = path.read_bytes()
        text = (gzip.decompress(packed) if path.suffix == ".gz" else packed).decode()
        yield from read_loads(text, name=path.name.removesuffix(".gz").removesuffix(".csv"))


def cases(series: Sequence[str], *, rounds: int) -> Iterator[tuple[Case, ...]]:
    """Yield the scenarios of each round: every service once, with the next cold start and model of its turn."""
    for turn in range(rounds):
        cells = [CELLS[(index + turn) % len(CELLS)] for index in range(len(series))]
        yield tuple(
            Case(series=name, cold_start_s=cold_start_s, model=model)
            for name, (cold_start_s, model) in zip(series, cells, strict=True)
        )


def set_up(load: Load, case: Case, *, hours: float) -> Stage | None:
    """Return the stage of a scenario; None when nothing arrives in its scored time."""
    terms = Terms(profile=MODELS[case.model], cold_start_s=case.cold_start_s, scored_s=hours * 3600)
    scenario = build_scenario(load, terms)
    if scenario is None:
        return None
    end_s, judged_from = scenario.end_s, terms.objective.itl_from_tokens
    return Stage(
        case=case,
        scenario=scenario,
        fluid=load_of(scenario.requests, end_s=end_s + _AFTER_S, judged_from=judged_from),
        work=clairvoyant.load_in_replicas(scenario.requests, scenario.profile, scenario.shape, end_s=end_s),
    )


def ours(stages: Sequence[Stage]) -> list[Run]:
    """Return the runs of our own decisions, all with the same end, side by side."""
    loops = []
    for stage in stages:
        tuned = _named(stage)
        loops.append(
            Loop(
                fleet=stage.fleet(),
                tuned=tuned,
                history=history_of(stage.scenario, tuned),
                objective=stage.scenario.terms.objective,
            )
        )
    return close_loops(loops, end_s=stages[0].scenario.end_s)


def _named(stage: Stage) -> TunedWorkload:
    case = stage.case
    name = f"{case.series.replace('/', '-')}-{case.cold_start_s:g}s"
    return resolve_workload(WorkloadId(case.model, name), tuning_of(stage.scenario).tuning)


def foreseen(stage: Stage) -> Run:
    """Return the run of the cheapest schedule found that attains the objective."""
    scenario = stage.scenario
    return clairvoyant.search(
        stage.work,
        lambda plan: clairvoyant.follow(stage.fleet(), plan, end_s=scenario.end_s, max_replicas=scenario.max_replicas),
        lead_steps=math.ceil(stage.case.cold_start_s / clairvoyant.STEP_S),
        attainment=scenario.terms.attainment,
        variants=clairvoyant.SPARSE_VARIANTS if scenario.may_sleep else clairvoyant.VARIANTS,
    )


def compared(stage: Stage, policy: str, knob: float) -> Run:
    """Return the run of a comparison policy with one setting."""
    family, scenario = FAMILIES[policy], stage.scenario
    return close_loop(
        stage.fleet(),
        family.make(scenario, knob),
        end_s=scenario.end_s,
        sync_s=family.sync_s,
        scrape_age_s=family.sync_s / 2,
    )


def check(load: Load, case: Case, *, hours: float) -> Run:
    """Return the run of our own decisions on single requests."""
    terms = Terms(profile=MODELS[case.model], cold_start_s=case.cold_start_s, scored_s=hours * 3600)
    scenario = build_scenario(load, terms)
    if scenario is None:
        raise ValueError(f"{case.key}: nothing arrives")
    return run_policy(scenario, FAMILIES[OURS].make(scenario, math.nan))


def without_requests(stage: Stage) -> Stage:
    """Return the stage without its single requests, which take most of the memory and which a fluid does not need."""
    return replace(stage, scenario=replace(stage.scenario, requests=stage.scenario.requests.between(0.0, 0.0)))
