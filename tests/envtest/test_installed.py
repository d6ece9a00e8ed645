"""Installed in a real control plane: kube-apiserver and etcd, our manifests, and a process from source.

kube-apiserver reaches the process as a Service of the kind ExternalName, for without nodes there are no pods.
"""

import json
import os
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import yaml

from adapter.cluster.api_service import API_SERVICE_REF
from tests.envtest.control_plane import ControlPlane, control_plane
from tests.manifests.rendered import MANIFESTS, OVERLAYS, Json, environment, overlay
from tests.ports import free_port
from tests.serve_process import ServeProcess, write_tuning
from tests.waiting import wait_until

_ASSETS = Path(os.environ.get("KUBEBUILDER_ASSETS", "/nonexistent"))
_MISSING = [name for name in ("etcd", "kube-apiserver") if not (_ASSETS / name).exists()]

pytestmark = [
    pytest.mark.envtest,
    pytest.mark.skipif(bool(_MISSING), reason=f"KUBEBUILDER_ASSETS has no {' and no '.join(_MISSING)}"),
]

_ACCOUNT = "system:serviceaccount:scaleahead:scaleahead"
_DISCOVERY = "/apis/external.metrics.k8s.io/v1beta1"
_METRIC = f"{_DISCOVERY}/namespaces/llm/scaleahead-replicas?labelSelector=workload%3Dllama-70b-vllm"
_SKIPPED = ("Namespace", "Deployment", "PodDisruptionBudget", "NetworkPolicy", "Service")


@dataclass(frozen=True)
class Installed:
    """The cluster and the process."""

    plane: ControlPlane
    serve: ServeProcess
    folder: Path
    port: int

    def process(self, folder: Path) -> ServeProcess:
        """Return another process of the same Deployment."""
        return _process(self.plane, folder, free_port())

    def raw(self, path: str, *arguments: str) -> str:
        """Read a path through kube-apiserver."""
        return self.plane.kubectl("get", "--raw", path, *arguments)

    def refusal(self, path: str, *arguments: str) -> str:
        """Return what kubectl says of a path that cannot be read."""
        with pytest.raises(RuntimeError) as error:
            self.raw(path, *arguments)
        return str(error.value)

    def direct(
        self, path: str, *, user: str = "", groups: tuple[str, ...] = (), headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Ask the process, past kube-apiserver, by client certificate or as nobody."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if user:
            files = self.plane.clients.sign(user, *groups).write(self.folder, "direct")
            context.load_cert_chain(files.certificate, files.key)
        return httpx.get(self.serve.url("metrics") + path, headers=headers, verify=context, timeout=10)

    def lease(self) -> Json:
        """Return the Lease."""
        return dict(
            json.loads(self.plane.kubectl("get", "lease", "scaleahead", "-n", "scaleahead", "-o", "json"))["spec"]
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """The overlay external-metrics, installed and serving; all decisions are holds, for there is no Prometheus."""
    folder, port = tmp_path_factory.mktemp("envtest"), free_port()
    with control_plane(_ASSETS, folder) as plane:
        for namespace in ("scaleahead", "llm"):
            plane.kubectl("create", "namespace", namespace)
        plane.kubectl("apply", "-f", "-", given=yaml.safe_dump_all(_objects(folder, port)))
        with _process(plane, folder, port) as serve:
            found = Installed(plane, serve, folder, port)
            wait_until(lambda: _available(plane), limit_s=60)
            yield found


def _objects(folder: Path, port: int) -> Iterator[Json]:
    for item in overlay("external-metrics"):
        if item["kind"] == "APIService":
            item["spec"]["service"]["port"] = port
        if item["kind"] == "ConfigMap":
            item["data"]["config.yaml"] = write_tuning(folder, "http://127.0.0.1:9").read_text()
        if item["kind"] not in _SKIPPED:
            yield item
    meta = {"name": "scaleahead-external-metrics", "namespace": "scaleahead"}
    spec = {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port}]}
    yield {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}


def _process(plane: ControlPlane, folder: Path, port: int) -> ServeProcess:
    kubeconfig = plane.kubeconfig(_ACCOUNT, "system:serviceaccounts", "system:serviceaccounts:scaleahead")
    variables = {**environment(overlay("external-metrics")), "SCALEAHEAD_NAMESPACE": "scaleahead"}
    flags = ("--host", "127.0.0.1", "--kubeconfig", str(kubeconfig), "--external-metrics-port", str(port))
    return ServeProcess(folder, None, *flags, environment=variables)


def _available(plane: ControlPlane) -> bool:
    found = json.loads(plane.kubectl("get", "apiservice", API_SERVICE_REF.name, "-o", "json"))
    conditions = {each["type"]: each["status"] for each in found.get("status", {}).get("conditions", ())}
    return conditions.get("Available") == "True" and bool(found["spec"].get("caBundle"))


def _reads(installed: Installed, path: str) -> bool:
    try:
        return bool(installed.raw(path))
    except (RuntimeError, subprocess.TimeoutExpired):
        return False


