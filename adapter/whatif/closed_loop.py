"""The closed loop of a what-if study: records read, then every workload played under every policy, on all cores."""

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

from adapter.core.history import COARSE_TIER, History
from adapter.core.signal import Grid
from adapter.core.tuning import TunedWorkload
from adapter.core.workload import WorkloadId
from adapter.engine import Engine
from adapter.ports import SignalSource
from adapter.recall import read_records
from adapter.simulation.contest import Outcome
from adapter.simulation.finding import Assumptions, Finding, Own, Task, finding_of, prepare, tasks_of
from adapter.simulation.own import Timing
from adapter.simulation.recorded import MINUTE_S, Record
from adapter.whatif.recording import read_memory
from adapter.whatif.study import Study, StudyRefused, Variant

SHORTEST_S: Final = 1800.0
"""Below this a period says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """All that is read for a study."""

    records: Mapping[WorkloadId, Record]
    memories: Sequence[History]
    """What each configuration remembered at the start, in the order of the variants."""


def minutes_of(study: Study) -> Grid:
    """Return the ends of the studied minutes; the first begins at a multiple of ten minutes, as memories do.

    Raises:
        StudyRefused: the period is too short.
    """
    start = math.ceil(study.start / COARSE_TIER.step_s) * COARSE_TIER.step_s
    count = math.floor((study.end - start) / MINUTE_S)
    if count * MINUTE_S < SHORTEST_S:
        raise StudyRefused(f"--days must span at least {SHORTEST_S / 60:.0f} min from a multiple of ten minutes on")
    return Grid(start=start + MINUTE_S, step_s=MINUTE_S, count=count)


async def gather_evidence(study: Study, source: SignalSource, *, advance: Callable[[float], None]) -> Evidence:
    """Read everything.

    Args:
        study: the question.
        source: where to read.
        advance: called with the share that is newly done; ends at 1.

    Raises:
        NothingRead: the source did not answer.
        StudyRefused: the period is too short.
    """
    minutes = minutes_of(study)
    first = study.variants[0]
    records = await read_records(first.reader(source), first.tuned, minutes, advance=lambda share: advance(share / 2))
    memories = []
    for variant in study.variants:
        memory = await read_memory(variant.reader(source), variant.tuned, until=minutes.start - MINUTE_S)
        memories.append(memory)
        advance(0.5 / len(study.variants))
    return Evidence(records=records, memories=memories)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """One workload to be studied; it can be pickled, to be studied elsewhere."""

    tuned: TunedWorkload
    """As it is in force."""
    record: Record
    owns: Sequence[Own]
    assumed: Assumptions
    others: Sequence[str]
    """Policies to compare with."""

    @property
    def subject(self) -> str:
        """Return the name of the configuration that is asked about."""
        return self.owns[-1].name


def jobs_of(study: Study, evidence: Evidence, *, assumed: Assumptions, others: Sequence[str]) -> list[Job]:
    """Return the workloads of a study.

    Args:
        study: the question.
        evidence: what was read.
        assumed: what records do not say.
        others: policies to compare with.
    """
    return [
        Job(
            tuned=tuned,
            record=evidence.records[tuned.workload.id],
            owns=_owns(study, evidence, tuned.workload.id),
            assumed=assumed,
            others=others,
        )
        for tuned in study.variants[0].tuned
    ]


def find_here(jobs: Sequence[Job], *, advance: Callable[[str, float], None]) -> Iterator[Finding]:
    """Yield the finding of each workload in which something arrived, every play a task on one of the cores.

    Args:
        jobs: the workloads.
        advance: called with a workload and the share of it that is newly done, as it is done.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for job in jobs:
            name = str(job.tuned.workload.id)
            period = prepare(job.record, job.tuned, job.assumed)
            if period is None:
                advance(name, 1.0)
                continue
            tasks = list(tasks_of(period, job.owns, job.others))
            played = pool.map(partial(_played, done=partial(advance, name, 1 / len(tasks))), tasks)
            yield finding_of(period, played, subject=job.subject)


def find_elsewhere(jobs: Sequence[Job], engine: Engine, *, advance: Callable[[str, float], None]) -> Iterator[Finding]:
    """Yield the same findings, every workload studied as a whole where an engine puts it.

    Args:
        jobs: the workloads.
        engine: maps over them.
        advance: called with a workload and 1 as it is done.

    Raises:
        EngineFailed: the engine did not work.
    """
    for job, finding in zip(jobs, engine(_find, jobs), strict=True):
        advance(str(job.tuned.workload.id), 1.0)
        if finding is not None:
            yield finding


def _find(job: Job) -> Finding | None:
    period = prepare(job.record, job.tuned, job.assumed)
    if period is None:
        return None
    played = ((policy, play()) for policy, play in tasks_of(period, job.owns, job.others))
    return finding_of(period, played, subject=job.subject)


def _played(task: tuple[str, Task], *, done: Callable[[], None]) -> tuple[str, Outcome]:
    policy, play = task
    outcome = play()
    done()
    return policy, outcome


def _owns(study: Study, evidence: Evidence, key: WorkloadId) -> list[Own]:
    return [
        Own(
            name=variant.name,
            tuned=_tuned(variant, key),
            timing=_timing(variant, start=evidence.records[key].start),
            history=memory.reindexed((key,)),
        )
        for variant, memory in zip(study.variants, evidence.memories, strict=True)
    ]


def _tuned(variant: Variant, key: WorkloadId) -> TunedWorkload:
    return next(each for each in variant.tuned if each.workload.id == key)


def _timing(variant: Variant, *, start: float) -> Timing:
    tick = variant.tuning.tick
    return Timing(
        step_s=tick.interval,
        settling_s=tick.settling_delay,
        window_s=variant.tuning.prometheus.rate_window,
        epoch=start,
    )
