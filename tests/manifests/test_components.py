"""Components that no overlay has: they render, on top of what they need."""

from pathlib import Path

import pytest

from tests.manifests.rendered import MANIFESTS, Json, container, environment, objects, one

_COMPONENTS = ("external-metrics", "cert-manager", "high-availability", "monitoring", "network-policy")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> list[Json]:
    """All components together."""
    folder = tmp_path_factory.mktemp("manifests")
    (folder / "manifests").symlink_to(MANIFESTS)
    listed = "\n".join(f"  - manifests/components/{each}" for each in _COMPONENTS)
    (folder / "kustomization.yaml").write_text(f"resources: [manifests/base]\ncomponents:\n{listed}\n")
    return objects(Path(folder))


def test_every_component_is_tried_here() -> None:
    """A new one must be added."""
    assert {path.name for path in (MANIFESTS / "components").iterdir()} == set(_COMPONENTS)


def test_with_cert_manager_there_is_no_ca_of_our_own_and_no_right_to_write_one(everything: list[Json]) -> None:
    """The APIService gets its CA by injection, and the listener its files from the Secret."""
    kinds = {(each["kind"], each["metadata"]["name"]) for each in everything}
    assert (
        not {("Secret", "scaleahead-ca"), ("Role", "scaleahead-ca"), ("ClusterRole", "scaleahead-api-service")} & kinds
    )
    variables = environment(everything)
    assert "SCALEAHEAD_SERVING_SECRET" not in variables
    [mounted] = [each for each in container(everything)["volumeMounts"] if each["name"] == "serving"]
    for name in ("SCALEAHEAD_EXTERNAL_METRICS_TLS_CERT", "SCALEAHEAD_EXTERNAL_METRICS_TLS_KEY"):
        assert variables[name].startswith(mounted["mountPath"])
    certificate = one(everything, "Certificate", "scaleahead-serving")
    registered = one(everything, "APIService", "v1beta1.external.metrics.k8s.io")["spec"]["service"]
    assert f"{registered['name']}.{registered['namespace']}.svc" in certificate["spec"]["dnsNames"]


def test_the_monitor_selects_the_service_of_the_metrics(everything: list[Json]) -> None:
    """By its labels and the name of its port."""
    monitor, service = one(everything, "ServiceMonitor", "scaleahead"), one(everything, "Service", "scaleahead-ops")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert [each["port"] for each in monitor["spec"]["endpoints"]] == [
        each["name"] for each in service["spec"]["ports"]
    ]
