from adapter.core.decision import StepName
from tests.core.test_decide import decided, seen


def test_step_names_are_in_the_order_of_the_steps() -> None:
    """Who lists the names lists the way a decision takes."""
    assert [step.name for step in decided(seen(queue_depth=0, requests_running=5)).steps] == list(StepName)


def test_a_decision_repeats_what_it_went_by() -> None:
    """Signals, counts and capacity are in it: nobody downstream has to look elsewhere."""
    observed = seen(queue_depth=0, requests_running=5)
    decision = decided(observed)
    assert decision.signals == observed.readings
    assert (decision.replicas.requested, decision.capacity.per_replica, decision.quantile) == (3, 16.0, 0.9)
