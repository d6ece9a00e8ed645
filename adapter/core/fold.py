"""The fold over aligned ticks: record, forecast, decide, for a whole fleet.

`Fleet` is everything that one tick leaves to the next. It is a function of a bounded stretch of history: a process that
reads that stretch back and folds over it holds the same `Fleet`, to the byte, as one that was there all the time.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from adapter.core.decide import PolicyState, conclude, weigh
from adapter.core.decision import Decision, WorkloadForecast
from adapter.core.demand import measure_load, token_rates
from adapter.core.flapping import turns_of
from adapter.core.fleet_limits import UNLIMITED, limit_fleet, stand
from adapter.core.history import MINUTE_TIER, History, StoredArray, append, record_signals
from adapter.core.lead_time import HORIZON_LADDER_S, LeadTime, learn_lead_time, rung
from adapter.core.sight import BRIDGED, bridge, freshness_limits, judge, look_around
from adapter.core.signal import UNITS, FleetReadings, FloatArray, Observed, Reading, Signal, State
from adapter.core.sizing import chosen_quantile
from adapter.core.tuning import FleetTuning, TunedWorkload
from adapter.core.workload import WorkloadId
from forecasting import MIN_STEPS, Forecast, Question, forecast_naive
from forecasting.naive import naive_forecast

QUANTILE_LADDER: tuple[float, ...] = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99)
REFRESH_S = 60.0
EXPOSED: tuple[Signal, ...] = (
    Signal.QUEUE_DEPTH,
    Signal.GENERATION_TOKENS_RATE,
    Signal.GPU_UTILIZATION,
    Signal.KV_CACHE_USAGE,
)
"""Raw signals that have a forecast twin among the metrics."""
REMEMBERED: tuple[Signal, ...] = tuple(dict.fromkeys((*BRIDGED, *EXPOSED)))

LEARNT_FROM: tuple[Signal, ...] = (Signal.START_SECONDS,)
"""Signals that are remembered at the ten-minute marks only."""

RowArray = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fleet:
    """What one tick leaves to the next."""

    history: History
    forecasts: Mapping[WorkloadId, WorkloadForecast] = field(default_factory=dict)
    states: Mapping[WorkloadId, PolicyState] = field(default_factory=dict)
    lead_times: Mapping[WorkloadId, LeadTime] = field(default_factory=dict)
    """As learnt at the last ten-minute mark; a workload that is not there has the configured one."""
    at: float = float("nan")
    """Time of the last tick folded in; NaN before the first."""


def certain_values(readings: FleetReadings, tuned: Sequence[TunedWorkload]) -> Mapping[Signal, FloatArray]:
    """Return the values that may be remembered, shape (n, t): fresh ones only, everything else is a gap."""
    limits = freshness_limits([each.tuning for each in tuned])
    judged = {signal: judge(readings.readings[signal], limits) for signal in REMEMBERED if signal in readings.readings}
    return {signal: np.where(each.state == State.FRESH, each.value, np.nan) for signal, each in judged.items()}


def certain_starts(readings: FleetReadings, tuned: Sequence[TunedWorkload]) -> FloatArray:
    """Return the slowest start that ended before each time, shape (n, t), NaN where none did or none is certain."""
    starts = readings.readings.get(Signal.START_SECONDS)
    if starts is None:
        return np.full((len(tuned), readings.grid.count), np.nan)
    judged = judge(starts, freshness_limits([each.tuning for each in tuned]))
    return np.where(judged.state == State.FRESH, judged.value, np.nan)


def record_mark(
    fleet: Fleet, tuned: Sequence[TunedWorkload], *, demand: FloatArray, starts: FloatArray, at: float
) -> Fleet:
    """Return the fleet after ten-minute marks that end at `at`: demand and starts recorded, lead times learnt anew.

    Args:
        fleet: what is known so far, rows in the order of `tuned`.
        tuned: the workloads.
        demand: averaged over the ten minutes before each mark, shape (n, m).
        starts: result of `certain_starts`, shape (n, m).
        at: time of the last mark, seconds since epoch.
    """
    coarse = append(fleet.history.coarse, demand, end=at)
    history = replace(fleet.history, coarse=coarse, starts=append(fleet.history.starts, starts, end=at))
    return replace(fleet, history=history, lead_times=learn_lead_times(history, tuned))


def learn_lead_times(history: History, tuned: Sequence[TunedWorkload]) -> dict[WorkloadId, LeadTime]:
    """Return the lead times of the workloads that have been seen to start."""
    rows = np.flatnonzero(~np.isnan(history.starts.values).all(axis=1)).tolist()
    starts = history.starts.values
    return {
        tuned[row].workload.id: learn_lead_time(starts[row].astype(np.float64), prior_s=tuned[row].tuning.lead_time)
        for row in rows
    }


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
    demand = demand_of({signal: each[:, minutes] for signal, each in values.items()}, tuned)
    return replace(recorded, minute=append(recorded.minute, demand, end=float(times[minutes[-1]])))


def demand_of(values: Mapping[Signal, FloatArray], tuned: Sequence[TunedWorkload]) -> FloatArray:
    """Return the demand that certain values show, shape (n, t), NaN = unknown."""
    return measure_load(values, token_rates([each.tuning for each in tuned])).arriving


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
    rows = np.array(due, dtype=np.intp)
    return replace(fleet, forecasts={**kept, **forecast_rows(fleet.history, tuned, rows, leads_s=leads)})


def is_due(workload: WorkloadId, *, at: float, step_s: float) -> bool:
    """Tell whether a workload's forecast is renewed at this tick."""
    slots = max(1, round(REFRESH_S / step_s))
    return round(at / step_s) % slots == zlib.crc32(str(workload).encode()) % slots


