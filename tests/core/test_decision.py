from dataclasses import replace

import pytest

from adapter.core.decision import OCCASIONAL_STEPS, Outcome, StepName, name_cause, withhold
from adapter.core.errors import CannotDecide
from adapter.core.metric import Metric, metric_value
from adapter.core.signal import Reading, Signal, State
from tests.core.test_decide import decided, seen


def test_step_names_are_in_the_order_of_the_steps() -> None:
    """Who lists the names lists the way a decision takes; limits of the fleet have a step only where there are any."""
    assert [step.name for step in decided(seen(queue_depth=0, requests_running=5)).steps] == [
        name for name in StepName if name not in OCCASIONAL_STEPS
    ]


def test_a_decision_repeats_what_it_went_by() -> None:
    """Signals, counts and capacity are in it: nobody downstream has to look elsewhere."""
    observed = seen(queue_depth=0, requests_running=5)
    decision = decided(observed)
    assert decision.signals == observed.readings
    assert (decision.replicas.requested, decision.capacity.per_replica, decision.quantile) == (3, 16.0, 0.975)


def test_a_withheld_decision_has_no_number_and_keeps_its_steps() -> None:
    """Nobody is handed a number, people can still read how it came about."""
    decision = decided(seen(queue_depth=0, requests_running=5))
    held = withhold(decision, reason="still reading")

    assert (held.outcome, held.planned, held.active, held.steps) == (Outcome.HOLD, None, None, decision.steps)
    with pytest.raises(CannotDecide, match="still reading"):
        metric_value(held, Metric.REPLICAS)


def test_the_cause_of_silence_is_in_the_reason_of_a_hold() -> None:
    """A hold over an unavailable signal names what the source said; a plan, or another hold, is left alone."""
    silent = {Signal.QUEUE_DEPTH: Reading(state=State.UNAVAILABLE)}
    plan = decided(seen(queue_depth=0, requests_running=5))
    held = replace(withhold(plan, reason="cannot see the load"), signals=silent)

    assert name_cause(held, cause="connection refused").hold_reason == "cannot see the load (connection refused)"
    assert name_cause(held, cause="") == held
    assert name_cause(plan, cause="connection refused") == plan
