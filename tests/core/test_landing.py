from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.decision import ReplicaCounts, Step, StepName
from adapter.core.hpa_behavior import ScaleEvent
from adapter.core.landing import behavior_of, land, noted, tolerance_of
from adapter.core.proposals import NOTHING_PROPOSED
from adapter.core.shaping import Shaped, ToleranceRule
from adapter.core.units import Milli, Seconds
from adapter.simulation.hpa import Controller, HpaSpec, HpaState, sync
from adapter.simulation.hpa_metrics import MetricSpec, MetricValue, Scale, TargetType
from tests.fakes import tuned

PODS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["Pods", "Percent"]),
        "value": st.sampled_from([1, 2, 10, 100]),
        "period": st.sampled_from([15.0, 60.0]),
    }
)
RULES = st.fixed_dictionaries(
    {"select": st.sampled_from(["Max", "Min", "Disabled"]), "policies": st.lists(PODS, max_size=2).map(tuple)}
)


def landed(served: int, hpa: dict[str, Any], *, requested: int = 10, changes: tuple[ScaleEvent, ...] = ()) -> Shaped:
    """Return where a number lands with an HPA that has all its replicas."""
    counts = ReplicaCounts(requested=requested, status=requested, ready=requested)
    return land(served, tuned("a", replicas={"max": 40}, hpa=hpa), replicas=counts, changes=changes, now=1000.0)[0]


def test_the_step_says_where_the_hpa_goes() -> None:
    """From 10, the tolerance of 0.1 swallows 11."""
    shaped, step = land(
        11, tuned("a", replicas={"max": 20}), replicas=ReplicaCounts(requested=10, status=10, ready=10), now=0.0
    )
    assert step == Step(name=StepName.SHAPE, before=11, after=12, reason=shaped.reason)


@pytest.mark.parametrize(
    ("hpa", "served", "lands_on", "words"),
    [
        ({"tolerance_up": 0.0}, 11, 11, "lands on the plan 11"),
        ({"tolerance": 0.0, "tolerance_up": 0.2}, 12, 13, "13 is the fewest"),
        ({"max": 15}, 30, 15, "cuts the plan 30 at its maxReplicas 15"),
        ({"target": "Value"}, 20, 20, "10 requested and 10 ready"),
        ({"scale_up": {}}, 30, 20, "its policies let it go to 20 at the next sync (ScaleUpLimit)"),
        ({"scale_down": {"select": "Disabled"}}, 2, 10, "its policies let it go to 10"),
        ({"scale_down": {}, "min": 4}, 2, 4, "its minReplicas 4 is above that"),
    ],
)
def test_the_spec_of_the_hpa_is_what_counts(hpa: dict[str, Any], served: int, lands_on: int, words: str) -> None:
    """From 10 replicas: tolerances, bounds, kind of target, policies, windows."""
    shaped = landed(served, hpa)
    assert shaped.lands_on == lands_on
    assert words in shaped.reason


@given(
    asked=st.lists(st.integers(1, 20), min_size=1, max_size=8),
    up=st.sampled_from([0.0, 60.0, 300.0]),
    down=st.sampled_from([0.0, 45.0, 300.0]),
)
def test_its_own_windows_are_those_of_the_exact_model(asked: list[int], up: float, down: float) -> None:
    """Tick by tick, with the replicas that the HPA has gone to: the same number as the controller with its memory."""
    hpa = {"tolerance": 0.0, "scale_up": {"window": up}, "scale_down": {"window": down}, "min": 1}
    each = tuned("a", replicas={"max": 40}, hpa=hpa)
    metric = MetricSpec(name="m", target_milli=Milli(1000), target_type=TargetType.AVERAGE_VALUE)
    spec = HpaSpec(metrics=(metric,), min_replicas=1, max_replicas=40, behavior=behavior_of(each.tuning.hpa))
    controller = Controller(tolerance=tolerance_of(each.tuning.hpa))
    state, proposals, requested = HpaState(recommendations=()), NOTHING_PROPOSED, 8
    for tick, served in enumerate(asked):
        at = 1000.0 + 15.0 * tick
        counts = ReplicaCounts(requested=requested, status=requested, ready=requested)
        changes = state.events
        shaped, _ = land(served, each, replicas=counts, changes=changes, proposals=proposals, now=at)
        scale = Scale(replicas=requested, status_replicas=requested, ready_replicas=requested)
        result, state = sync(
            spec, scale, [MetricValue(milli=shaped.value_milli)], state=state, now=Seconds(at), controller=controller
        )
        assert shaped.lands_on == result.desired
        proposals, requested = noted(proposals, shaped, each.tuning.hpa, at=at), result.desired


def test_a_window_that_holds_is_told() -> None:
    """Ten were proposed a minute ago: within 300 s two have to wait, and the reason says so."""
    hpa = {"scale_down": {"window": 300.0}}
    slow = tuned("a", replicas={"max": 40}, hpa=hpa)
    counts = ReplicaCounts(requested=10, status=10, ready=10)
    shaped, _ = land(10, slow, replicas=counts, now=1000.0)
    before = noted(NOTHING_PROPOSED, shaped, slow.tuning.hpa, at=1000.0)
    shaped, step = land(2, slow, replicas=counts, proposals=before, now=1060.0)
    assert (shaped.proposes, shaped.lands_on, step.after) == (2, 10, 10)
    assert "its own window keeps it at 10 for now" in step.reason
    assert land(2, slow, replicas=counts, proposals=before, now=1300.0)[0].lands_on == 2


def test_changes_within_a_period_count() -> None:
    """Eight of the ten came within the minute, of which ten a minute are allowed."""
    hpa = {"scale_up": {"policies": ({"type": "Pods", "value": 10, "period": 60.0},)}}
    changes = (ScaleEvent(at=Seconds(970.0), change=8),)
    assert (landed(30, hpa).lands_on, landed(30, hpa, changes=changes).lands_on) == (20, 12)


@given(
    served=st.integers(0, 40),
    requested=st.integers(1, 40),
    up=RULES,
    down=RULES,
    tolerance=st.sampled_from([0.0, 0.05, 0.1]),
    target=st.sampled_from(["AverageValue", "Value"]),
    rule=st.sampled_from(ToleranceRule),
)
def test_the_exact_model_of_the_hpa_lands_there_too(  # noqa: PLR0913 - drawn
    served: int, requested: int, up: Any, down: Any, tolerance: float, target: str, rule: ToleranceRule
) -> None:
    """One sync of the controller, of either generation, on what is emitted."""
    hpa = {"tolerance": tolerance, "target": target, "scale_up": up, "scale_down": down, "min": 1}
    each = tuned("a", replicas={"max": 40}, hpa=hpa)
    shaped = landed(served, hpa, requested=requested)
    kind = TargetType.VALUE if target == "Value" else TargetType.AVERAGE_VALUE
    metric = MetricSpec(name="m", target_milli=shaped.target_milli, target_type=kind)
    spec = HpaSpec(metrics=(metric,), min_replicas=1, max_replicas=40, behavior=behavior_of(each.tuning.hpa))
    scale = Scale(replicas=requested, status_replicas=requested, ready_replicas=requested)
    controller = Controller(tolerance=tolerance_of(each.tuning.hpa), tolerance_rule=rule)
    known = HpaState(recommendations=())
    result, _ = sync(
        spec, scale, [MetricValue(milli=shaped.value_milli)], state=known, now=Seconds(1000.0), controller=controller
    )
    assert result.desired == shaped.lands_on
