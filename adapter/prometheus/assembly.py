"""From the answers of all queries to the readings of the fleet; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from adapter.core.signal import FleetReadings, FloatArray, Grid, Readings, Signal, SignalProblem, State
from adapter.prometheus.decode import BoolArray
from adapter.prometheus.fold import Folded, fold_ratio
from adapter.prometheus.jobs import ANCHOR_JOBS, job_count
from adapter.prometheus.plan import Plan, PlannedPreset, PlannedSignal
from adapter.prometheus.reader import Fetched
from adapter.prometheus.states import (
    Freshness,
    Part,
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
    final: dict[Signal, BoolArray] = field(default_factory=dict)
    """Rows that an engine's preset speaks for: when engines are silent, the queue of a gateway is another one."""
    offered: dict[Signal, BoolArray] = field(default_factory=dict)
    """Rows that some preset speaks for."""

    def add(self, signal: PlannedSignal, readings: Readings, *, served: BoolArray, engine: bool) -> None:
        """Take the readings of the rows that are served, by an engine's own preset or another."""
        if signal.how.demand is not None:  # what it means is known when all signals are there
            self.demand.append((signal, readings))
            return
        none = np.zeros_like(served)
        final = self.final.get(signal.signal, none)
        self.put(signal.signal, readings, final=none if engine else final)
        self.final[signal.signal] = final | (served & engine)
        self.offered[signal.signal] = self.offered.get(signal.signal, none) | served

    def put(self, signal: Signal, readings: Readings, *, final: BoolArray) -> None:
        known = self.readings.get(signal)
        self.readings[signal] = readings if known is None else prefer(known, readings, final=final)

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
            collected.add(signal, missing, served=served, engine=preset.engine)
        else:
            judged = judge(folded, freshness, warned=any(each.warned for each in own))
            collected.add(signal, judged, served=served, engine=preset.engine)


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
    ready = known.get(Signal.REPLICAS_READY)
    inside = [
        Part(readings=known[signal], expected=collected.offered[signal][:, None] & ~_known_zero(ready))
        for signal in (Signal.QUEUE_DEPTH, Signal.REQUESTS_RUNNING)
        if signal in known
    ]
    for signal, readings in collected.demand:
        settled = readings
        if signal.how.demand == "in_flight":
            settled = without(readings, inside)
        elif signal.how.demand == "lost" and ready is not None:
            settled = unless_served(readings, ready)
        collected.put(signal.signal, settled, final=np.zeros(len(settled.state), dtype=np.bool_))


def _known_zero(ready: Readings | None) -> BoolArray | np.bool_:
    """Return where it is known that no replica is ready."""
    return np.False_ if ready is None else (ready.state <= State.STALE) & (ready.value == 0)
