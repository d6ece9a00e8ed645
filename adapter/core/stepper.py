"""The whole decision as a library: one workload, one step, for loops other than our own.

    state = prime(tune({"replicas": {"min": 1, "max": 20}}))
    decision, state = step(state, {"queue_depth": 4, "requests_running": 31, "replicas_requested": 2}, now)

A step records, forecasts, learns, decides and shapes exactly as a tick of the loop does, by the same functions
(`adapter.core.fold`). It is pure: no clock, no chance, no I/O; the state is a record that can be pickled, kept, copied
and stepped again with the same outcome.

Steps may come at any spacing. What is remembered lies on a grid of `every_s`, on minutes and on ten minutes; a step
that jumps over such a mark is what is known of it, and times that no step came near are gaps, never zeros.
Must not know: where readings come from, what is done with decisions.
"""

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from adapter.core.decision import Decision
from adapter.core.fold import (
    REMEMBERED,
    Fleet,
    decide_fleet,
    load_of,
    record,
    record_marks,
    refresh_forecasts,
    taught,
)
from adapter.core.following import Following, Forecaster
from adapter.core.history import COARSE_TIER, MINUTE_TIER, History, record_minutes
from adapter.core.marks import attained_of, count_marks
from adapter.core.outlook import is_due
from adapter.core.past import Past, mean_of, recollect
from adapter.core.settled import WATCHED
from adapter.core.signal import ABSENT, FleetReadings, FloatArray, Grid, Observed, Reading, Readings, Signal, State
from adapter.core.tally import Tally
from adapter.core.tuning import TunedWorkload, WorkloadTuning, resolve_workload
from adapter.core.workload import WorkloadId
from forecasting import follow

__all__ = ["Past", "Seen", "StepState", "prime", "step", "tune"]

Seen = Observed | Mapping[Signal, float | Reading | None] | Mapping[str, float | Reading | None] | None
"""What a step is told: numbers by signal; None for all of it when nobody answered."""

_SILENT = Reading(state=State.UNAVAILABLE)
_NAMES = {signal.value: signal for signal in Signal}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StepState:
    """What one step leaves to the next: everything, so that this is all a loop has to keep."""

    tuned: TunedWorkload
    every_s: float
    """Grid on which raw signals are remembered."""
    fleet: Fleet
    """Memory, forecasts and policy state of the one workload; `fleet.at` is the time of the last step."""
    tally: Tally = field(default_factory=Tally)
    """What the steps since the last ten-minute mark add up to."""


def tune(
    values: Mapping[str, Any] | None = None, *, name: str = "workload", namespace: str = "default"
) -> TunedWorkload:
    """Return a workload tuned as an entry of `workloads` in the tuning document says.

    Args:
        values: keys as in the document (`leadTime`) or in snake case (`lead_time`), durations as text or in seconds;
            what is not given has its default.
        name: of the workload; forecasts are renewed at a second of the minute that it picks.
        namespace: of the workload.

    Raises:
        ValueError: a key is unknown or a value is out of range; the text names each.

    Example:
        >>> tune({"leadTime": "2m", "replicas": {"max": 4}}).tuning.lead_time
        120.0
    """
    return resolve_workload(WorkloadId(namespace, name), WorkloadTuning.model_validate(dict(values or {})))


def prime(
    tuned: TunedWorkload,
    *,
    history: Past | History | None = None,
    every_s: float = 15.0,
    forecaster: Forecaster = follow,
) -> StepState:
    """Return the state before the first step.

    Args:
        tuned: the workload, see `tune`.
        history: what is known of the time before; without it, forecasts begin after some minutes of steps.
        every_s: how often steps are meant to come, 1 to 60 s and a divisor of 60; other spacings work too.
        forecaster: who forecasts, another than ours if it answers as `forecasting.follow` does; it has its vote as long
            as what it said comes true at least as well as the last value plus its own past errors.

    Raises:
        ValueError: `every_s` is out of range, or the history is of other workloads.
    """
    if not (1 <= every_s <= 60 and 60 % every_s == 0):
        raise ValueError(f"every_s must be from 1 to 60 and divide 60, got {every_s:g}")
    past = recollect(history or Past(end=0.0), tuned) if not isinstance(history, History) else history
    if past.ids != (tuned.workload.id,):
        raise ValueError(f"history must be of {tuned.workload.id} alone, got {', '.join(map(str, past.ids))}")
    fleet = taught(Fleet(history=past, following=Following(forecaster=forecaster)), (tuned,))
    return StepState(tuned=tuned, every_s=every_s, fleet=fleet)


