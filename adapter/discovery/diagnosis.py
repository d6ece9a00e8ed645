"""A running configuration, signal by signal: what is asked, what comes back, how well it is known, and what to do.

The queries and the judgement are those of a tick; only the count of series is taken along.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from adapter.core.signal import FleetReadings, Grid, Reading, Signal, SignalProblem, State
from adapter.core.tuning import PrometheusTuning, TunedWorkload
from adapter.core.workload import Workload, WorkloadId
from adapter.prometheus.assembly import assemble
from adapter.prometheus.decode import Table
from adapter.prometheus.fold import Folded, IndexArray, Owned
from adapter.prometheus.jobs import ANCHOR_JOBS, job_count, preset_jobs
from adapter.prometheus.plan import Plan, PlannedPreset, PlannedSignal, make_plan
from adapter.prometheus.reader import Ask, Fetched, Fold, Job, fetch


class Weight(StrEnum):
    """What it means for a decision when a signal is not known."""

    NEEDED = "needed"
    """There is no decision without it."""
    USEFUL = "useful"
    """Decisions are better with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One signal of one workload."""

    workload: WorkloadId
    signal: Signal
    preset: str
    """Whose query it is: the first that brought series, or the first of all."""
    query: str
    series: int
    """Series of the answer that are the workload's."""
    reading: Reading
    """Its state is stale where the newest sample is older than the workload's tuning allows."""
    weight: Weight
    problem: str = ""
    """Empty if there is none."""
    fix: str = ""


_NEEDED = (Signal.QUEUE_DEPTH, Signal.REQUESTS_RUNNING, Signal.REPLICAS_REQUESTED, Signal.REPLICAS_READY)


def diagnose(
    ask: Ask, tuned: Sequence[TunedWorkload], tuning: PrometheusTuning, *, at: float
) -> tuple[tuple[Finding, ...], tuple[SignalProblem, ...]]:
    """Return a finding per workload and signal, and what was wrong with single queries.

    Args:
        ask: sends a query.
        tuned: the workloads.
        tuning: the Prometheus and its rate window.
        at: seconds since epoch.
    """
    workloads = [each.workload for each in tuned]
    plan = make_plan(workloads, tuning, window_s=tuning.rate_window)
    grid = Grid(start=at, step_s=1.0)
    counted = [_asked(preset, workloads, lambda job: fetch(ask, job, grid)) for preset in plan.presets]
    fleet = assemble(plan, grid, [fetched for answers, _ in counted for fetched in answers])
    counts = [series for _, series in counted]
    findings = (_findings(row, each, _Seen(plan=plan, counts=counts, fleet=fleet)) for row, each in enumerate(tuned))
    return tuple(finding for of_one in findings for finding in of_one), fleet.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    plan: Plan
    counts: Sequence[dict[Signal, IndexArray]]
    """Per preset of the plan: series of each workload, by signal."""
    fleet: FleetReadings


def _asked(
    preset: PlannedPreset, workloads: Sequence[Workload], answer: Callable[[Job], Fetched]
) -> tuple[list[Fetched], dict[Signal, IndexArray]]:
    jobs = preset_jobs(preset, workloads)
    fetched = [answer(job) for job in jobs[:ANCHOR_JOBS]]
    counts: dict[Signal, IndexArray] = {}
    rest = jobs[ANCHOR_JOBS:]
    for signal in preset.signals:
        own, rest = rest[: job_count(signal)], rest[job_count(signal) :]
        seen = counts[signal.signal] = np.zeros(len(workloads), dtype=np.int64)
        fetched += [answer(replace(job, fold=_counting(job.fold, seen))) for job in own]
    return fetched, counts


def _counting(fold: Fold, seen: IndexArray) -> Fold:
    def counted(table: Table, owned: Owned) -> Folded:
        np.add.at(seen, owned.rows, 1)
        return fold(table, owned)

    return counted


def _findings(row: int, tuned: TunedWorkload, seen: _Seen) -> list[Finding]:
    offered: dict[Signal, list[_Offer]] = {}
    for preset, counts in zip(seen.plan.presets, seen.counts, strict=True):
        if row in preset.rows:
            for signal in preset.signals:
                offer = (preset, signal, int(counts[signal.signal][row]))
                offered.setdefault(signal.signal, []).append(offer)
    requested = seen.fleet.readings.get(Signal.REPLICAS_REQUESTED)
    asleep = requested is not None and requested.cell(row, 0).is_fresh_zero
    found = [_finding(tuned, seen.fleet.readings[signal].cell(row, 0), offered[signal]) for signal in offered]
    return [_without_pods(finding, offered[finding.signal]) if asleep else finding for finding in found]


