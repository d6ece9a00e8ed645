"""Whatever happens to metrics for half a minute to half an hour, nothing is scaled in for it, and nothing sleeps.

The whole chain without servers: a fleet under a load that never changes, its exports with faults in them, rates, the
decision with its memory and forecasts, and the exact HPA or KEDA.
"""

from functools import cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapter.core.signal import Signal
from adapter.core.tuning import TunedWorkload, WorkloadTuning, resolve_workload
from adapter.core.workload import WorkloadId
from adapter.simulation.closed_loop import Run, close_loop
from adapter.simulation.fluid import FluidFleet
from adapter.simulation.fluid_state import Load, load_of
from adapter.simulation.profiles import RequestShape
from tests.fault_schedules import LONGEST_S, SETTLED_S, Fault, FaultyWorld, Kind, schedules
from tests.simulation.workloads import TOY, random_requests

pytestmark = pytest.mark.timeout(120)  # some twenty runs of45 minutes each

SHAPE = RequestShape(prompt_tokens=300, output_tokens=40)
RATE = TOY.sustainable_requests_per_s(SHAPE)
END_S = 2 * SETTLED_S + LONGEST_S + SETTLED_S
NEEDED = 4
"""3.2 replicas' worth of work with a margin of 1.15 is 3.7."""


def tuned(least: int, *, forecast: bool = False) -> TunedWorkload:
    """Return the toy engine's workload."""
    capacity = {"prompt_tokens_per_second": RATE * SHAPE.prompt_tokens, "generation_tokens_per_second": 1e9}
    tuning = {
        "replicas": {"min": least, "max": 12},
        "lead_time": 30.0,
        "capacity": capacity,
        "forecast": {"enabled": forecast},
    }
    return resolve_workload(WorkloadId("llm", "chat"), WorkloadTuning.model_validate(tuning))


@cache
def steady() -> Load:
    """Return the load of 3.2 replicas, with the noise of single requests."""
    requests = random_requests(3, rate=3.2 * RATE, seconds=END_S, prompt=300, output=40)
    return load_of(requests, end_s=END_S, judged_from=8)


def play(world: FaultyWorld, *, end_s: float = END_S) -> Run:
    """Return 45 minutes, or fewer, of a fleet that starts with what it needs."""
    fleet = FluidFleet(profile=TOY, load=steady(), cold_start=lambda: 30.0, replicas=NEEDED)
    return close_loop(fleet, world, end_s=end_s)


def sizes(run: Run) -> list[int]:
    """Return what was requested once everything had settled."""
    return [each.spec for each in run.moments if each.at_s >= SETTLED_S]


@pytest.mark.parametrize("least", [0, 1])
def test_without_faults_the_load_needs_four(least: int) -> None:
    """What the others are held against."""
    world = FaultyWorld(tuned(least))
    assert set(sizes(play(world))) == {NEEDED}
    assert all(each.active for each in world.decisions[4:])


# Both were found by drawing, and mended: what was planned on half of the engines, and rates over a silence, came to
# decide as soon as everything better was older than a hold, while nobody could tell how many replicas there are.
_RESTART_IN_A_SILENCE = (
    Fault(kind=Kind.RESTART, start_s=331.8, lasts_s=120.0),
    Fault(kind=Kind.LOST_CLUSTER, start_s=304.5, lasts_s=648.0),
    Fault(kind=Kind.NO_SCRAPES, start_s=331.8, lasts_s=147.9),
)
_LONGER_WITHOUT_COUNTS = (
    Fault(kind=Kind.SILENT_PROMETHEUS, start_s=300.0, lasts_s=525.0),
    Fault(kind=Kind.LOST_CLUSTER, start_s=300.0, lasts_s=593.0),
)


@settings(max_examples=6)
@example(faults=(Fault(kind=Kind.LOST_CLUSTER, start_s=SETTLED_S, lasts_s=LONGEST_S),), least=0)
@example(faults=(Fault(kind=Kind.LOST_ENGINES, start_s=SETTLED_S, lasts_s=LONGEST_S),), least=0)
@example(faults=(Fault(kind=Kind.RESTART, start_s=SETTLED_S, lasts_s=60.0),), least=0)
@example(faults=_RESTART_IN_A_SILENCE, least=0)
@example(faults=_LONGER_WITHOUT_COUNTS, least=0)
@given(faults=schedules(), least=st.sampled_from([0, 1]))
def test_no_fault_scales_in_or_puts_to_sleep(faults: tuple[Fault, ...], least: int) -> None:
    """Gaps, counters that begin anew, a lost kube-state-metrics, and all of them at once: at least four, always."""
    world = FaultyWorld(tuned(least), faults)
    assert min(sizes(play(world))) >= NEEDED
    assert all(each.active is not False for each in world.decisions)


def test_no_gap_scales_in_while_forecasts_are_made() -> None:
    """Forecasts go on from what is remembered, and a gap is no load of 0."""
    faults = tuple(Fault(kind=kind, start_s=SETTLED_S, lasts_s=900.0) for kind in (Kind.NO_SCRAPES, Kind.LOST_GATEWAY))
    world = FaultyWorld(tuned(1, forecast=True), faults)
    assert min(sizes(play(world))) >= NEEDED
    assert world.decisions[-1].forecast is not None


@pytest.mark.parametrize("kind", Kind)
def test_each_fault_is_felt(kind: Kind) -> None:
    """A schedule that changed nothing would prove nothing: every kind shows in what the decision saw."""
    fault = Fault(kind=kind, start_s=SETTLED_S + 7.0, lasts_s=120.0)
    clean, faulty = FaultyWorld(tuned(1)), FaultyWorld(tuned(1), (fault,))
    for world in (clean, faulty):
        play(world, end_s=3 * SETTLED_S)
    pairs = zip(clean.decisions, faulty.decisions, strict=True)
    assert any(one.signals != other.signals for one, other in pairs)


def test_a_restart_leaves_no_trace_in_the_rates() -> None:
    """Five minutes after its counters began anew, the load is the same as without."""
    fault = Fault(kind=Kind.RESTART, start_s=SETTLED_S + 7.0, lasts_s=60.0)
    clean, faulty = FaultyWorld(tuned(1)), FaultyWorld(tuned(1), (fault,))
    for world in (clean, faulty):
        play(world, end_s=3 * SETTLED_S)
    rates = [
        [each.signals[Signal.PROMPT_TOKENS_RATE].value for each in world.decisions[44:]] for world in (clean, faulty)
    ]
    assert np.allclose(*rates, rtol=1e-9)