def step(state: StepState, seen: Seen, now: float) -> tuple[Decision, StepState]:
    """Return the decision at `now`, and the state for the next step.

    Args:
        state: what the step before returned, or `prime`.
        seen: numbers by signal, in the unit of `signal.UNITS`, counted over this workload; a signal that is left out,
            None or NaN is absent, which is not 0. A `Reading` says more: its age, that it is partial or stale. None in
            place of everything says that the source did not answer.
        now: seconds on any clock that never runs backwards.

    Raises:
        ValueError: time ran backwards, or a signal is not known.

    Example:
        40 requests in flight, 16 per replica, margin 1.15: 46 / 16 = 2.9.

        >>> seen = {"queue_depth": 4, "requests_running": 36, "replicas_requested": 2}
        >>> decision, _ = step(prime(tune()), seen, 0.0)
        >>> decision.served
        3
    """
    known_until = _known_until(state)
    if not math.isfinite(now) or now < known_until:
        raise ValueError(f"now must be a time at or after what is known already ({known_until!r}), got {now!r}")
    cells, tuned = _cells(seen), (state.tuned,)
    slot = _slot_of(now, state)
    before = slot - state.every_s if math.isnan(known_until) else _slot_of(known_until, state)
    certain = {each: _certain(cells[each], state.tuned.tuning) for each in REMEMBERED}
    fleet = replace(state.fleet, history=_recorded(state, certain, before=before, slot=slot))
    tally = _counted(state, cells, elapsed_s=slot - before)
    marks = _marks(before, slot, COARSE_TIER.step_s)
    if marks:
        fleet, tally = _marked(fleet, tuned, tally=tally, count=marks, slot=slot), Tally()
    due = _due(state, before=before, slot=slot)
    if due is not None:
        fleet = refresh_forecasts(fleet, tuned, at=due, step_s=state.every_s)
    fleet, decisions = decide_fleet(fleet, _readings(cells, tuned, at=now), tuned, column=0, at=now)
    return decisions[state.tuned.workload.id], replace(state, fleet=fleet, tally=tally)


def _counted(state: StepState, cells: Mapping[Signal, Reading], *, elapsed_s: float) -> Tally:
    """Return the tally after a step; a step that came late counts for what its rates cover at most, a minute."""
    start, rate, ttft, itl = (
        _certain(cells.get(signal, ABSENT), state.tuned.tuning)
        for signal in (Signal.START_SECONDS, Signal.ARRIVAL_RATE, Signal.TTFT_ATTAINED, Signal.ITL_ATTAINED)
    )
    arrivals = rate.item() * min(max(elapsed_s, 0.0), MINUTE_TIER.step_s)
    watched = {signal: _certain(cells.get(signal, ABSENT), state.tuned.tuning).item() for signal in WATCHED}
    tally = state.tally.watched(watched)
    return tally.after(start_s=start.item(), arrivals=arrivals, attained=attained_of(ttft, itl).item())


def _slot_of(at: float, state: StepState) -> float:
    return math.floor(at / state.every_s) * state.every_s


def _known_until(state: StepState) -> float:
    """Return the time of the last step, or of the end of the history that was given; NaN without either."""
    history = state.fleet.history
    return float(np.fmax(state.fleet.at, np.fmax(history.minute.end, history.coarse.end)))


def _cells(seen: Seen) -> dict[Signal, Reading]:
    """Return a reading of each signal that is given or may be bridged."""
    if seen is None:
        return dict.fromkeys(Signal, _SILENT)
    given = seen.readings if isinstance(seen, Observed) else seen
    named = {_signal(name): _cell(name, value) for name, value in given.items()}
    return {**dict.fromkeys(REMEMBERED, ABSENT), **named}


