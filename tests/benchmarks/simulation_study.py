"""The study of policies on public traces: scenarios are services x cold starts x models, all with one setting of ours.

    python -m tests.benchmarks.simulation_study --results study.jsonl data/traces/*.csv*
    python -m tests.benchmarks.simulation_study --results study.jsonl --table

It goes round by round. In each, every service is played once, with the next cold start and model of its turn, so that
after one round every cell has a share of the services and after six the whole cross product is there: first ours and
clairvoyant, then the comparison policies with all their settings, as a fluid; and of the first round every `--check`-th
on single requests. It can be stopped at any time and goes on where it was; what is in the results file is not played
again.
"""

import argparse
import itertools
import math
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapter.simulation.closed_loop import Run
from adapter.simulation.contest import CLAIRVOYANT, FAMILIES, OURS, knobs_of
from adapter.simulation.load_files import Load
from tests.benchmarks import study_stage
from tests.benchmarks.study_lines import Line, Setting, add_lines, read_lines
from tests.benchmarks.study_stage import Case, Stage, cases, read_all, set_up, without_requests
from tests.benchmarks.study_table import rows_of, summary, table

PEERS: Final = tuple(name for name in FAMILIES if name != OURS)
SIDE_BY_SIDE: Final = 12
"""Scenarios that are decided on as one fleet: more save time, and cost more where the study is stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is played."""

    hours: float = 24.0
    rounds: int = 6
    peers: tuple[str, ...] = PEERS
    check: int = 0
    """Every so many scenarios of the first round are played on single requests too; 0 for none."""


class Study:
    """A study on its way.

    Args:
        loads: the services.
        results: the file that grows.
        plan: what is played.
    """

    def __init__(self, loads: Sequence[Load], results: Path, plan: Plan) -> None:
        self.plan = plan
        self.series = tuple(load.name for load in loads)
        self._loads = {load.name: load for load in loads}
        self._results = results
        self._known = {_mark(line) for line in read_lines(results)}
        self._stages: dict[str, Stage | None] = {}

    def lines(self) -> Iterator[Line]:
        """Play what is not known yet, and yield each line once it is in the file."""
        for turn in cases(self.series, rounds=self.plan.rounds):
            self._stages.clear()
            for batch in _batched(turn, SIDE_BY_SIDE):
                yield from self._ours(batch)
                yield from self._foreseen(batch)
            for policy in self.plan.peers:
                for case in turn:
                    yield from self._compared(case, policy)
        if self.plan.check:
            yield from self._checked(next(cases(self.series, rounds=1))[:: self.plan.check])

    def _ours(self, batch: Sequence[Case]) -> Iterator[Line]:
        stages = [self._stage(case) for case in batch if not self._done(case, OURS)]
        ready = sorted((stage for stage in stages if stage is not None), key=lambda stage: stage.scenario.end_s)
        for _, group in itertools.groupby(ready, key=lambda stage: stage.scenario.end_s):
            together = list(group)
            for stage, run in zip(together, study_stage.ours(together), strict=True):
                yield from self._noted(stage, OURS, (math.nan, run))

    def _foreseen(self, batch: Sequence[Case]) -> Iterator[Line]:
        for case in batch:
            stage = None if self._done(case, CLAIRVOYANT) else self._stage(case)
            if stage is not None:
                yield from self._noted(stage, CLAIRVOYANT, (math.nan, study_stage.foreseen(stage)))

    def _compared(self, case: Case, policy: str) -> Iterator[Line]:
        """Play all settings of a policy on a scenario; they are noted together, so that none is left out later."""
        stage = None if self._done(case, policy) else self._stage(case)
        if stage is not None:
            knobs = knobs_of(stage.scenario, policy)
            runs = [study_stage.compared(stage, policy, knob) for knob in knobs]
            yield from self._noted(stage, policy, *zip(knobs, runs, strict=True))

    def _checked(self, chosen: Sequence[Case]) -> Iterator[Line]:
        for case in chosen:
            stage = None if self._done(case, OURS, engine="requests") else self._stage(case)
            if stage is not None:
                run = study_stage.check(self._loads[case.series], case, hours=self.plan.hours)
                yield from self._noted(stage, OURS, (math.nan, run), engine="requests")

    def _done(self, case: Case, policy: str, *, engine: str = "fluid") -> bool:
        return (case.key, policy, engine) in self._known

    def _stage(self, case: Case) -> Stage | None:
        if case.key not in self._stages:
            stage = set_up(self._loads[case.series], case, hours=self.plan.hours)
            self._stages[case.key] = None if stage is None else without_requests(stage)
        return self._stages[case.key]

    def _noted(self, stage: Stage, policy: str, *runs: tuple[float, Run], engine: str = "fluid") -> Iterator[Line]:
        lines = [
            Setting(
                key=stage.case.key,
                policy=policy,
                knob=knob,
                engine=engine,
                intermittent=stage.scenario.may_sleep,
                hours=stage.scenario.end_s / 3600,
            ).line(run.score)
            for knob, run in runs
        ]
        add_lines(self._results, lines)
        self._known.update(_mark(line) for line in lines)
        yield from lines


