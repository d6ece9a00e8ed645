"""A process that runs as the manifests say: their objects, their variables, and no right that they do not give.

Against a server that speaks the Kubernetes API; against a real control plane in tests/envtest.
"""

import base64
import socket
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from adapter.cluster.api_service import API_SERVICE_REF
from tests.kube_api import Json, KubeApiServer
from tests.manifests.rendered import environment, one, overlay
from tests.rbac import granted, need
from tests.serve_process import ServeProcess, write_tuning
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

_ACCOUNT = "scaleahead/scaleahead"
_COLLECTIONS = {
    "ConfigMap": "/api/v1/namespaces/scaleahead/configmaps",
    "Secret": "/api/v1/namespaces/scaleahead/secrets",
    "Lease": "/apis/coordination.k8s.io/v1/namespaces/scaleahead/leases",
    "APIService": API_SERVICE_REF.collection,
}
_EVENTS = "/apis/events.k8s.io/v1/namespaces/scaleahead/events"


@pytest.fixture
def kube(tmp_path: Path) -> Iterator[KubeApiServer]:
    """The objects of the manifests, with a tuning document for this test, and their rights."""
    found = overlay("external-metrics")

    def permits(method: str, path: str, query: Mapping[str, str]) -> bool:
        return granted(need(method, path, query), found, account=_ACCOUNT)

    with KubeApiServer(permits=permits).running() as server:
        for item in found:
            if item["kind"] in _COLLECTIONS:
                _put(server, item)
        server.put("/api/v1/namespaces/kube-system/configmaps", "extension-apiserver-authentication", data={})
        document = write_tuning(tmp_path, "http://127.0.0.1:9").read_text()
        server.put(_COLLECTIONS["ConfigMap"], "scaleahead", data={"config.yaml": document})
        (tmp_path / "kubeconfig").write_text(server.kubeconfig())
        yield server


def _put(server: KubeApiServer, item: Json) -> None:
    fields = {key: value for key, value in item.items() if key != "metadata"}
    server.put(_COLLECTIONS[item["kind"]], item["metadata"]["name"], **fields)


def _process(folder: Path) -> ServeProcess:
    variables = {**environment(overlay("external-metrics")), "SCALEAHEAD_NAMESPACE": "scaleahead"}
    flags = ("--host", "127.0.0.1", "--kubeconfig", str(folder / "kubeconfig"))
    return ServeProcess(folder, None, *flags, environment=variables)


def _holder(kube: KubeApiServer) -> str:
    lease = kube.get(_COLLECTIONS["Lease"], "scaleahead")
    return "" if lease is None else str(lease.get("spec", {}).get("holderIdentity", ""))


def _verified(serve: ServeProcess, kube: KubeApiServer) -> bool:
    """Tell whether the listener shows a certificate that the APIService's bundle verifies, for its Service."""
    registered = kube.get(API_SERVICE_REF.collection, API_SERVICE_REF.name)
    assert registered is not None
    bundle = base64.b64decode(registered["spec"].get("caBundle", ""))
    if not bundle:
        return False
    service = registered["spec"]["service"]
    host, _, port = serve.url("metrics").removeprefix("https://").partition(":")
    context = ssl.create_default_context(cadata=bundle.decode())
    with socket.create_connection((host, int(port))) as raw:
        try:
            with context.wrap_socket(raw, server_hostname=f"{service['name']}.{service['namespace']}.svc"):
                return True
        except ssl.SSLError:
            return False


def test_with_the_manifests_it_gets_everything_it_needs(kube: KubeApiServer, tmp_path: Path) -> None:
    """A certificate that kube-apiserver verifies, readiness, an event about a bad edit, and a lease handed over."""
    with _process(tmp_path) as serve:
        wait_until(lambda: _verified(serve, kube))
        wait_until(lambda: "[+]trust ok\n[+]certificate ok" in serve.get("ops", "/readyz?verbose").text)
        assert _holder(kube) != ""
        kube.put(_COLLECTIONS["ConfigMap"], "scaleahead", data={"config.yaml": "apiVersion: nonsense\n"})
        [event] = wait_until(lambda: kube.listed(_EVENTS))
        about = event["regarding"]
        assert (event["reason"], about["kind"], about["name"]) == ("ConfigInvalid", "ConfigMap", "scaleahead")
        assert "ConfigMap scaleahead/scaleahead:1: apiVersion" in event["note"]
        assert serve.stop() == 0
    assert _holder(kube) == ""
    assert kube.forbidden == []


def test_an_api_service_that_is_taken_over_is_told_and_left_alone(kube: KubeApiServer, tmp_path: Path) -> None:
    """As an event on it; whoever installed the other adapter finds it there."""
    with _process(tmp_path) as serve:
        wait_until(lambda: _verified(serve, kube))
        taken = one(overlay("external-metrics"), "APIService", API_SERVICE_REF.name)
        spec = {**taken["spec"], "service": {"name": "keda-metrics-apiserver", "namespace": "keda"}}
        kube.put(API_SERVICE_REF.collection, API_SERVICE_REF.name, spec=spec)
        [event] = wait_until(lambda: kube.listed("/apis/events.k8s.io/v1/namespaces/default/events"))
        assert (event["reason"], event["regarding"]["kind"]) == ("APIServiceConflict", "APIService")
        assert "belongs to keda/keda-metrics-apiserver" in event["note"]
    found = kube.get(API_SERVICE_REF.collection, API_SERVICE_REF.name)
    assert found is not None
    assert "caBundle" not in found["spec"]
    assert kube.forbidden == []