@pytest.mark.parametrize("name", OVERLAYS)
def test_the_server_accepts_every_object_of_an_overlay(installed: Installed, name: str) -> None:
    """With all its validation, on a dry run."""
    tried = [each for each in overlay(name) if each["kind"] != "Namespace"]
    for item in tried:
        if item["metadata"]["name"] == "scaleahead-external-metrics":
            item["metadata"]["name"] += "-tried"  # in the place of the real one stands another kind of Service
    said = installed.plane.kubectl("apply", "--dry-run=server", "-f", "-", given=yaml.safe_dump_all(tried))
    assert len(said.splitlines()) == len(tried)


def test_discovery_is_read_through_the_aggregation_layer(installed: Installed) -> None:
    """kube-apiserver verifies our certificate with the bundle that we registered."""
    wait_until(lambda: _reads(installed, _DISCOVERY))
    body = json.loads(installed.raw(_DISCOVERY))
    assert (body["kind"], body["groupVersion"]) == ("APIResourceList", "external.metrics.k8s.io/v1beta1")
    assert "scaleahead-replicas" in installed.plane.kubectl("api-resources", "--api-group=external.metrics.k8s.io")


def test_a_read_of_a_metric_arrives_and_is_answered(installed: Installed) -> None:
    """Here with the reason why nothing is decided, as an HPA would show it."""
    said = wait_until(lambda: installed.refusal(_METRIC), accept=lambda text: "cannot see the load" in text)
    assert "ServiceUnavailable" in said or "connection refused" in said


def test_rights_come_from_rbac_for_people_and_for_the_hpa(installed: Installed) -> None:
    """The HPA controller may, anybody else may not until they are bound."""
    hpa = "--as=system:serviceaccount:kube-system:horizontal-pod-autoscaler"
    assert "cannot see the load" in installed.refusal(_METRIC, hpa)
    assert "cannot list resource" in installed.refusal(_METRIC, "--as=jane")
    installed.plane.kubectl(
        "create", "rolebinding", "jane", "-n", "llm", "--clusterrole=scaleahead-reader", "--user=jane"
    )
    wait_until(lambda: "cannot see the load" in installed.refusal(_METRIC, "--as=jane"))


def test_past_kube_apiserver_the_same_rights_hold(installed: Installed) -> None:
    """By client certificate, by nobody, and with headers that only the front proxy may send."""
    assert installed.direct(_METRIC).status_code == 403
    assert installed.direct(_METRIC, user="joe").status_code == 403
    assert installed.direct(_METRIC, user="root", groups=("system:masters",)).status_code == 503
    spoofed = {"X-Remote-User": "root", "X-Remote-Group": "system:masters"}
    assert installed.direct(_METRIC, headers=spoofed).status_code == 403
    assert installed.direct("/livez").text == "ok"


def test_an_edit_of_the_config_map_takes_effect_and_a_bad_one_is_an_event(installed: Installed) -> None:
    """Kubectl shows it on the ConfigMap."""
    plane = installed.plane
    good = yaml.safe_load(plane.kubectl("get", "configmap", "scaleahead", "-n", "scaleahead", "-o", "yaml"))
    text = good["data"]["config.yaml"]

    def put(document: str) -> None:
        patch = json.dumps({"data": {"config.yaml": document}})
        plane.kubectl("patch", "configmap", "scaleahead", "-n", "scaleahead", "--type=merge", "-p", patch)

    put(text.replace("margin:", "margn:"))
    wait_until(lambda: installed.serve.own_metric("scaleahead_tuning_valid") == 0, limit_s=5, pause_s=0.05)
    shown = wait_until(
        lambda: plane.kubectl("events", "-n", "scaleahead", "--for=configmap/scaleahead"),
        accept=lambda said: "ConfigInvalid" in said,
    )
    assert "defaults.margn" in shown
    put(text.replace("margin: 1.1", "margin: 1.2"))
    wait_until(lambda: installed.serve.own_metric("scaleahead_tuning_valid") == 1, limit_s=5, pause_s=0.05)


def test_the_lease_is_handed_over_and_the_followers_serve(installed: Installed, tmp_path: Path) -> None:
    """Both answer alike, and the second leads soon after the first has ended."""
    first = installed.lease()["holderIdentity"]
    with installed.process(tmp_path) as second:
        wait_until(lambda: "[+]certificate ok" in second.get("ops", "/readyz?verbose").text)
        assert installed.lease()["holderIdentity"] == first
        second.stop()
    assert installed.lease()["holderIdentity"] == first


def test_uninstalling_takes_the_api_service_first_and_namespaces_can_go(installed: Installed) -> None:
    """Nothing of the group is left in discovery."""
    installed.plane.kubectl("delete", "apiservice", API_SERVICE_REF.name)
    wait_until(lambda: "external.metrics.k8s.io" not in installed.plane.kubectl("get", "--raw", "/apis"))
    installed.plane.kubectl("apply", "-f", str(MANIFESTS / "components" / "external-metrics" / "api-service.yaml"))
