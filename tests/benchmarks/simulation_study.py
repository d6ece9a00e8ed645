"""The study of policies on public traces: scenarios are series x cold start x model, one JSON line each.

    python -m tests.benchmarks.simulation_study --results study.jsonl data/traces/*.csv*

It can be stopped and started again: scenarios that the results file has are skipped. `--report` prints what the file
says so far. All scenarios are played with one setting of ours.
"""

import argparse
import gzip
import itertools
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapter.simulation.contest import ATTAINMENT, CLAIRVOYANT, OURS, POLICIES, Outcome, settings_tried
from adapter.simulation.frontier import hours_at
from adapter.simulation.load_files import Load, read_loads
from adapter.simulation.profiles import MODELS
from adapter.simulation.scenario import Terms, build_scenario

COLD_STARTS_S = (180.0, 60.0, 420.0)
Line = dict[str, Any]  # JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One scenario by its name."""

    series: str
    cold_start_s: float
    model: str

    @property
    def key(self) -> str:
        """Return what tells it apart in the results file."""
        return f"{self.series} {self.cold_start_s:g}s {self.model}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which scenarios are played, and by whom."""

    hours: float = 24.0
    models: tuple[str, ...] = tuple(MODELS)
    cold_starts_s: tuple[float, ...] = COLD_STARTS_S
    policies: tuple[str, ...] = POLICIES


def read_all(paths: Iterable[Path]) -> Iterator[Load]:
    """Return the loads of several files."""
    for path in paths:
        packed = path.read_bytes()
        text = (gzip.decompress(packed) if path.suffix == ".gz" else packed).decode()
        yield from read_loads(text, name=path.name.removesuffix(".gz").removesuffix(".csv"))


def play_case(load: Load, case: Case, plan: Plan) -> Line | None:
    """Return the line of one scenario; None when nothing arrives in its scored time."""
    profile = MODELS[case.model]
    scenario = build_scenario(load, Terms(profile=profile, cold_start_s=case.cold_start_s, scored_s=plan.hours * 3600))
    if scenario is None:
        return None
    return {
        "key": case.key,
        "series": case.series,
        "cold_start_s": case.cold_start_s,
        "model": case.model,
        "hours": scenario.end_s / 3600,
        "intermittent": scenario.may_sleep,
        "requests": len(scenario.requests),
        "policies": {policy: [_figures(each) for each in settings_tried(scenario, policy)] for policy in plan.policies},
    }


def done(results: Path) -> dict[str, Line]:
    """Return the lines of a results file by key; a last line that was cut off is not there."""
    lines = {}
    for text in results.read_text(encoding="utf-8").splitlines() if results.exists() else []:
        try:
            line = json.loads(text)
        except ValueError:
            continue
        lines[line["key"]] = line
    return lines


def study(loads: Sequence[Load], results: Path, plan: Plan) -> Iterator[Line]:
    """Play what the results file does not have yet, append it, and yield each new line."""
    known = done(results)
    for model, cold_start_s, load in itertools.product(plan.models, plan.cold_starts_s, loads):
        case = Case(series=load.name, cold_start_s=cold_start_s, model=model)
        line = None if case.key in known else play_case(load, case, plan)
        if line is not None:
            with results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            yield line


def ratio(line: Line) -> float:
    """Return our GPU-hours over clairvoyant's; NaN where clairvoyant was not played."""
    best = line["policies"].get(CLAIRVOYANT)
    return float(line["policies"][OURS][0]["gpu_hours"] / best[0]["gpu_hours"]) if best else math.nan


def best_peer(line: Line) -> tuple[str, float]:
    """Return the comparison policy that reaches our attainment with the fewest GPU-hours, and those; NaN if none."""
    level = line["policies"][OURS][0]["attainment"]
    peers = {
        name: _hours(points, level) for name, points in line["policies"].items() if name not in (OURS, CLAIRVOYANT)
    }
    reached = {name: hours for name, hours in peers.items() if not math.isnan(hours)}
    return min(reached.items(), key=lambda item: item[1]) if reached else ("none", math.nan)


def report(lines: Mapping[str, Line]) -> str:
    """Return one row a scenario and the geometric means, for people."""
    rows = [f"{'scenario':34s} {'kind':6s} {'ours':>8s} {'GPU-h':>8s} {'x clairv.':>9s}  best peer at our attainment"]
    for key, line in lines.items():
        mine, (name, hours) = line["policies"][OURS][0], best_peer(line)
        saved = f"{name} {hours:.1f} h ({mine['gpu_hours'] / hours - 1:+.0%} ours)" if not math.isnan(hours) else "none"
        rows.append(
            f"{key:34s} {_kind(line):6s} {mine['attainment']:8.2%} {mine['gpu_hours']:8.1f} {ratio(line):9.2f}  {saved}"
        )
    for kind in ("steady", "sparse"):
        rows.extend(_mean([line for line in lines.values() if _kind(line) == kind], kind))
    return "\n".join(rows)


def _kind(line: Line) -> str:
    return "sparse" if line["intermittent"] else "steady"


def _mean(lines: Sequence[Line], kind: str) -> Iterator[str]:
    known = [each for each in map(ratio, lines) if not math.isnan(each)]
    good = sum(line["policies"][OURS][0]["attainment"] >= ATTAINMENT for line in lines)
    if known:
        mean = math.exp(math.fsum(map(math.log, known)) / len(known))
        yield f"{kind}: geometric mean {mean:.2f} x clairvoyant, {good} of {len(lines)} attain {ATTAINMENT:.0%}"


def _hours(points: Sequence[Mapping[str, float]], level: float) -> float:
    return hours_at(((each["attainment"], each["gpu_hours"]) for each in points), level)


def _figures(outcome: Outcome) -> dict[str, float | None]:
    score = outcome.score
    return {
        "knob": None if math.isnan(outcome.knob) else outcome.knob,
        "attainment": score.attainment,
        "gpu_hours": score.gpu_hours,
        "failed": score.failed,
        "flaps": score.flaps,
    }


def main() -> None:
    """Run the study as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("traces", nargs="*", type=Path, help="files of load")
    parser.add_argument("--results", type=Path, required=True, help="file of JSON lines to append to")
    parser.add_argument("--series", action="append", help="only these series")
    parser.add_argument("--hours", type=float, default=24.0, help="hours that are scored")
    parser.add_argument("--model", action="append", choices=sorted(MODELS), help="default: both")
    parser.add_argument("--cold-start", action="append", type=float, help="seconds; default: 180, 60, 420")
    parser.add_argument("--report", action="store_true", help="only print what the results say so far")
    said = parser.parse_args()
    if not said.report:
        loads = [load for load in read_all(said.traces) if not said.series or load.name in said.series]
        plan = Plan(
            hours=said.hours,
            models=tuple(said.model or MODELS),
            cold_starts_s=tuple(said.cold_start or COLD_STARTS_S),
        )
        new = study(loads, said.results, plan)
        for line in new:
            sys.stderr.write(f"{line['key']}: {line['policies'][OURS][0]}\n")
    sys.stdout.write(report(done(said.results)) + "\n")


if __name__ == "__main__":
    main()
