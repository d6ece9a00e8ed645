"""The manifests: what they render to is known, valid, and agrees with the code."""

import re

import click
import kubernetes_validate
import pytest

from adapter.core.tuning import parse_tuning
from adapter.prometheus.preset import preset_names
from adapter.settings import Settings, read_settings, settings_options
from adapter.ui.access import access_to_json
from tests.manifests.rendered import GOLDEN, MANIFESTS, OVERLAYS, Json, container, environment, one, overlay, rendered
from tests.rbac import rules_of

_KUBERNETES = ("1.34", "1.37")
_FOREIGN = ("cert-manager.io", "monitoring.coreos.com", "keda.sh", "serving.kserve.io", "apiregistration.k8s.io")
_PORTS = {"metrics": "external_metrics", "keda": "keda", "api": "api", "ops": "ops"}


def _settings(found: list[Json]) -> Settings:
    """Return the settings that the container would start with."""
    read: list[Settings] = []

    @click.command
    @settings_options
    def command(**given: object) -> None:
        read.append(read_settings(given))

    command.main(args=container(found)["args"][1:], standalone_mode=False)
    return read[0]


@pytest.fixture(params=OVERLAYS)
def found(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[Json]:
    """The objects of each overlay, whose variables are set."""
    objects = overlay(request.param)
    for name, value in environment(objects).items():
        monkeypatch.setenv(name, value)
    return objects


@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlay_renders_to_what_was_reviewed(name: str) -> None:
    """`python -m tests.manifests.generate` renders them again; the difference is the review."""
    golden = GOLDEN / f"{name}.yaml"
    assert rendered(MANIFESTS / "overlays" / name) == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("version", _KUBERNETES)
def test_schemas_of_kubernetes_accept_every_object(found: list[Json], version: str) -> None:
    """Strictly: no field may be unknown."""
    for item in found:
        if not item["apiVersion"].startswith(_FOREIGN):
            kubernetes_validate.validate(item, version, strict=True)


def test_the_variables_are_options_that_go_together(found: list[Json]) -> None:
    """The container would start with them, as the program reads them."""
    settings = _settings(found)
    options = {each.envvar for each in _options() if isinstance(each.envvar, str)}
    assert set(environment(found)) - options == set()
    assert settings.cluster is not None
    assert (settings.api.access, settings.log_level in ("info", "debug")) == ("delegated", True)
    for name in (settings.cluster.config_map, settings.cluster.lease):
        assert name is not None
    one(found, "ConfigMap", str(settings.cluster.config_map))
    one(found, "Lease", str(settings.cluster.lease))
    if settings.cluster.serving_secret is not None:
        one(found, "Secret", settings.cluster.serving_secret)
        one(found, "Service", str(settings.cluster.service))


def _options() -> list[click.Parameter]:
    @click.command
    @settings_options
    def command(**_given: object) -> None: ...

    return list(command.params)


def test_ports_are_those_of_the_listeners_and_services_reach_them(found: list[Json]) -> None:
    """By name, so that a number stands in one place."""
    settings = _settings(found)
    ports = {each["name"]: each["containerPort"] for each in container(found)["ports"]}
    for name, number in ports.items():
        address = getattr(settings, _PORTS[name])
        assert (address.port, address.host) == (number, "0.0.0.0")
    pod = one(found, "Deployment", "scaleahead")["spec"]["template"]["metadata"]["labels"]
    for service in (each for each in found if each["kind"] == "Service"):
        assert service["spec"]["selector"].items() <= pod.items()
        assert {each["targetPort"] for each in service["spec"]["ports"]} <= set(ports)


def test_probes_ask_what_is_served(found: list[Json]) -> None:
    """On the port of the operations."""
    probes = [container(found)[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")]
    asked = [(each["path"], each["port"]) for each in probes]
    assert asked == [("/livez", "ops"), ("/livez", "ops"), ("/readyz", "ops")]


def test_the_tuning_document_is_right(found: list[Json]) -> None:
    """As `scaleahead check` would judge it."""
    text = one(found, "ConfigMap", "scaleahead")["data"]["config.yaml"]
    parse_tuning(text, file="config-map.yaml", presets=preset_names())


def test_the_container_has_no_right_that_it_does_not_need(found: list[Json]) -> None:
    """The namespace enforces it, too."""
    spec = one(found, "Deployment", "scaleahead")["spec"]["template"]["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container(found)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert re.fullmatch(r"scaleahead:\d+\.\d+\.\d+", container(found)["image"])
    assert spec["enableServiceLinks"] is False


def test_bindings_name_roles_and_accounts_that_exist_and_no_rule_is_broad(found: list[Json]) -> None:
    """Verbs and names are exact; only readers of external metrics see all of them."""
    one(found, "ServiceAccount", "scaleahead")
    for binding in (each for each in found if each["kind"].endswith("Binding")):
        assert rules_of(binding["roleRef"], binding["metadata"].get("namespace"), found)
    for role in (each for each in found if each["kind"] in ("Role", "ClusterRole")):
        for rule in role["rules"]:
            assert "*" not in rule["verbs"]
            assert "*" not in rule["apiGroups"]
            exact = rule.get("resourceNames") or rule["resources"] == ["events"]
            assert exact or set(rule["verbs"]) <= {"get", "list"}


def test_readers_may_read_what_the_json_api_asks_about(found: list[Json]) -> None:
    """Every subresource that exists."""
    rule = one(found, "ClusterRole", "scaleahead-reader")["rules"][0]
    for path in ("targets/a/b", *(f"workloads/a/b/{each}" for each in ("explain", "history", "decision"))):
        asked = access_to_json("GET", f"/api/v1/{path}", "")
        assert asked is not None
        resource = "/".join(filter(None, (getattr(asked, "resource", ""), getattr(asked, "subresource", ""))))
        assert (resource in rule["resources"], asked.verb in rule["verbs"]) == (True, True)


def test_the_api_service_is_registered_once_and_only_where_it_is_wanted() -> None:
    """Beside KEDA it would take away KEDA's."""
    registered = {name: [each for each in overlay(name) if each["kind"] == "APIService"] for name in OVERLAYS}
    assert {name: len(found) for name, found in registered.items()} == {"dev": 1, "external-metrics": 1, "keda": 0}
    [item] = registered["external-metrics"]
    assert item["metadata"]["name"] == f"{item['spec']['version']}.{item['spec']['group']}"
    service = one(overlay("external-metrics"), "Service", item["spec"]["service"]["name"])
    assert item["spec"]["service"]["port"] in [each["port"] for each in service["spec"]["ports"]]
    assert "insecureSkipTLSVerify" not in item["spec"]


def test_a_rolling_update_never_leaves_fewer_replicas_ready() -> None:
    """Two of them, spread, kept by a budget, and none is taken away before the next one is ready."""
    found = overlay("external-metrics")
    spec = one(found, "Deployment", "scaleahead")["spec"]
    assert (spec["replicas"], spec["strategy"]["rollingUpdate"]["maxUnavailable"]) == (2, 0)
    assert one(found, "PodDisruptionBudget", "scaleahead")["spec"]["maxUnavailable"] == 1
    assert container(found)["lifecycle"]["preStop"]["sleep"]["seconds"] >= 5


def test_the_network_policy_opens_the_ports_of_the_listeners(found: list[Json]) -> None:
    """And no other."""
    policies = [each for each in found if each["kind"] == "NetworkPolicy"]
    ports = {port["port"] for policy in policies for rule in policy["spec"]["ingress"] for port in rule["ports"]}
    assert ports in (set(), {6443, 9090, 8080, 8081})
