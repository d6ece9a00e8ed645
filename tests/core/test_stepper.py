import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.core.decision import Decision, Outcome
from adapter.core.fold import Fleet, certain_values
from adapter.core.history import History
from adapter.core.past import Past
from adapter.core.signal import FleetReadings, Grid, Observed, Reading, Readings, Signal, State
from adapter.core.stepper import Seen, StepState, _certain, prime, step, tune
from adapter.stretch import Reader, fold_stretch, read_stretch
from tests.factories import TICK
from tests.fakes import FakeSignalSource, scripted, tuned, tuning_of

pytestmark = pytest.mark.timeout(60)  # whole days of decisions or simulated fleets: slow where the machine is shared


LLAMA = tuned("llama")
PLAIN: dict[str, float | Reading | None] = {
    "queue_depth": 0.0,
    "requests_running": 30.0,
    "replicas_requested": 3.0,
    "replicas_status": 3.0,
    "replicas_ready": 3.0,
}


def steps(state: StepState, seen: Seen, times: Sequence[float]) -> tuple[list[Decision], StepState]:
    """Return the decisions of steps that all see the same."""
    decisions = []
    for at in times:
        decision, state = step(state, seen, at)
        decisions.append(decision)
    return decisions, state


def wave(at: float) -> float:
    """Return a load that moves from ten minutes to ten minutes, so that windows of any length agree on it."""
    return 20.0 + 10.0 * np.sin(np.ceil(at / 600.0))


async def test_a_step_decides_as_a_tick_of_the_loop_does() -> None:
    """Half an hour through the loop's stretch and through the library: the same decisions and memory."""
    shown: dict[Signal, Any] = {Signal(name): value for name, value in PLAIN.items()}
    shown |= {Signal.REQUESTS_RUNNING: wave}
    source = FakeSignalSource(scripted(shown), signals=tuple(shown))
    tuning = tuning_of(LLAMA)
    tick = tuning.tick.model_copy(update={"settling_delay": 0.0})
    reader = Reader(source=source, prometheus=tuning.prometheus, tick=tick)
    grid = Grid(start=TICK, step_s=15.0, count=120)
    whole = await read_stretch(reader, [LLAMA], grid)
    fleet, decisions = fold_stretch(Fleet(history=History.empty((LLAMA.workload.id,))), whole, [LLAMA])
    state, decision = prime(LLAMA), None
    for at in grid.times().tolist():
        cells = {signal: Reading(state=State.FRESH, value=PLAIN[signal], age_s=3.0, coverage=1.0) for signal in shown}  # type: ignore[arg-type]  # all of them are numbers
        cells[Signal.REQUESTS_RUNNING] = Reading(state=State.FRESH, value=wave(at), age_s=3.0, coverage=1.0)
        decision, state = step(state, cells, at)
    assert decision is not None
    expected = decisions[LLAMA.workload.id]
    assert decision.steps == expected.steps
    assert decision.forecast is not None
    assert expected.forecast is not None
    assert decision.forecast.peak == expected.forecast.peak
    assert np.array_equal(state.fleet.history.minute.values, fleet.history.minute.values, equal_nan=True)
    assert np.allclose(state.fleet.history.coarse.values[:, -3:], fleet.history.coarse.values[:, -3:])


@pytest.mark.parametrize("spacing_s", [10.0, 15.0, 37.0, 60.0, 90.0])
def test_steps_may_come_at_any_spacing(spacing_s: float) -> None:
    """After 40 minutes of a constant load: a forecast that is at most 75 s old, minutes and marks, and no hold."""
    times = [3.0 + spacing_s * each for each in range(round(2400 / spacing_s))]
    decisions, state = steps(prime(tune()), PLAIN, times)
    assert {each.outcome for each in decisions} == {Outcome.PLAN}
    assert decisions[-1].forecast is not None
    assert times[-1] - decisions[-1].forecast.origin <= 60.0 + spacing_s
    known = state.fleet.history.minute.values[0]
    assert np.nansum(known[-30:] == 30.0) >= 30 * min(1.0, 60.0 / spacing_s) - 2
    assert state.fleet.history.coarse.values[0, -3:].tolist() == [30.0] * 3


