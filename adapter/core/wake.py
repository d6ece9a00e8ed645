"""Waking between two ticks: the decisions of a tick, taken again with demand that became visible since.

Ticks come every few seconds and look at signals that have settled; a request that waits at zero replicas should not
wait for that. So demand at zero is looked at much more often while something sleeps, and what is seen goes into the
same decision that the tick took: the same steps, limits and shape. Whatever is seen only ever wakes. That nothing is
seen, or that a source is silent, changes nothing, so that no glimpse can put anything to sleep or make a zero.

A wake lasts until a tick looks at a time at or after the sighting and can conclude something; from then on ticks alone
decide, and two processes agree again.
Must not know: where demand was seen, how often somebody looks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from adapter.core.decision import Decision, Outcome, Step, StepName
from adapter.core.fleet_limits import UNLIMITED
from adapter.core.fold import Fleet, decide_fleet
from adapter.core.signal import FleetReadings, Readings, Signal, State
from adapter.core.tuning import FleetTuning, TunedWorkload
from adapter.core.workload import WorkloadId


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Demand of one workload that was seen at zero replicas."""

    at: float
    """When, seconds since epoch."""
    waiting: float
    """Requests that wait, > 0."""
    where: str
    """Where it was seen, for people to read."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ticked:
    """What a tick decided, and everything it decided from."""

    at: float
    """Tick time, seconds since epoch."""
    looked_at: float
    """Time at which its signals were looked at: a settling delay earlier."""
    fleet: Fleet
    """After the tick, rows in the order of `tuned`."""
    readings: FleetReadings
    """Of the tick, one column."""
    tuned: tuple[TunedWorkload, ...]
    decisions: Mapping[WorkloadId, Decision]
    limits: FleetTuning = UNLIMITED


def sleepers(ticked: Ticked) -> tuple[TunedWorkload, ...]:
    """Return the workloads that may sleep and that this tick did not wake.

    One that is on hold at zero replicas is among them: that a tick cannot see demand is no reason not to wake.
    """
    return tuple(each for each in ticked.tuned if _sleeps(ticked.decisions[each.workload.id], each))


def _sleeps(decision: Decision, each: TunedWorkload) -> bool:
    if each.workload.bounds.min > 0:
        return False
    return decision.active is False or (decision.outcome is Outcome.HOLD and decision.replicas.requested == 0)


def outstanding(sighted: Mapping[WorkloadId, Sighting], ticked: Ticked) -> dict[WorkloadId, Sighting]:
    """Return the sightings that a tick has not taken over.

    It has if it wakes the workload itself, or looked at a time at or after the sighting and could conclude something.
    While ticks cannot, a sighting counts as long as any signal is believed that has stopped: `freshness.staleAfter`.
    """
    tuned = {each.workload.id: each for each in ticked.tuned}
    return {key: each for key, each in sighted.items() if key in tuned and _stands(each, tuned[key], ticked)}


def _stands(sighting: Sighting, each: TunedWorkload, ticked: Ticked) -> bool:
    decision = ticked.decisions[each.workload.id]
    if decision.active:
        return False
    if decision.outcome is Outcome.HOLD:
        return ticked.at - sighting.at <= each.tuning.freshness.stale_after
    return ticked.looked_at < sighting.at


def awaken(ticked: Ticked, sighted: Mapping[WorkloadId, Sighting]) -> dict[WorkloadId, Decision]:
    """Return the decisions of a tick that change because of demand seen since; empty if nothing wakes.

    Limits of the fleet hold: what a budget does not have no sighting gets, and what one gets another may lack.

    Args:
        ticked: what was decided, and from what.
        sighted: demand seen since, of workloads of this tick.
    """
    everybody = ticked.limits != UNLIMITED
    rows = [row for row, each in enumerate(ticked.tuned) if everybody or each.workload.id in sighted]
    tuned = [ticked.tuned[row] for row in rows]
    fleet = replace(ticked.fleet, history=ticked.fleet.history.reindexed(tuple(each.workload.id for each in tuned)))
    readings = _with_demand(ticked.readings, rows, [sighted.get(each.workload.id) for each in tuned])
    _, decisions = decide_fleet(fleet, readings, tuned, column=0, at=ticked.at, limits=ticked.limits)
    woken = {key: _told(decisions[key], each, ticked) for key, each in sighted.items() if decisions[key].active}
    if not woken:
        return {}
    others = {key: each for key, each in decisions.items() if ticked.decisions[key].outcome is Outcome.PLAN}
    return {**others, **woken}


def _with_demand(readings: FleetReadings, rows: Sequence[int], sighted: Sequence[Sighting | None]) -> FleetReadings:
    """Return the readings of some rows, with a fresh demand at zero where some was seen."""
    picked = {signal: _rows(each, rows) for signal, each in readings.readings.items()}
    demand = picked.get(Signal.DEMAND_AT_ZERO, Readings.missing(len(rows), 1, State.ABSENT))
    seen = np.array([each is not None for each in sighted], dtype=np.bool_)[:, None]
    waiting = np.array([np.nan if each is None else each.waiting for each in sighted])[:, None]
    picked[Signal.DEMAND_AT_ZERO] = Readings(
        value=np.where(seen, waiting, demand.value),
        state=np.where(seen, np.uint8(State.FRESH), demand.state).astype(np.uint8),
        age_s=np.where(seen, 0.0, demand.age_s),
        coverage=np.where(seen, 1.0, demand.coverage),
    )
    return replace(readings, ids=tuple(readings.ids[row] for row in rows), readings=picked)


def _rows(readings: Readings, rows: Sequence[int]) -> Readings:
    return Readings(
        value=readings.value[rows],
        state=readings.state[rows],
        age_s=readings.age_s[rows],
        coverage=readings.coverage[rows],
    )


def _told(decision: Decision, sighting: Sighting, ticked: Ticked) -> Decision:
    """Return the decision with the sighting as its first step."""
    since_s = sighting.at - ticked.at
    when = f"{since_s:.1f} s after this tick" if since_s >= 0 else f"{-since_s:.1f} s before it, later than it looks"
    reason = f"{sighting.waiting:g} requests seen in {sighting.where}, {when}"
    step = Step(name=StepName.WAKE, before=None, after=None, reason=reason)
    return replace(decision, steps=(step, *decision.steps))