def _mark(line: Line) -> tuple[str, str, str]:
    return line.key, line.policy, line.engine


def _batched(turn: Sequence[Case], size: int) -> Iterator[Sequence[Case]]:
    """Yield the cases in pieces, those of one model together."""
    ordered = sorted(turn, key=lambda case: case.model)
    for first in range(0, len(ordered), size):
        yield ordered[first : first + size]


def report(lines: Sequence[Line]) -> str:
    """Return all that the lines say, for people."""
    rows = rows_of(lines)
    parts = [table(rows), summary(rows)]
    fluid = {(line.key, line.policy): line for line in lines if line.engine == "fluid"}
    for line in lines:
        twin = fluid.get((line.key, line.policy))
        if line.engine == "requests" and twin is not None:
            parts.append(
                f"{line.key} on single requests: {line.attainment:.2%} at {line.gpu_hours:.1f} GPU-hours, as a fluid "
                f"{twin.attainment:.2%} at {twin.gpu_hours:.1f}"
            )
    return "\n\n".join(part for part in parts if part)


def main() -> None:
    """Run the study as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("traces", nargs="*", type=Path, help="files of load")
    parser.add_argument("--results", type=Path, required=True, help="file of JSON lines to append to")
    parser.add_argument("--series", action="append", help="only these series")
    parser.add_argument("--hours", type=float, default=24.0, help="hours that are scored")
    parser.add_argument(
        "--rounds", type=int, default=6, help="turns of every service, 6 for all cold starts and models"
    )
    parser.add_argument("--peer", action="append", choices=PEERS, help="default: all comparison policies")
    parser.add_argument("--no-peers", action="store_true", help="only ours and clairvoyant")
    parser.add_argument("--check", type=int, default=0, help="play every so many on single requests too")
    parser.add_argument("--table", action="store_true", help="only print what the results say so far")
    said = parser.parse_args()
    if not said.table:
        loads = [load for load in read_all(said.traces) if not said.series or load.name in said.series]
        peers = () if said.no_peers else tuple(said.peer or PEERS)
        plan = Plan(hours=said.hours, rounds=said.rounds, peers=peers, check=said.check)
        _follow(Study(loads, said.results, plan))
    sys.stdout.write(report(read_lines(said.results)) + "\n")


def _follow(study: Study) -> None:
    """Run a study and say how far it is."""
    started = time.monotonic()
    each = 2 + sum(1 for _ in study.plan.peers)
    total = len(study.series) * study.plan.rounds * each
    marks: set[tuple[str, str, str]] = set()
    for line in study.lines():
        marks.add(_mark(line))
        spent_s = time.monotonic() - started
        left_min = spent_s / len(marks) * max(total - len(marks), 0) / 60
        sys.stderr.write(
            f"{len(marks)}/{total}, at most {left_min:.0f} min left; {line.key} {line.policy} {line.knob or ''}: "
            f"{line.attainment:.2%} at {line.gpu_hours:.1f} GPU-hours\n"
        )


if __name__ == "__main__":
    main()
