from adapter.core.case import weigh
from adapter.core.decide import conclude
from adapter.core.policy_state import PolicyState
from adapter.core.seen_hpa import SeenHpa, adopt
from adapter.core.sight import look
from adapter.core.tuning import HpaTuning, TunedWorkload
from tests.core.test_decide import seen
from tests.factories import TICK
from tests.fakes import tuned

CHAT = tuned("chat", replicas={"max": 40}, hpa={"tolerance": 0.02, "max": 30})
SPEC = HpaTuning.model_validate({"max": 12, "scale_down": {"window": 300.0}})
FOUND = {CHAT.workload.id: SeenHpa(name="prod/chat-hpa", spec=SPEC)}


def test_what_the_cluster_shows_is_used_and_named() -> None:
    """Its bounds and windows; the tolerance of the cluster is not in it and stays as configured."""
    [each] = adopt([CHAT], FOUND)
    assert (each.tuning.hpa.max, each.tuning.hpa.tolerance, each.hpa_from) == (12, 0.02, "prod/chat-hpa")
    assert each.tuning.hpa.scale_down is not None


def test_without_it_the_configured_one_stands() -> None:
    """Nothing is changed, and nothing claims to come from the cluster."""
    other = tuned("other")
    assert adopt([other], FOUND) == (other,)
    assert other.hpa_from == ""


def last_step(each: TunedWorkload) -> str:
    """Return what a decision on some load says last; it names where the HPA comes from."""
    observed = seen(replicas=12, queue_depth=0, requests_running=600)
    case = weigh(each, observed, sight=look(observed, each.tuning), forecast=None, now=TICK)
    decision, _ = conclude(case, PolicyState())
    assert (decision.hpa, decision.hpa_from) == (each.tuning.hpa, each.hpa_from)
    return decision.steps[-1].reason


def test_the_bounds_of_the_real_hpa_are_where_it_lands() -> None:
    """Thirty-eight are wanted; the HPA in the cluster ends at 12, the one that was written down at 30."""
    [each] = adopt([CHAT], FOUND)
    assert "maxReplicas 12" in last_step(each)
    assert "maxReplicas 30" in last_step(CHAT)
