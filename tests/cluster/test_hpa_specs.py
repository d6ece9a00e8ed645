"""HPAs as the API has them are read as their controller reads them, and found by whom they ask for."""

from typing import Any

import pytest

from adapter.cluster.hpa_specs import find_hpas
from adapter.core.landing import behavior_of, bounds_of, tolerance_of
from adapter.core.seen_hpa import adopt
from adapter.core.tuning import HpaTuning
from tests.cluster.hpas import keda_hpa, own_hpa
from tests.fakes import tuned

CHAT = tuned("chat", namespace="llm", replicas={"min": 1, "max": 30})


def spec_of(item: dict[str, Any]) -> HpaTuning:
    """Return what an HPA of `CHAT` says."""
    found, unread = find_hpas([item], [CHAT])
    assert unread == ()
    return found[CHAT.workload.id].spec


def test_an_hpa_is_found_by_the_workload_that_its_selector_names() -> None:
    """In its own namespace; HPAs on other metrics and for other workloads are nobody's."""
    other_metric = own_hpa("cpu")
    other_metric["spec"]["metrics"] = [{"type": "Resource", "resource": {"name": "cpu"}}]
    elsewhere, unknown = own_hpa(namespace="elsewhere"), own_hpa("other", workload="other")
    found, unread = find_hpas([other_metric, elsewhere, unknown, own_hpa()], [CHAT])
    assert {key: each.name for key, each in found.items()} == {CHAT.workload.id: "llm/chat-hpa"}
    assert unread == ()


def test_bounds_behaviour_and_tolerances_are_read() -> None:
    """All that changes where an HPA lands, in the units of the tuning document."""
    behavior = {
        "scaleUp": {
            "selectPolicy": "Min",
            "stabilizationWindowSeconds": 30,
            "tolerance": "50m",
            "policies": [{"type": "Pods", "value": 2, "periodSeconds": 60}],
        },
        "scaleDown": {"selectPolicy": "Disabled"},
    }
    spec = spec_of(own_hpa(behavior=behavior))
    [each] = adopt([CHAT], find_hpas([own_hpa(behavior=behavior)], [CHAT])[0])
    assert (bounds_of(each).min, bounds_of(each).max) == (2, 12)
    assert (tolerance_of(spec).up, tolerance_of(spec).down) == (0.05, 0.1)
    rules = behavior_of(spec)
    assert rules is not None
    assert (rules.scale_up.stabilization_window_s, rules.scale_down.stabilization_window_s) == (30.0, 300.0)
    assert rules.scale_up.policies is not None
    assert (rules.scale_up.policies[0].value, rules.scale_up.policies[0].period_s) == (2, 60)
    assert (rules.scale_up.select.value, rules.scale_down.select.value) == ("Min", "Disabled")


def test_an_hpa_without_behaviour_has_the_windows_of_the_controller() -> None:
    """Which is what surprises people: 300 s for scaling down."""
    rules = behavior_of(spec_of(own_hpa()))
    assert rules is not None
    assert (rules.scale_up.stabilization_window_s, rules.scale_down.stabilization_window_s) == (0.0, 300.0)


def test_a_value_target_is_told_apart() -> None:
    """It changes what has to be emitted."""
    item = own_hpa()
    item["spec"]["metrics"][0]["external"]["target"] = {"type": "Value", "value": "1"}
    assert spec_of(item).target == "Value"


@pytest.mark.parametrize("item", [keda_hpa(), keda_hpa("some-scaler")])
def test_the_hpa_of_a_scaled_object_is_found(item: dict[str, Any]) -> None:
    """By the name of the ScaledObject, or by its target; its minimum is none, as KEDA goes to zero."""
    spec = spec_of(item)
    assert (spec.min, spec.max) == (None, 12)


def test_of_several_hpas_the_first_by_name_counts() -> None:
    """Whatever the order in which the API lists them."""
    items = [own_hpa("b"), own_hpa("a")]
    assert find_hpas(items, [CHAT])[0][CHAT.workload.id].name == "llm/a"


@pytest.mark.parametrize("spoilt", [{"maxReplicas": "many"}, {"behavior": {"scaleUp": {"policies": [{}]}}}])
def test_what_cannot_be_understood_is_named_and_not_used(spoilt: dict[str, Any]) -> None:
    """A version of the API that we do not know must not stop anything."""
    found, unread = find_hpas([own_hpa(**spoilt)], [CHAT])
    assert found == {}
    assert [each.name for each in unread] == ["llm/chat-hpa"]
    assert unread[0].reason
