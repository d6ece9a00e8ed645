"""HPA and KEDA fed from a decision."""

from dataclasses import replace

from adapter.core.decide import decide
from adapter.core.decision import Decision
from adapter.core.policy_state import PolicyState
from adapter.core.signal import Observed, Reading, Signal, State
from adapter.core.tuning import WorkloadTuning, resolve_workload
from adapter.core.workload import WorkloadId
from adapter.simulation.consumers import HpaConsumer, KedaConsumer
from adapter.simulation.hpa_metrics import Scale

ONE = Scale(replicas=1, status_replicas=1, ready_replicas=1)
ASLEEP = Scale(replicas=0, status_replicas=0, ready_replicas=0)


def decision(*, running: float, held: float = 0.0, replicas: float = 1.0, state: State = State.FRESH) -> Decision:
    """Return a decision on requests in flight, 16 to a replica."""
    values = {
        Signal.REQUESTS_RUNNING: running,
        Signal.QUEUE_DEPTH: 0.0,
        Signal.DEMAND_AT_ZERO: held,
        Signal.REPLICAS_REQUESTED: replicas,
        Signal.REPLICAS_STATUS: replicas,
        Signal.REPLICAS_READY: replicas,
    }
    readings = {signal: Reading(state=state, value=value, age_s=1.0) for signal, value in values.items()}
    tuning = WorkloadTuning.model_validate({"replicas": {"min": 0, "max": 9}})
    workload = resolve_workload(WorkloadId("llm", "chat"), tuning).workload
    observed = Observed(at=1000.0, readings=readings)
    made, _ = decide(
        workload=workload, observed=observed, forecast=None, state=PolicyState(), tuning=tuning, now=1000.0
    )
    return made


def test_the_hpa_lands_on_the_plan() -> None:
    """48 in flight with a margin of 1.15 are 3.45 replicas: four, at once."""
    assert HpaConsumer(min_replicas=1, max_replicas=9).sync(decision(running=48.0), ONE, now_s=15.0) == 4


def test_a_decision_that_holds_moves_nobody() -> None:
    """Without a plan both read an error and keep what is there."""
    blind = replace(decision(running=48.0), emitted=None, active=None, hold_reason="nothing is known")
    three = Scale(replicas=3, status_replicas=3, ready_replicas=3)
    assert HpaConsumer(min_replicas=1, max_replicas=9).sync(blind, three, now_s=15.0) == 3
    assert KedaConsumer(max_replicas=9).sync(blind, three, now_s=15.0) == 3


def test_keda_wakes_by_push_between_polls() -> None:
    """A poll is due every 30 s only; a push wakes at 15 s."""
    consumer = KedaConsumer(max_replicas=9)
    assert consumer.sync(decision(running=0.0, replicas=0.0), ASLEEP, now_s=0.0) == 0
    assert consumer.sync(decision(running=0.0, held=2.0, replicas=0.0), ASLEEP, now_s=15.0) == 1
