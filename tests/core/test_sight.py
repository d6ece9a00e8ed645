from dataclasses import replace

import numpy as np
import pytest

from adapter.core.history import Tier, TierSpec
from adapter.core.sight import Limits, bridge, freshness_limits, judge, look, look_around
from adapter.core.signal import Observed, Reading, Readings, Signal, State
from adapter.core.tuning import WorkloadTuning
from tests.factories import TICK
from tests.fakes import tuned

LIMITS = freshness_limits([WorkloadTuning()])
MEMORY = Tier(spec=TierSpec(step_s=15.0, columns=40), end=TICK, values=np.full((1, 40), np.nan, dtype=np.float32))


def cell(state: State, *, value: float = np.nan, age_s: float = 3.0) -> Readings:
    """Return one cell."""
    return Readings(
        value=np.array([[value]]),
        state=np.array([[state]], dtype=np.uint8),
        age_s=np.array([[age_s]]),
        coverage=np.ones((1, 1)),
    )


def remembered(steps_ago: int, value: float) -> Tier:
    """Return a memory of one value."""
    values = MEMORY.values.copy()
    values[0, -1 - steps_ago] = value
    return replace(MEMORY, values=values)


@pytest.mark.parametrize(("age_s", "state"), [(60.0, State.FRESH), (60.1, State.STALE), (np.nan, State.FRESH)])
def test_age_makes_stale(age_s: float, state: State) -> None:
    """Older than staleAfter is stale; an unknown age is no reason to doubt."""
    assert judge(cell(State.FRESH, value=1.0, age_s=age_s), LIMITS).cell(0, 0).state is state


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
@pytest.mark.parametrize("state", [State.FRESH, State.PARTIAL, State.STALE])
def test_impossible_values_are_malformed(value: float, state: State) -> None:
    """NaN, infinity and negatives lose their value, whatever the source thinks of them."""
    judged = judge(cell(state, value=value), LIMITS).cell(0, 0)
    assert judged.state is State.MALFORMED
    assert np.isnan(judged.value)


@pytest.mark.parametrize(
    ("state", "steps_ago", "bridged"),
    [
        (State.ABSENT, 4, True),
        (State.ABSENT, 5, False),
        (State.MALFORMED, 5, False),
        (State.UNAVAILABLE, 5, True),
        (State.UNAVAILABLE, 20, True),
        (State.UNAVAILABLE, 21, False),
    ],
)
def test_how_long_is_bridged_depends_on_who_is_silent(state: State, steps_ago: int, *, bridged: bool) -> None:
    """No such series: staleAfter, 60 s. No answer at all: holdAfter, 300 s. Both included."""
    reading = bridge(cell(state), remembered(steps_ago, 7.0), at=TICK, limits=LIMITS).cell(0, 0)
    if bridged:
        assert (reading.state, reading.value, reading.age_s) == (State.STALE, 7.0, 15.0 * steps_ago)
    else:
        assert reading.state is state
        assert np.isnan(reading.value)


def test_what_is_known_is_not_bridged() -> None:
    """A current value, even a partial one, is better than a memory."""
    reading = cell(State.PARTIAL, value=1.0)
    assert bridge(reading, remembered(1, 7.0), at=TICK, limits=LIMITS) is reading


def test_rows_are_bridged_by_their_own_limits() -> None:
    """Two workloads, one more patient than the other."""
    limits = Limits(stale_after_s=np.array([[60.0], [600.0]]), hold_after_s=np.array([[300.0], [900.0]]))
    both = Readings.missing(2, 1, State.ABSENT)
    memory = replace(MEMORY, values=np.repeat(remembered(10, 7.0).values, 2, axis=0))
    assert [each.state for each in bridge(both, memory, at=TICK, limits=limits).cells(0)] == [State.ABSENT, State.STALE]


def observed(**values: float | Reading) -> Observed:
    """Return readings; bare numbers are fresh."""
    readings = {
        Signal(name): value if isinstance(value, Reading) else Reading(state=State.FRESH, value=value)
        for name, value in values.items()
    }
    return Observed(at=TICK, readings=readings)


AWAKE = {"queue_depth": 0.0, "requests_running": 0.0, "replicas_requested": 1.0, "replicas_ready": 1.0}


def test_quiet_takes_every_zero() -> None:
    """Nothing runs, waits, waits at the gateway, or has arrived between two ticks."""
    assert look(observed(**AWAKE, demand_at_zero=0.0), WorkloadTuning()).quiet
    for name in ("queue_depth", "requests_running", "demand_at_zero", "arrival_rate"):
        assert not look(observed(**{**AWAKE, "demand_at_zero": 0.0, name: 0.1}), WorkloadTuning()).quiet
    assert not look(observed(**AWAKE), WorkloadTuning()).quiet


@pytest.mark.parametrize("name", [*AWAKE, "demand_at_zero"])
def test_quiet_takes_certainty(name: str) -> None:
    """A stale or partial zero is not quiet, whichever signal it is on."""
    for state in (State.STALE, State.PARTIAL):
        values = {**AWAKE, "demand_at_zero": 0.0}
        values[name] = Reading(state=state, value=values[name])
        assert not look(observed(**values), WorkloadTuning()).quiet


def test_doubts_say_what_is_wrong() -> None:
    """Share, age or state, whatever is known."""
    partial = Reading(state=State.PARTIAL, value=1.0, coverage=0.75)
    stale = Reading(state=State.STALE, value=1.0, age_s=95.0)
    sight = look(observed(**{**AWAKE, "queue_depth": partial, "requests_running": stale}), WorkloadTuning())
    assert sight.doubts == ("queue_depth comes from 75% of its targets", "requests_running is 95 s old")


@pytest.mark.parametrize("least", [0, 1])
def test_an_old_zero_is_not_believed_while_requests_run(least: int) -> None:
    """Replicas were woken since the count was last read; to plan from zero would take them away. Fresh, they end."""
    tuning = tuned("llama", replicas={"min": least}).tuning
    old = Reading(state=State.STALE, value=0.0, age_s=95.0)
    values = {**AWAKE, "requests_running": 5.0, "demand_at_zero": 0.0}
    sight = look(observed(**{**values, "replicas_requested": old}), tuning)
    assert sight.blind == "replicas_requested is 95 s old and was 0 then, while 5 requests run"
    assert look(observed(**{**values, "requests_running": 0.0, "replicas_requested": old}), tuning).blind == ""
    assert look(observed(**{**values, "replicas_requested": 0.0}), tuning).blind == ""


def test_starting_replicas_need_no_engines() -> None:
    """Requested and none ready: absent engines are neither a doubt nor blindness."""
    sight = look(observed(replicas_requested=2.0, replicas_ready=0.0, demand_at_zero=3.0), WorkloadTuning())
    assert sight.starting
    assert (sight.blind, sight.doubts, sight.waiting) == ("", (), 3.0)


def test_many_are_seen_as_each_alone() -> None:
    """Measuring the whole fleet at once changes nothing."""
    tokens = tuned("b", capacity={"prompt_tokens_per_second": 8000, "generation_tokens_per_second": 2000}).tuning
    fleet = [observed(**{**AWAKE, "requests_running": 4.0}), observed(**AWAKE, prompt_tokens_rate=80.0)]
    tunings = [WorkloadTuning(), tokens]
    alone = [look(each, tuning) for each, tuning in zip(fleet, tunings, strict=True)]
    assert repr(look_around(fleet, tunings)) == repr(alone)