def forecast_rows(
    history: History, tuned: Sequence[TunedWorkload], rows: RowArray, *, leads_s: Sequence[float]
) -> dict[WorkloadId, WorkloadForecast]:
    """Return the forecasts of some rows of a history; rows with too little history have none.

    Args:
        history: what is known so far, in the row order of `tuned`.
        tuned: the workloads.
        rows: which of them.
        leads_s: how far ahead each of the workloads looks.
    """
    minute = history.minute
    view = _forecast(minute.values[rows])
    peaks = _signal_peaks(history, tuned, rows, leads_s=leads_s)
    return {
        history.ids[row]: WorkloadForecast(
            origin=minute.end,
            horizons_s=HORIZON_LADDER_S,
            quantiles=QUANTILE_LADDER,
            peak=tuple(tuple(line) for line in view.peak[index].tolist()),
            arrival_probability=tuple(view.arrival_probability[index].tolist()),
            skill=float(np.nanmean(view.skill[index])) if np.isfinite(view.skill[index]).any() else float("nan"),
            coverage=float(view.coverage[index, QUANTILE_LADDER.index(0.95)]),
            trusted=bool(view.trusted[index]),
            signal_peaks=peaks[index],
        )
        for index, row in enumerate(rows.tolist())
        if np.isfinite(view.peak[index]).all()
    }


def _forecast(values: StoredArray) -> Forecast:
    return forecast_naive(
        values.astype(np.float64),
        step_s=MINUTE_TIER.step_s,
        horizons=np.array([round(each / MINUTE_TIER.step_s) for each in HORIZON_LADDER_S]),
        quantiles=np.array(QUANTILE_LADDER),
    )


def _signal_peaks(
    history: History, tuned: Sequence[TunedWorkload], rows: RowArray, *, leads_s: Sequence[float]
) -> list[dict[Signal, float]]:
    """Return, per row, the chosen quantile of each exposed raw signal's peak within the lead time.

    The naive forecast is all that raw signals get: nothing is decided on them.
    """
    peaks: list[dict[Signal, float]] = [{} for _ in rows]
    rungs = np.array([rung(leads_s[row], HORIZON_LADDER_S) for row in rows.tolist()])
    quantiles = [rung(chosen_quantile(tuned[row].tuning) - 1e-9, QUANTILE_LADDER) for row in rows.tolist()]
    for signal in EXPOSED:
        tier = history.signals.get(signal)
        if tier is None:
            continue
        minutes = tier.values[rows][:, tier.times() % MINUTE_TIER.step_s == 0].astype(np.float64)
        for lead in np.unique(rungs).tolist():
            members = np.flatnonzero(rungs == lead)
            peak = _naive_peak(minutes[members], lead)
            for index, each in zip(members.tolist(), peak, strict=True):
                value = float(each[quantiles[index]])
                peaks[index][signal] = min(value, 1.0) if UNITS[signal] == "ratio" else value
    return peaks


def _naive_peak(minutes: FloatArray, lead: int) -> FloatArray:
    """Return the naive peak until one rung of the ladder, shape (n, k); NaN with too little history."""
    steps = np.array([round(each / MINUTE_TIER.step_s) for each in HORIZON_LADDER_S[: lead + 1]])
    question = Question(step_s=MINUTE_TIER.step_s, horizons=steps, quantiles=np.array(QUANTILE_LADDER))
    peak = naive_forecast(minutes, minutes, question).peak[:, :, -1]
    enough = np.sum(~np.isnan(minutes), axis=1) >= MIN_STEPS
    return np.where(enough[:, None], peak, np.nan)


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
    turns = [0] * len(tuned) if requested is None else turns_of(requested, at=at)
    for each, seen, sight, turned in zip(tuned, observed, sights, turns, strict=True):
        key = each.workload.id
        lead = fleet.lead_times.get(key)
        case = weigh(each, seen, sight=sight, forecast=fleet.forecasts.get(key), now=at, lead=lead, turns=turned)
        decisions[key], states[key] = conclude(case, fleet.states.get(key, PolicyState()))
    standings = stand(tuned, decisions, sights, requested=requested, at=at)
    return replace(fleet, states=states, at=at), limit_fleet(standings, limits)


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
