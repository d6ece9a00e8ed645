"""Many closed loops at once, all of them decided by ours as one fleet.

Decisions on a fleet cost a small part of as many single ones, forecasts above all, so whole sets of scenarios are
played side by side: in each sync every simulated fleet moves on, and one tick decides on all of them. What comes out
for one does not depend on which others are at its side.
Must not know the requests to come.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Final

import numpy as np

from adapter.core.certainty import certain
from adapter.core.decision import Decision
from adapter.core.fold import Fleet, certain_values, decide_fleet, record, record_marks, refresh_forecasts, taught
from adapter.core.history import COARSE_TIER, MINUTE_TIER, History, joined
from adapter.core.marks import attained_of, count_marks
from adapter.core.past import mean_of
from adapter.core.settled import WATCHED
from adapter.core.signal import ABSENT, FleetReadings, Grid, Reading, Readings, Signal
from adapter.core.tally import Tally
from adapter.core.tuning import TunedWorkload
from adapter.core.workload import WorkloadId
from adapter.simulation.closed_loop import SETTLE_S, Engine, Moment, Observation, Run, observe, scale_of
from adapter.simulation.consumers import Consumer
from adapter.simulation.observing import read_signals
from adapter.simulation.own import Timing, consumer_of
from adapter.simulation.score import Objective, ScaleEvent
from adapter.simulation.scrapes import ScrapeMemory

SCRAPE_AGE_S: Final = 7.5
"""Age of the metrics at a decision: half of a scrape interval, on average."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loop:
    """One closed loop: a simulated fleet and what is known of its workload."""

    fleet: Engine
    """At second 0; it is advanced."""
    tuned: TunedWorkload
    """Its name must be its own."""
    history: History
    """Of this workload alone."""
    objective: Objective


@dataclass(slots=True, kw_only=True, eq=False)
class _Course:
    """One loop on its way."""

    loop: Loop
    consumer: Consumer
    memory: ScrapeMemory = field(default_factory=ScrapeMemory)
    tally: Tally = field(default_factory=Tally)
    events: list[ScaleEvent] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)


def close_loops(loops: Sequence[Loop], *, end_s: float, timing: Timing | None = None) -> list[Run]:
    """Let our decisions size all fleets from second 0 to `end_s`, and score each.

    Args:
        loops: what is played; each workload once.
        end_s: end of billing, rounded up to a whole step; requests still in flight then may end unbilled.
        timing: when metrics are read; its step is the sync.
    """
    timing = timing or Timing()
    tuned = tuple(each.tuned for each in loops)
    courses = [_Course(loop=each, consumer=consumer_of(each.tuned)) for each in loops]
    fleet = taught(Fleet(history=_histories([each.history for each in loops])), tuned)
    for count in range(1, max(math.ceil(end_s / timing.step_s), 0) + 1):
        fleet = _sync(fleet, courses, timing=timing, now_s=count * timing.step_s)
    billed = [(each.fleet.gpu_hours(), each.fleet.arrived) for each in loops]
    ends = [(list(each.events), list(each.moments)) for each in courses]
    now_s = courses[0].loop.fleet.now_s if courses else 0.0
    settled_s = now_s + SETTLE_S
    while any(each.fleet.in_flight for each in loops) and now_s < settled_s:
        now_s += timing.step_s
        fleet = _sync(fleet, courses, timing=timing, now_s=now_s)
    return [
        Run(
            score=loop.fleet.score(arrived, events, gpu_hours=gpu_hours, objective=loop.objective),
            events=tuple(events),
            moments=tuple(moments),
        )
        for loop, (gpu_hours, arrived), (events, moments) in zip(loops, billed, ends, strict=True)
    ]


def _histories(histories: Sequence[History]) -> History:
    """Return one history of several."""
    return reduce(lambda one, other: joined(one, other, (*one.ids, *other.ids)), histories)


def _sync(fleet: Fleet, courses: Sequence[_Course], *, timing: Timing, now_s: float) -> Fleet:
    """Advance all fleets by one sync, decide once, and let each consumer act."""
    for each in courses:
        each.memory.record(_scraped(each.loop.fleet, now_s=now_s))
    cells = [read_signals(each.memory, at_s=now_s - timing.settling_s, window_s=timing.window_s) for each in courses]
    tuned = tuple(each.loop.tuned for each in courses)
    readings = _readings(cells, tuned, at=timing.epoch + now_s)
    fleet, decisions = _ticked(fleet, courses, readings, tuned=tuned, step_s=timing.step_s)
    for each in courses:
        _act(each, decisions[each.loop.tuned.workload.id], now_s=now_s)
    return fleet


