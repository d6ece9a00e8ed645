"""The fold over aligned ticks: record, forecast, decide, for a whole fleet.

`Fleet` is everything that one tick leaves to the next. It is a function of a bounded stretch of history: a process that
reads that stretch back and folds over it holds the same `Fleet`, to the byte, as one that was there all the time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from adapter.core.capacity import learn_capacities
from adapter.core.case import weigh
from adapter.core.certainty import certain
from adapter.core.decide import conclude
from adapter.core.decision import Capacity, Decision, WorkloadForecast
from adapter.core.demand import Load, measure_load, token_rates
from adapter.core.fleet_limits import UNLIMITED, limit_fleet, stand
from adapter.core.following import Following, with_history
from adapter.core.hindsight import look_back
from adapter.core.history import MINUTE_TIER, History, record_minutes, record_signals
from adapter.core.lead_time import LeadTime
from adapter.core.marks import Marks, learn_lead_times, learn_margins, note
from adapter.core.outlook import EXPOSED, forecast_rows, is_due
from adapter.core.policy_state import PolicyState, asked
from adapter.core.regulation import Margin
from adapter.core.sight import BRIDGED, bridge, freshness_limits, judge, look_around
from adapter.core.signal import FleetReadings, FloatArray, Observed, Reading, Signal
from adapter.core.tuning import FleetTuning, TunedWorkload
from adapter.core.workload import WorkloadId

REMEMBERED: tuple[Signal, ...] = tuple(dict.fromkeys((*BRIDGED, *EXPOSED)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fleet:
    """What one tick leaves to the next."""

    history: History
    forecasts: Mapping[WorkloadId, WorkloadForecast] = field(default_factory=dict)
    following: Following = field(default_factory=Following)
    """What the forecasts go on from: the bytes of a fresh start, sooner."""
    states: Mapping[WorkloadId, PolicyState] = field(default_factory=dict)
    lead_times: Mapping[WorkloadId, LeadTime] = field(default_factory=dict)
    """As learnt at the last ten-minute mark; a workload that is not there has the configured one."""
    margins: Mapping[WorkloadId, Margin] = field(default_factory=dict)
    """As regulated at the last ten-minute mark; a workload that is not there has the configured one."""
    capacities: Mapping[WorkloadId, Capacity] = field(default_factory=dict)
    """As learnt at the last ten-minute mark; a workload that is not there has the configured one."""
    at: float = float("nan")
    """Time of the last tick folded in; NaN before the first."""


def certain_values(readings: FleetReadings, tuned: Sequence[TunedWorkload]) -> Mapping[Signal, FloatArray]:
    """Return what may be remembered of each tick, shape (n, t): fresh values only, everything else is a gap."""
    return certain(readings, tuned, [signal for signal in REMEMBERED if signal in readings.readings])


def record_marks(fleet: Fleet, tuned: Sequence[TunedWorkload], marks: Marks, *, at: float) -> Fleet:
    """Return the fleet after ten-minute marks that end at `at`: noted, and learnt from anew.

    Args:
        fleet: what is known so far, rows in the order of `tuned`.
        tuned: the workloads.
        marks: what they note.
        at: time of the last mark, seconds since epoch.
    """
    return taught(replace(fleet, history=note(fleet.history, marks, at=at)), tuned)


def taught(fleet: Fleet, tuned: Sequence[TunedWorkload]) -> Fleet:
    """Return the fleet with what its marks teach."""
    history = fleet.history
    return replace(
        fleet,
        lead_times=learn_lead_times(history, tuned),
        margins=learn_margins(history, tuned),
        capacities=learn_capacities(history, tuned),
    )


def _look_ahead_s(fleet: Fleet, each: TunedWorkload) -> float:
    learnt = fleet.lead_times.get(each.workload.id)
    return each.tuning.lead_time if learnt is None else learnt.seconds


def record(
    history: History, values: Mapping[Signal, FloatArray], tuned: Sequence[TunedWorkload], *, end: float, step_s: float
) -> History:
    """Return the history after ticks that end at `end`: raw signals, and demand on the minute grid.

    Args:
        history: what is known so far, in the row order of `tuned`.
        values: result of `certain_values`, shape (n, m), the last column at tick `end`.
        tuned: the workloads.
        end: time of the last tick, seconds since epoch.
        step_s: tick interval, a divisor of 60.
    """
    if not values:
        return history
    columns = next(iter(values.values())).shape[1]
    recorded = record_signals(history, values, end=end, step_s=step_s)
    times = end + step_s * np.arange(1 - columns, 1)
    minutes = np.flatnonzero(times % MINUTE_TIER.step_s == 0)
    if not minutes.size:
        return recorded
    load = load_of({signal: each[:, minutes] for signal, each in values.items()}, tuned)
    return record_minutes(recorded, load.arriving, load.at_least, end=float(times[minutes[-1]]))


def demand_of(values: Mapping[Signal, FloatArray], tuned: Sequence[TunedWorkload]) -> FloatArray:
    """Return the demand that certain values show, shape (n, t), NaN = unknown."""
    return load_of(values, tuned).arriving


def load_of(values: Mapping[Signal, FloatArray], tuned: Sequence[TunedWorkload]) -> Load:
    """Return the load that certain values show, shape (n, t)."""
    return measure_load(values, token_rates([each.tuning for each in tuned]))


def refresh_forecasts(fleet: Fleet, tuned: Sequence[TunedWorkload], *, at: float, step_s: float) -> Fleet:
    """Return the fleet with the forecasts renewed that are due at this tick.

    Each workload is due once a minute, at a tick that its name picks, so that the work spreads over the ticks.
    """
    due = [
        row
        for row, each in enumerate(tuned)
        if each.tuning.forecast.enabled and is_due(each.workload.id, at=at, step_s=step_s)
    ]
    if not due or np.isnan(fleet.history.minute.end):
        return fleet
    expired = {tuned[row].workload.id for row in due}
    kept = {key: each for key, each in fleet.forecasts.items() if key not in expired}
    leads = [_look_ahead_s(fleet, each) for each in tuned]
    rows = with_history(fleet.history, np.array(due, dtype=np.intp))
    if not rows.size:
        return replace(fleet, forecasts=kept)
    following, followed = fleet.following.renewed(fleet.history, rows)
    renewed = forecast_rows(fleet.history, tuned, rows, leads_s=leads, view=followed.forecast())
    return replace(fleet, forecasts={**kept, **renewed}, following=following)


def decide_fleet(
    fleet: Fleet,
    readings: FleetReadings,
    tuned: Sequence[TunedWorkload],
    *,
    column: int,
    at: float,
    limits: FleetTuning = UNLIMITED,
) -> tuple[Fleet, dict[WorkloadId, Decision]]:
    """Return the fleet after one tick, and the decisions of that tick.

    Args:
        fleet: with this tick already recorded.
        readings: of the tick, rows in the order of `tuned`.
        tuned: the workloads.
        column: which time of the readings' grid this tick is.
        at: tick time, seconds since epoch.
        limits: over several workloads.
    """
    decisions: dict[WorkloadId, Decision] = {}
    states: dict[WorkloadId, PolicyState] = {}
    observed = observe(fleet.history, readings, tuned, column=column, at=at)
    sights = look_around(observed, [each.tuning for each in tuned])
    requested = fleet.history.signals.get(Signal.REPLICAS_REQUESTED)
    recent = look_back(requested, tuned, at=at)
    for each, seen, sight, past in zip(tuned, observed, sights, recent, strict=True):
        key = each.workload.id
        case = weigh(
            each,
            seen,
            sight=sight,
            forecast=fleet.forecasts.get(key),
            now=at,
            lead=fleet.lead_times.get(key),
            recent=past,
            margin=fleet.margins.get(key),
            capacity=fleet.capacities.get(key),
        )
        decisions[key], states[key] = conclude(case, fleet.states.get(key, PolicyState()))
    stood = stand(tuned, decisions, sights, requested=requested, recent=recent, at=at)
    standings = [replace(each, proposals=states[each.id].proposals) for each in stood]
    limited = limit_fleet(standings, limits)
    left = {key: asked(state, limited[key]) for key, state in states.items()}
    return replace(fleet, states=left, at=at), limited


def observe(
    history: History, readings: FleetReadings, tuned: Sequence[TunedWorkload], *, column: int, at: float
) -> list[Observed]:
    """Return what is seen of each workload at one tick, with short silences bridged from memory."""
    limits = freshness_limits([each.tuning for each in tuned])
    seen: dict[Signal, list[Reading]] = {}
    for signal, each in readings.readings.items():
        judged = judge(each.at(column), limits)
        tier = history.signals.get(signal) if signal in BRIDGED else None
        seen[signal] = bridge(judged, tier, at=at, limits=limits).cells(0)
    return [
        Observed(at=at, readings={signal: cells[row] for signal, cells in seen.items()}) for row in range(len(tuned))
    ]