def test_irregular_steps_leave_gaps_where_none_came_near() -> None:
    """Silence of two hours is a gap on every grid, and marks on both sides are known."""
    _, state = steps(prime(tune()), PLAIN, [*np.arange(0.0, 1260.0, 20.0), *np.arange(8421.0, 9700.0, 13.0)])
    coarse = state.fleet.history.coarse
    assert coarse.end == 9600.0
    known = dict(zip(coarse.times().tolist(), coarse.values[0].tolist(), strict=True))
    assert [known[at] for at in (600.0, 1200.0, 9000.0, 9600.0)] == [30.0] * 4
    assert np.isnan([known[at] for at in (2400.0, 4800.0, 7800.0)]).all()


@settings(max_examples=25)
@given(
    values=st.lists(st.floats(-1e9, 1e9) | st.sampled_from([0.0, np.inf, None]), min_size=5, max_size=5),
    gaps=st.lists(st.floats(0.0, 4000.0), min_size=1, max_size=6),
    start=st.floats(-1e6, 2e9),
)
def test_whatever_is_seen_whenever_there_is_a_decision(
    values: list[float | None], gaps: list[float], start: float
) -> None:
    """No values and no spacing break a step; replicas stay within bounds, and nothing impossible is remembered."""
    seen = dict(zip(PLAIN, values, strict=True))
    state = prime(tune({"forecast": {"enabled": False}}))
    decisions, state = steps(state, seen, [start + sum(gaps[:each]) for each in range(len(gaps) + 1)])
    assert all(each.served is None or 1 <= each.served <= 10 for each in decisions)
    minute = state.fleet.history.minute.values
    assert (np.isnan(minute) | (minute >= 0)).all()


def test_a_state_can_be_pickled_and_stepped_again() -> None:
    """The copy decides what the original decides, to the byte; and stepping changes no state."""
    _, state = steps(prime(tune()), PLAIN, np.arange(0.0, 1800.0, 15.0).tolist())
    frozen = pickle.dumps(state)
    first, after = step(state, PLAIN, 1800.0)
    second, again = step(pickle.loads(frozen), PLAIN, 1800.0)
    assert repr(first) == repr(second)
    assert pickle.dumps(state) == frozen
    assert np.array_equal(after.fleet.history.minute.values, again.fleet.history.minute.values, equal_nan=True)


def test_nobody_answering_is_bridged_longer_than_an_answer_without_the_series() -> None:
    """100 s after the last answer: None holds on to the last value, an empty mapping does not."""
    _, state = steps(prime(tune()), PLAIN, [0.0, 15.0])
    silent, _ = step(state, None, 115.0)
    empty, _ = step(state, {"replicas_requested": 3}, 115.0)
    assert (silent.outcome, silent.served) == (Outcome.PLAN, 3)
    assert (empty.outcome, empty.served) == (Outcome.HOLD, None)
    assert "queue_depth is absent" in empty.hold_reason


def test_without_a_gateway_signal_a_workload_never_sleeps() -> None:
    """Idle for 25 minutes with replicas.min 0; with an explicit 0 at the gateway it does."""
    idle = {**PLAIN, "requests_running": 0.0}
    tuned_ = tune({"replicas": {"min": 0}})
    times = np.arange(0.0, 3600.0, 60.0).tolist()
    assert [steps(prime(tuned_), seen, times)[0][-1].served for seen in (idle, {**idle, "demand_at_zero": 0.0})] == [
        1,
        0,
    ]


def test_a_past_makes_forecasts_from_the_first_step_on() -> None:
    """A day of minutes; the history ends where the steps begin, and is not recorded twice."""
    columns = {Signal.REQUESTS_RUNNING: [30.0] * 1440, Signal.QUEUE_DEPTH: [0.0] * 1440}
    state = prime(tune(), history=Past(end=86400.0, values=columns))
    decision, after = step(state, PLAIN, 86400.0)
    assert decision.forecast is not None
    assert np.array_equal(after.fleet.history.minute.values, state.fleet.history.minute.values)


def test_starts_teach_the_lead_time_at_ten_minute_marks() -> None:
    """The slowest of the starts that were told since the last mark."""
    state = prime(tune({"leadTime": "180s"}))
    for at in np.arange(0.0, 1215.0, 15.0).tolist():
        seen = {**PLAIN, "start_seconds": {300.0: 60.0, 330.0: 90.0}.get(at)}
        decision, state = step(state, seen, at)
    assert decision.lead_time.samples == 1
    assert decision.lead_time.median_s == pytest.approx(180.0 - 90.0 / 4)


