import numpy as np

from adapter.core.signal import Grid, Signal, State
from adapter.core.tuning import WorkloadTuning, resolve_workload
from adapter.demo.cluster import SimulatedService
from adapter.demo.scenario import bundled_services
from adapter.demo.source import EmbeddedSource

_EPOCH = 1_767_600_000.0


async def test_signals_of_a_serving_fleet_equal_the_truth() -> None:
    """Token rates over a window are the counters' increase; replicas are those of the scale object."""
    service = bundled_services()[0]
    simulated = SimulatedService(service, epoch=_EPOCH)
    simulated.advance(600.0)
    before = simulated.fleet.engines.pods["prompt_tokens"].sum()
    start = simulated.fleet.now_s
    simulated.advance(662.5)

    workload = resolve_workload(service.id, WorkloadTuning()).workload
    grid = Grid(start=_EPOCH + 662.5, step_s=15.0)
    answer = await EmbeddedSource({service.id: simulated.memory}).read([workload], grid=grid, window_s=60.0)
    rate = answer.readings[Signal.PROMPT_TOKENS_RATE].value.item()

    grown = simulated.fleet.engines.pods["prompt_tokens"].sum() - before
    assert np.isclose(rate * (662.5 - start), grown, rtol=0.15)
    assert answer.readings[Signal.REPLICAS_READY].cell(0, 0).value == 1.0


async def test_a_sleeping_fleet_shows_its_gateway_and_no_engine() -> None:
    """At zero replicas engine signals are absent, not zero, while the gateway's queue is a true zero."""
    service = bundled_services()[1]
    simulated = SimulatedService(service, epoch=_EPOCH)
    simulated.advance(30.0)
    simulated.scale_to(0)
    simulated.advance(60.0)

    workload = resolve_workload(service.id, WorkloadTuning()).workload
    grid = Grid(start=_EPOCH + 60.0, step_s=15.0)
    answer = await EmbeddedSource({service.id: simulated.memory}).read([workload], grid=grid, window_s=60.0)

    assert answer.readings[Signal.REQUESTS_RUNNING].cell(0, 0).state is State.ABSENT
    assert answer.readings[Signal.PROMPT_TOKENS_RATE].cell(0, 0).state is State.ABSENT
    assert answer.readings[Signal.DEMAND_AT_ZERO].cell(0, 0).is_fresh_zero
