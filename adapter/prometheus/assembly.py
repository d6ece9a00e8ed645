"""From the answers of all queries to the readings of the fleet; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from adapter.core.signal import FleetReadings, FloatArray, Grid, Readings, Signal, SignalProblem
from adapter.prometheus.fold import Folded, fold_ratio
from adapter.prometheus.jobs import ANCHOR_JOBS, job_count
from adapter.prometheus.plan import Plan, PlannedPreset, PlannedSignal
from adapter.prometheus.reader import Fetched
from adapter.prometheus.states import (
    Freshness,
    against_ready,
    judge,
    prefer,
    unavailable,
    unless_served,
    without,
)


@dataclass(slots=True, kw_only=True)
class _Collected:
    """What has been put together so far."""

    readings: dict[Signal, Readings] = field(default_factory=dict)
    problems: list[SignalProblem] = field(default_factory=list)
    failed: set[Signal] = field(default_factory=set)
    by_pod: list[tuple[PlannedPreset, FloatArray]] = field(default_factory=list)
    demand: list[tuple[PlannedSignal, Readings]] = field(default_factory=list)

    def add(self, signal: PlannedSignal, readings: Readings) -> None:
        if signal.how.demand is None:
            self.put(signal.signal, readings)
        else:  # what it means is known when all signals are there
            self.demand.append((signal, readings))

    def put(self, signal: Signal, readings: Readings) -> None:
        known = self.readings.get(signal)
        self.readings[signal] = readings if known is None else prefer(known, readings)

    def complain(self, name: str, fetched: Fetched) -> None:
        self.problems.extend(
            SignalProblem(signal=name, query=fetched.query, message=message) for message in fetched.complaints
        )


def assemble(plan: Plan, grid: Grid, answers: Sequence[Fetched]) -> FleetReadings:
    """Return the readings of a fleet.

    Args:
        plan: what was asked.
        grid: for which times.
        answers: one per job, in the order of `preset_jobs` over the presets of the plan.
    """
    collected = _Collected(problems=list(plan.problems))
    rest = list(answers)
    for preset in plan.presets:
        count = ANCHOR_JOBS + sum(map(job_count, preset.signals))
        _add_preset(collected, preset, _Answers(plan=plan, grid=grid, fetched=rest[:count]))
        rest = rest[count:]
    _compare_with_ready(collected)
    _settle_demand(collected)
    return FleetReadings(
        ids=tuple(workload.id for workload in plan.workloads),
        grid=grid,
        readings=collected.readings,
        problems=_merged(collected.problems),
        failed=frozenset(collected.failed),
    )


def _merged(problems: Sequence[SignalProblem]) -> tuple[SignalProblem, ...]:
    """Return one problem per message: an outage is one problem, not one per query."""
    alike: dict[str, list[SignalProblem]] = {}
    for problem in problems:
        alike.setdefault(problem.message, []).append(problem)
    return tuple(_merge(each) for each in alike.values())


def _merge(alike: Sequence[SignalProblem]) -> SignalProblem:
    first, names = alike[0], {problem.signal for problem in alike}
    signal = first.signal if len(names) == 1 else f"{first.signal} and {len(names) - 1} more"
    return SignalProblem(signal=signal, query=first.query, message=first.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answers:
    plan: Plan
    grid: Grid
    fetched: list[Fetched]


def _add_preset(collected: _Collected, preset: PlannedPreset, answers: _Answers) -> None:
    served = np.zeros(len(answers.plan.workloads), dtype=np.bool_)
    served[list(preset.rows)] = True
    missing = unavailable(served, answers.grid.count)
    anchor, rest = answers.fetched[:ANCHOR_JOBS], answers.fetched[ANCHOR_JOBS:]
    for each in anchor:
        collected.complain(f"freshness of {preset.name}", each)
    freshness = _freshness(anchor)
    if freshness is not None:
        collected.problems.extend(_doubles(freshness, preset, answers.plan))
        collected.by_pod.append((preset, freshness.reporting))
    for signal in preset.signals:
        own, rest = rest[: job_count(signal)], rest[job_count(signal) :]
        for each in own:
            collected.complain(signal.signal, each)
        folded = _folded(signal, own)
        if folded is None or freshness is None:
            collected.failed.add(signal.signal)
            collected.add(signal, missing)
        else:
            collected.add(signal, judge(folded, freshness, warned=any(each.warned for each in own)))


def _freshness(anchor: Sequence[Fetched]) -> Freshness | None:
    age, reporting, expected, copies = (each.folded for each in anchor)
    if age is None or reporting is None or expected is None or copies is None:
        return None
    return Freshness(
        age_s=age.value,
        reporting=reporting.value,
        expected=expected.value,
        copies=copies.value,
        incomplete=any(each.warned for each in anchor),
    )


def _folded(signal: PlannedSignal, own: Sequence[Fetched]) -> Folded | None:
    parts = [each.folded for each in own if each.folded is not None]
    if len(parts) < len(own):
        return None
    return parts[0] if signal.per is None else fold_ratio(parts[0], parts[1])


def _doubles(freshness: Freshness, preset: PlannedPreset, plan: Plan) -> list[SignalProblem]:
    rows = np.flatnonzero((freshness.copies > 1).any(axis=1))
    if len(rows) == 0:
        return []
    message = (
        f"{len(rows)} workloads, {plan.workloads[rows[0]].id} first, have several series where one is expected, so "
        "sums would count twice; they are malformed, not scaled in. If Prometheus runs in highly available pairs, "
        "set prometheus.replicaLabel to the label that tells its replicas apart"
    )
    return [SignalProblem(signal=f"freshness of {preset.name}", query=preset.anchor.copies, message=message)]


def _compare_with_ready(collected: _Collected) -> None:
    """Make the engine's own signals partial where pods are ready that nobody scrapes."""
    ready = collected.readings.get(Signal.REPLICAS_READY)
    if ready is None:
        return
    for preset, reporting in collected.by_pod:
        comparable = np.full(reporting.shape, np.nan)
        comparable[list(preset.by_pod)] = reporting[list(preset.by_pod)]
        for signal in preset.signals:
            if signal.how.demand is not None:
                continue
            readings = collected.readings[signal.signal]
            collected.readings[signal.signal] = against_ready(readings, comparable, ready)


def _settle_demand(collected: _Collected) -> None:
    """Make demand at zero what waits outside of engines, whatever its source counts."""
    known = collected.readings
    inside = [known[signal] for signal in (Signal.QUEUE_DEPTH, Signal.REQUESTS_RUNNING) if signal in known]
    ready = known.get(Signal.REPLICAS_READY)
    for signal, readings in collected.demand:
        settled = readings
        if signal.how.demand == "in_flight":
            settled = without(readings, inside)
        elif signal.how.demand == "lost" and ready is not None:
            settled = unless_served(readings, ready)
        collected.put(signal.signal, settled)