def _scraped(fleet: Engine, *, now_s: float) -> Observation:
    fleet.advance(now_s - SCRAPE_AGE_S)
    seen = observe(fleet)
    fleet.advance(now_s)
    return seen


def _act(course: _Course, decision: Decision, *, now_s: float) -> None:
    fleet = course.loop.fleet
    before = fleet.spec_replicas
    after = course.consumer.sync(decision, scale_of(fleet), now_s=now_s)
    if after != before:
        fleet.scale_to(after)
        course.events.append(ScaleEvent(at_s=now_s, before=before, after=after))
    course.moments.append(
        Moment(at_s=now_s, spec=fleet.spec_replicas, ready=fleet.ready_replicas, in_flight=fleet.in_flight)
    )


def _readings(cells: Sequence[dict[Signal, Reading]], tuned: Sequence[TunedWorkload], *, at: float) -> FleetReadings:
    """Return what is seen of all workloads at one tick."""
    columns = {}
    for signal in Signal:
        rows = [each.get(signal, ABSENT) for each in cells]
        columns[signal] = Readings(
            value=np.array([[each.value] for each in rows]),
            state=np.array([[each.state] for each in rows], dtype=np.uint8),
            age_s=np.array([[each.age_s] for each in rows]),
            coverage=np.array([[each.coverage] for each in rows]),
        )
    return FleetReadings(
        ids=tuple(each.workload.id for each in tuned), grid=Grid(start=at, step_s=1.0), readings=columns
    )


def _ticked(
    fleet: Fleet,
    courses: Sequence[_Course],
    readings: FleetReadings,
    *,
    tuned: tuple[TunedWorkload, ...],
    step_s: float,
) -> tuple[Fleet, dict[WorkloadId, Decision]]:
    """Return the fleet and the decisions after one tick, as `stepper.step` makes them for one workload."""
    at = readings.grid.start
    fleet = replace(fleet, history=record(fleet.history, certain_values(readings, tuned), tuned, end=at, step_s=step_s))
    _count(courses, readings, tuned=tuned, step_s=step_s)
    if at % COARSE_TIER.step_s == 0:
        fleet = _marked(fleet, courses, tuned=tuned, at=at)
    fleet = refresh_forecasts(fleet, tuned, at=at, step_s=step_s)
    after, decisions = decide_fleet(fleet, readings, tuned, column=0, at=at)
    return after, decisions


def _count(
    courses: Sequence[_Course], readings: FleetReadings, *, tuned: tuple[TunedWorkload, ...], step_s: float
) -> None:
    tallied = (Signal.START_SECONDS, Signal.ARRIVAL_RATE, Signal.TTFT_ATTAINED, Signal.ITL_ATTAINED)
    seen = {signal: each[:, 0] for signal, each in certain(readings, tuned, {*tallied, *WATCHED}).items()}
    start, rate, ttft, itl = (seen[signal] for signal in tallied)
    watched = {signal: seen[signal].tolist() for signal in WATCHED}
    columns = (start, rate * step_s, attained_of(ttft, itl))
    rows = zip(courses, *(column.tolist() for column in columns), strict=True)
    for row, (each, start_s, arrivals, attained) in enumerate(rows):
        tally = each.tally.watched({signal: values[row] for signal, values in watched.items()})
        each.tally = tally.after(start_s=start_s, arrivals=arrivals, attained=attained)


def _marked(fleet: Fleet, courses: Sequence[_Course], *, tuned: tuple[TunedWorkload, ...], at: float) -> Fleet:
    per_mark = round(COARSE_TIER.step_s / MINUTE_TIER.step_s)
    demand = mean_of(fleet.history.minute.values[:, -per_mark:].astype(np.float64), per_mark)
    marks = count_marks([each.tally for each in courses], demand)
    for each in courses:
        each.tally = Tally()
    return record_marks(fleet, tuned, marks, at=at)
