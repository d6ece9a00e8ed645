"""What learning the capacity is worth where the configured one is wrong, in a closed loop on a real trace.

    python -m tests.benchmarks.capacity data/traces/servegen-m-mid-2.csv.gz m-mid/client-005 --model 70b --factor 2

The rates that our own policy is told are those of the engine times a factor; it plays them once as configured and once
as a first guess, on the fluid engine, without forecasts, which would blur what the capacity does. Prints a line for
each: what it took the capacity for after each six hours, over the true one, and their attainment and GPU-hours, so that
the hours in which it learns are told apart from those after.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapter.core.tuning import TunedWorkload, WorkloadTuning, resolve_workload
from adapter.simulation.closed_loop import close_loop
from adapter.simulation.cold_start import constant
from adapter.simulation.contest import tuning_of
from adapter.simulation.fluid import FluidFleet
from adapter.simulation.fluid_state import load_of
from adapter.simulation.own import Scaleahead
from adapter.simulation.profiles import MODELS
from adapter.simulation.scenario import Scenario, Terms, build_scenario
from tests.benchmarks.study_stage import read_all

_PART_S = 21_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Six hours of a run."""

    capacity: float
    """What a replica was taken for at its end, over the truth."""
    attainment: float
    gpu_hours: float


def told(scenario: Scenario, *, factor: float, learn: bool) -> TunedWorkload:
    """Return our tuning for a scenario, with token rates that are off by a factor, and without forecasts."""
    right = tuning_of(scenario)
    values = right.tuning.model_dump()
    for name in ("prompt_tokens_per_second", "generation_tokens_per_second"):
        values["capacity"][name] *= factor
    values["capacity"]["learn"] = learn
    values["forecast"]["enabled"] = False
    return resolve_workload(right.workload.id, WorkloadTuning.model_validate(values))


def play(scenario: Scenario, *, factor: float, learn: bool) -> Iterator[Part]:
    """Yield the parts of a run."""
    policy = Scaleahead(told(scenario, factor=factor, learn=learn))
    objective = scenario.terms.objective
    fleet = FluidFleet(
        profile=scenario.profile,
        load=load_of(scenario.requests, end_s=scenario.end_s, judged_from=objective.itl_from_tokens),
        cold_start=constant(scenario.terms.cold_start_s),
        replicas=scenario.initial,
    )
    served, arrived, billed = 0.0, 0, 0.0
    for part in range(round(scenario.end_s / _PART_S)):
        score = close_loop(fleet, policy, end_s=(part + 1) * _PART_S, objective=objective).score
        met = score.attainment * score.requests
        yield Part(
            capacity=policy.last.capacity.per_replica * factor if policy.last else float("nan"),
            attainment=(met - served) / (score.requests - arrived),
            gpu_hours=score.gpu_hours - billed,
        )
        served, arrived, billed = met, score.requests, score.gpu_hours


def lines(scenario: Scenario, *, factors: Sequence[float]) -> Iterator[str]:
    """Play a scenario with each factor, as configured and learnt, and say what came of it."""
    for factor in factors:
        for learn in (False, True):
            parts = (
                f"{part.attainment:.2%} at {part.gpu_hours:.1f} GPU-hours, taken for {part.capacity:.2f}"
                for part in play(scenario, factor=factor, learn=learn)
            )
            yield f"{factor:g} x true, {'learnt' if learn else 'configured'}: {'; '.join(parts)}"


def main() -> None:
    """Read the arguments, play, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trace", type=Path)
    parser.add_argument("series")
    parser.add_argument("--model", choices=sorted(MODELS), default="70b")
    parser.add_argument("--hours", type=float, default=24.0, help="a multiple of six")
    parser.add_argument("--factor", type=float, action="append", help="repeat for several; 0.5, 1 and 2 by default")
    arguments = parser.parse_args()
    [load] = [each for each in read_all([arguments.trace]) if each.name == arguments.series]
    scenario = build_scenario(load, Terms(profile=MODELS[arguments.model], scored_s=arguments.hours * 3600))
    if scenario is None:
        raise SystemExit("nothing arrives")
    for line in lines(scenario, factors=arguments.factor or (0.5, 1.0, 2.0)):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