_Offer = tuple[PlannedPreset, PlannedSignal, int]


def _without_pods(finding: Finding, offers: Sequence[_Offer]) -> Finding:
    """Return the finding of a workload without replicas, of which nothing is expected that only pods tell."""
    silent = finding.reading.state is State.ABSENT and not any(how.how.exists_at_zero for _, how, _ in offers)
    return replace(finding, problem="", fix="") if silent else finding


def _finding(tuned: TunedWorkload, reading: Reading, offers: Sequence[_Offer]) -> Finding:
    preset, signal, count = next((offer for offer in offers if offer[2]), offers[0])
    aged = _aged(reading, tuned)
    finding = Finding(
        workload=tuned.workload.id,
        signal=signal.signal,
        preset=preset.name,
        query=signal.query,
        series=count,
        reading=aged,
        weight=_weight(signal.signal, tuned),
    )
    problem, fix = _advice(finding, tuned)
    return replace(finding, problem=problem, fix=fix)


def _aged(reading: Reading, tuned: TunedWorkload) -> Reading:
    old = reading.state is State.FRESH and reading.age_s > tuned.tuning.freshness.stale_after
    return replace(reading, state=State.STALE) if old else reading


def _weight(signal: Signal, tuned: TunedWorkload) -> Weight:
    needed = (*_NEEDED, *((Signal.DEMAND_AT_ZERO,) if tuned.tuning.replicas.min == 0 else ()))
    if tuned.tuning.capacity.prompt_tokens_per_second is not None:
        needed = (*needed, Signal.PROMPT_TOKENS_RATE, Signal.GENERATION_TOKENS_RATE)
    return Weight.NEEDED if signal in needed else Weight.USEFUL


def _advice(finding: Finding, tuned: TunedWorkload) -> tuple[str, str]:
    match finding.reading.state:
        case State.FRESH:
            return "", ""
        case State.ABSENT:
            return _absence(finding, tuned)
        case State.PARTIAL:
            share = f"{100 * finding.reading.coverage:.0f} %" if finding.reading.coverage < 1 else "a part"
            return f"only {share} of the targets report", "compare `up` with the pods; it may scale out, not in"
        case State.STALE:
            limit = tuned.tuning.freshness.stale_after
            return (
                f"the newest sample is {finding.reading.age_s:.0f} s old, allowed are {limit:.0f} s",
                "scrape more often, or raise freshness.staleAfter",
            )
        case State.MALFORMED:
            return (
                "NaN, negative, contradicting or doubled series",
                "see the problems below; set prometheus.replicaLabel where Prometheus runs in pairs",
            )
        case State.UNAVAILABLE:
            return "Prometheus did not answer", "see the problems below"


_QUIET = (
    Signal.REPLICAS_UNSCHEDULABLE,
    Signal.REPLICAS_IMAGE_ERROR,
    Signal.REPLICAS_CRASHING,
    Signal.STARTING_SECONDS,
    Signal.START_SECONDS,
    Signal.GATEWAY_ARRIVAL_RATE,
)
"""Absent as long as nothing happens, or where there is no gateway that counts."""


def _absence(finding: Finding, tuned: TunedWorkload) -> tuple[str, str]:
    if finding.signal in _QUIET:
        return "", ""
    if finding.series:
        return "series are there, without a value: nothing ended in the window, or their anchor is gone", ""
    if finding.signal is Signal.DEMAND_AT_ZERO:
        return (
            "nothing tells of demand at zero replicas",
            "add the gateway as a source, see docs/signals.md; until then keep replicas.min at 1",
        )
    if finding.preset == "kube-state-metrics":
        target = tuned.workload.target
        return (
            f"kube-state-metrics has no {target.kind} {tuned.workload.id.namespace}/{target.name}",
            "correct scaleTarget, or let Prometheus scrape kube-state-metrics",
        )
    if finding.signal in (Signal.GPU_UTILIZATION, Signal.GPU_MEMORY):
        return "no GPU of its pods reports", "let Prometheus scrape the exporter of DCGM or of AMD"
    matched = ", ".join(f"{each.label}{'=~' if each.regex else '='}{each.value}" for each in tuned.workload.matchers)
    return (
        f"no series with {matched}",
        "run the query without its conditions and compare labels; correct match or preset",
    )