def _signal(name: str) -> Signal:
    if name in _NAMES:
        return _NAMES[name]
    close = difflib.get_close_matches(name, list(Signal), n=1)
    hint = f"did you mean {close[0]}?" if close else f"allowed are {', '.join(Signal)}"
    raise ValueError(f"unknown signal {name!r}, {hint}")


def _cell(name: str, value: object) -> Reading:
    if isinstance(value, Reading):
        return value
    if value is None:
        return ABSENT
    try:
        number = float(value)  # type: ignore[arg-type]  # whatever the caller has: refused in words just below
    except (TypeError, ValueError) as error:
        raise ValueError(f"signal {name} must be a number, a Reading or None, got {value!r}") from error
    return ABSENT if math.isnan(number) else Reading(state=State.FRESH, value=number, age_s=0.0, coverage=1.0)


def _certain(cell: Reading, tuning: WorkloadTuning) -> FloatArray:
    """Return what may be remembered of a reading, shape (1, 1); `fold.certain_values` for one cell."""
    known = cell.state is State.FRESH and 0 <= cell.value < math.inf and not cell.age_s > tuning.freshness.stale_after
    return np.array([[cell.value if known else math.nan]])


def _readings(cells: Mapping[Signal, Reading], tuned: tuple[TunedWorkload], *, at: float) -> FleetReadings:
    columns = {
        signal: Readings(
            value=np.array([[cell.value]]),
            state=np.array([[cell.state]], dtype=np.uint8),
            age_s=np.array([[cell.age_s]]),
            coverage=np.array([[cell.coverage]]),
        )
        for signal, cell in cells.items()
    }
    return FleetReadings(ids=(tuned[0].workload.id,), grid=Grid(start=at, step_s=1.0), readings=columns)


def _recorded(state: StepState, certain: Mapping[Signal, FloatArray], *, before: float, slot: float) -> History:
    """Return the history after a step; a minute mark that lies between two steps is known from the later one."""
    history, tuned = state.fleet.history, (state.tuned,)
    if not slot > before:
        return history
    history = record(history, certain, tuned, end=slot, step_s=state.every_s)
    mark = math.floor(slot / MINUTE_TIER.step_s) * MINUTE_TIER.step_s
    if mark == slot or not mark > before:
        return history
    load = load_of(certain, tuned)
    return record_minutes(history, load.arriving, load.at_least, end=mark)


def _marks(before: float, slot: float, spacing_s: float) -> int:
    """Return how many multiples of a spacing lie after one time and up to another."""
    return math.floor(slot / spacing_s) - math.floor(before / spacing_s)


def _marked(fleet: Fleet, tuned: tuple[TunedWorkload], *, tally: Tally, count: int, slot: float) -> Fleet:
    """Return the fleet after some ten-minute marks, each the mean of its minutes."""
    minute, per_mark = fleet.history.minute, round(COARSE_TIER.step_s / MINUTE_TIER.step_s)
    at = math.floor(slot / COARSE_TIER.step_s) * COARSE_TIER.step_s
    count = min(count, minute.spec.columns // per_mark - 1)
    last = minute.spec.columns - round((minute.end - at) / MINUTE_TIER.step_s)
    demand = mean_of(minute.values[:, last - count * per_mark : last].astype(np.float64), per_mark)
    return record_marks(fleet, tuned, count_marks([tally], demand), at=at)


def _due(state: StepState, *, before: float, slot: float) -> float | None:
    """Return the newest grid time since the last step at which the forecast is renewed; a first step has one."""
    first = math.isnan(state.fleet.at)
    reach = round(MINUTE_TIER.step_s / state.every_s)
    steps = reach if first else min(reach, round((slot - before) / state.every_s))
    times = (slot - each * state.every_s for each in range(steps))
    return next((at for at in times if is_due(state.tuned.workload.id, at=at, step_s=state.every_s)), None)
