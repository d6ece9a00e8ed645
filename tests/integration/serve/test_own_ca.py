"""A process with a CA of its own and a lease, against a server that speaks the Kubernetes API."""

import base64
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kube_api import KubeApiServer
from tests.serve_process import ServeProcess, write_tuning
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

_API_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"
_API_SERVICE = "v1beta1.external.metrics.k8s.io"
_LEASES = "/apis/coordination.k8s.io/v1/namespaces/llm/leases"
_MAPS = "/api/v1/namespaces/llm/configmaps"
_EVENTS = "/apis/events.k8s.io/v1/namespaces/llm/events"
_FLAGS = ("--namespace", "llm", "--service", "scaleahead", "--serving-secret", "ca", "--lease", "leader")


@pytest.fixture
def kube(tmp_path: Path) -> Iterator[KubeApiServer]:
    """The objects of the manifests."""
    with KubeApiServer().running() as server:
        server.put("/api/v1/namespaces/llm/secrets", "ca")
        server.put(_API_SERVICES, _API_SERVICE, spec={"service": {"namespace": "llm", "name": "scaleahead"}})
        server.put("/api/v1/namespaces/kube-system/configmaps", "extension-apiserver-authentication", data={})
        document = write_tuning(tmp_path, "http://127.0.0.1:9").read_text()
        server.put(_MAPS, "tuning", data={"config.yaml": document})
        (tmp_path / "kubeconfig").write_text(server.kubeconfig())
        yield server


def _process(folder: Path) -> ServeProcess:
    return ServeProcess(folder, None, "--kubeconfig", str(folder / "kubeconfig"), "--config-map", "tuning", *_FLAGS)


def _holder(kube: KubeApiServer) -> str:
    lease = kube.get(_LEASES, "leader")
    return "" if lease is None else str(lease.get("spec", {}).get("holderIdentity", ""))


def _verified(serve: ServeProcess, kube: KubeApiServer) -> bool:
    """Tell whether the listener shows a certificate for the Service that the APIService's bundle verifies."""
    registered = kube.get(_API_SERVICES, _API_SERVICE)
    bundle = base64.b64decode((registered or {})["spec"].get("caBundle", ""))
    if not bundle:
        return False
    host, _, port = serve.url("metrics").removeprefix("https://").partition(":")
    context = ssl.create_default_context(cadata=bundle.decode())
    with socket.create_connection((host, int(port))) as raw:
        try:
            with context.wrap_socket(raw, server_hostname="scaleahead.llm.svc"):
                return True
        except ssl.SSLError:
            return False


def test_the_api_service_verifies_what_is_served_and_the_lease_is_handed_over(
    kube: KubeApiServer, tmp_path: Path
) -> None:
    """Without cert-manager; another process would lead at once after a clean end."""
    with _process(tmp_path) as serve:
        wait_until(lambda: _verified(serve, kube))
        wait_until(lambda: serve.get("ops", "/readyz?verbose").text.count("[+]trust ok\n[+]certificate ok") == 1)
        assert _holder(kube) != ""
        kube.put(_MAPS, "tuning", data={"config.yaml": "apiVersion: nonsense\n"})
        wait_until(lambda: kube.listed(_EVENTS))
        [event] = kube.listed(_EVENTS)
        assert (event["reason"], event["regarding"]["kind"], event["regarding"]["name"]) == (
            "ConfigInvalid",
            "ConfigMap",
            "tuning",
        )
        assert "ConfigMap llm/tuning:1: apiVersion" in event["note"]
        assert serve.stop() == 0
    assert _holder(kube) == ""
