from adapter.core.decision import StepName
from adapter.core.landing import land
from tests.fakes import tuned


def test_the_step_says_where_the_hpa_goes() -> None:
    """From 10, the tolerance of 0.1 swallows 11; without a tolerance it does not."""
    shaped, step = land(11, tuned("a", replicas={"max": 20}), status_replicas=10)
    assert (step.name, step.before, step.after) == (StepName.SHAPE, 11, 12)
    assert shaped.lands_on == 12
    exact, _ = land(11, tuned("a", replicas={"max": 20}, hpa={"tolerance": 0.0}), status_replicas=10)
    assert exact.lands_on == 11
