"""The YAML on the pages is accepted by those it is for."""

from collections.abc import Mapping
from typing import Any

import pytest
from ruamel.yaml import YAML

from adapter.access.attributes import ResourceAccess
from adapter.cluster.hpa_watch import PATH as HPA_PATH
from adapter.core.metric import Metric
from adapter.core.tuning import WorkloadTuning, parse_tuning
from adapter.core.workload import WorkloadId
from adapter.external_metrics.wire import WORKLOAD_LABEL
from adapter.keda.metadata import parse_trigger
from adapter.prometheus.preset import preset_names
from adapter.ui.access import access_to_json
from tests.docs.pages import README, Block, blocks

_LONGEST = 15
_TUNING, _HPA, _SCALED_OBJECT = "scaleahead/v1alpha1", "autoscaling/v2", "keda.sh/v1alpha1"
_ROLE = "rbac.authorization.k8s.io/v1"


def _named(block: Block) -> str:
    return f"{block.page.name}:{block.text.splitlines()[-1].strip()}"


def _examples(api_version: str) -> list[Any]:
    return [pytest.param(each, id=_named(each)) for each in blocks("yaml") if _load(each)["apiVersion"] == api_version]


def _load(block: Block) -> Mapping[str, Any]:
    loaded = YAML(typ="safe").load(block.text)
    assert isinstance(loaded, dict)
    return loaded


def test_every_example_is_one_that_these_tests_check() -> None:
    """A new kind of example needs a new test; the README has one of each."""
    assert {_load(each)["apiVersion"] for each in blocks("yaml")} == {_TUNING, _HPA, _SCALED_OBJECT, _ROLE}
    assert {_load(each)["apiVersion"] for each in blocks("yaml") if each.page == README} == {
        _TUNING,
        _HPA,
        _SCALED_OBJECT,
    }


@pytest.mark.parametrize("block", _examples(_TUNING))
def test_a_tuning_document_is_accepted_without_a_warning(block: Block) -> None:
    """As `scaleahead check` would."""
    assert parse_tuning(block.text, file="example", presets=preset_names()).warnings == ()


@pytest.mark.parametrize("block", _examples(_HPA))
def test_an_hpa_asks_for_a_metric_that_we_serve(block: Block) -> None:
    """Chosen by the label that we answer to; a planned metric is divided by its own target."""
    example = _load(block)
    [metric] = example["spec"]["metrics"]
    asked, target = metric["external"]["metric"], metric["external"]["target"]

    assert len(block.text.splitlines()) <= _LONGEST
    assert Metric(asked["name"]) is Metric.REPLICAS
    assert asked["selector"] == {"matchLabels": {WORKLOAD_LABEL: example["spec"]["scaleTargetRef"]["name"]}}
    assert target == {"type": "AverageValue", "averageValue": "1"}
    assert example["spec"]["minReplicas"] <= example["spec"]["maxReplicas"]


@pytest.mark.parametrize("block", _examples(_SCALED_OBJECT))
def test_a_scaled_object_defines_the_bounds_that_it_scales_within(block: Block) -> None:
    """The scaler reads it without a warning, and plans within what KEDA allows."""
    example = _load(block)
    where, spec = example["metadata"], example["spec"]
    [trigger] = spec["triggers"]
    asked = parse_trigger(
        WorkloadId(where["namespace"], where["name"]),
        trigger["metadata"],
        defaults=WorkloadTuning(),
        presets=preset_names(),
    )

    assert len(block.text.splitlines()) <= _LONGEST
    assert trigger["type"] in {"external", "external-push"}
    assert asked.warnings == ()
    assert asked.definition is not None
    bounds = asked.definition.workload.bounds
    assert (bounds.min, bounds.max) == (spec["minReplicaCount"], spec["maxReplicaCount"])


def _roles(kind: str) -> list[Mapping[str, Any]]:
    """Return the roles of one kind on the pages."""
    loaded = [_load(each) for each in blocks("yaml")]
    return [each for each in loaded if (each["apiVersion"], each.get("kind")) == (_ROLE, kind)]


def test_the_cluster_role_lets_hpas_be_listed() -> None:
    """Group, resource and verb of the one request."""
    [rule] = _roles("ClusterRole")[0]["rules"]
    _, _, group, _, resource = HPA_PATH.split("/")
    assert rule == {"apiGroups": [group], "resources": [resource], "verbs": ["list"]}


def test_the_role_gives_the_rights_that_the_json_api_asks_about() -> None:
    """Group, resource and verb."""
    [role] = _roles("Role")
    [rule] = role["rules"]
    for path in (
        "/api/v1/targets/a/b",
        "/api/v1/workloads/a/b/explain",
        "/workloads/a/b",
        "/api/v1/workloads/a/b/history",
    ):
        asked = access_to_json("GET", path, "")
        assert isinstance(asked, ResourceAccess)
        resource = f"{asked.resource}/{asked.subresource}".rstrip("/")
        assert (asked.group in rule["apiGroups"], resource in rule["resources"], asked.verb in rule["verbs"]) == (
            True,
            True,
            True,
        )