def test_raw_signals_are_remembered_as_the_fold_remembers_them() -> None:
    """What is certain of one cell is what `certain_values` says of it."""
    cells = [
        Reading(state=state, value=value, age_s=age_s)
        for state in State
        for value in (np.nan, -1.0, 0.0, 7.0, np.inf)
        for age_s in (np.nan, 10.0, 60.0, 61.0)
    ]
    for cell in cells:
        column = [np.array([[each]]) for each in (cell.value, cell.age_s, cell.coverage)]
        readings = Readings(
            value=column[0], state=np.array([[cell.state]], dtype=np.uint8), age_s=column[1], coverage=column[2]
        )
        fleet = FleetReadings(
            ids=(LLAMA.workload.id,), grid=Grid(start=0.0, step_s=15.0), readings={Signal.QUEUE_DEPTH: readings}
        )
        expected = certain_values(fleet, [LLAMA])[Signal.QUEUE_DEPTH]
        assert np.array_equal(_certain(cell, LLAMA.tuning), expected, equal_nan=True)


def test_what_a_caller_gets_wrong_is_named() -> None:
    """Names, kinds, spacing, time that runs backwards, and the history of another workload."""
    state = prime(tune())
    with pytest.raises(ValueError, match="unknown signal 'queue_dept', did you mean queue_depth"):
        step(state, {"queue_dept": 1.0}, 0.0)
    with pytest.raises(ValueError, match="signal queue_depth must be a number"):
        step(state, {"queue_depth": "many"}, 0.0)  # type: ignore[dict-item]  # what a caller may do
    with pytest.raises(ValueError, match=r"at or after what is known already \(30.0\), got 15.0"):
        step(steps(state, PLAIN, [30.0])[1], PLAIN, 15.0)
    with pytest.raises(ValueError, match="every_s must be from 1 to 60 and divide 60, got 7"):
        prime(tune(), every_s=7.0)
    with pytest.raises(ValueError, match="history must be of default/workload alone"):
        prime(tune(), history=History.empty((LLAMA.workload.id,)))


def test_an_observation_is_a_step_s_input_too() -> None:
    """As `decide` takes it."""
    cells = {Signal(name): Reading(state=State.FRESH, value=value, age_s=0.0) for name, value in PLAIN.items()}  # type: ignore[arg-type]  # numbers all
    decision, _ = step(prime(tune()), Observed(at=0.0, readings=cells), 0.0)
    assert decision.served == 3


def engines(at: float) -> dict[str, float]:
    """Return what two engines show whose true capacity is half of what is configured, under a load that moves."""
    work = 0.35 + 0.25 * np.sin(np.ceil(at / 600.0))  # of what one of them can do
    pace = 100.0 * (1.0 - work)
    return {
        "prompt_tokens_rate": 2 * work * 2000.0,
        "generation_tokens_rate": 2 * work * 500.0,
        "requests_running": 2 * work * 500.0 / pace,
        "queue_depth": 0.0,
        "replicas_requested": 2.0,
        "replicas_ready": 2.0,
    }


def test_steps_teach_the_capacity_at_ten_minute_marks() -> None:
    """Configured at 8000 and 2000 tokens/s; true are 4000 and 1000: a token takes 100 ms at 0.45 of the nominal."""
    rates = {"prompt_tokens_per_second": 8000, "generation_tokens_per_second": 2000}
    taught, said = (
        prime(tune({"capacity": {**rates, "learn": learn}, "forecast": {"enabled": False}})) for learn in (True, False)
    )
    for at in np.arange(TICK, TICK + 9000, 60.0).tolist():
        learnt, taught = step(taught, engines(at), at)
    configured, _ = step(said, engines(at), at)
    assert learnt.capacity.source == "learnt"
    assert learnt.capacity.per_replica == pytest.approx(0.45, rel=0.03)
    assert configured.capacity.per_replica == learnt.capacity.nominal == 1.0
    assert ["per replica (learnt)" in each.steps[1].reason for each in (learnt, configured)] == [True, False]
