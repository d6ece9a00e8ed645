"""Twin of adapter/cluster/api.py, over a socket."""

from contextlib import aclosing
from pathlib import Path

import pytest

from adapter.cluster.api import ApiRefused, ApiUnreachable, ClusterConfigError, KubernetesClient, Patch, connect
from tests.kube_api import KubeApiServer

_SECRETS = "/api/v1/namespaces/llm/secrets"


async def test_objects_are_made_read_and_changed(kube: KubeApiServer, api: KubernetesClient) -> None:
    """As JSON."""
    made = await api.send("POST", _SECRETS, body={"metadata": {"name": "a"}, "data": {"x": "1"}})
    changed = await api.send("PATCH", f"{_SECRETS}/a", body=Patch(merge={"data": {"y": "2"}}))
    read = await api.send("GET", f"{_SECRETS}/a")
    assert (made["data"], changed["data"], read["data"]) == ({"x": "1"}, {"x": "1", "y": "2"}, {"x": "1", "y": "2"})
    assert [method for method, _, _ in kube.received] == ["POST", "PATCH", "GET"]


async def test_a_refusal_has_code_reason_and_message(api: KubernetesClient) -> None:
    """As the Status says."""
    with pytest.raises(ApiRefused, match="404 NotFound: /api/v1/namespaces/llm/secrets/a not found") as refused:
        await api.send("GET", f"{_SECRETS}/a")
    assert (refused.value.code, refused.value.reason) == (404, "NotFound")


async def test_a_server_that_is_not_there_is_told_apart_from_one_that_says_no(tmp_path: Path) -> None:
    """Within the time-out."""
    kube = KubeApiServer()
    kube.url = "http://127.0.0.1:9"
    path = tmp_path / "kubeconfig"
    path.write_text(kube.kubeconfig())
    async with await connect(str(path)) as client:
        with pytest.raises(ApiUnreachable, match="kube-apiserver does not answer"):
            await client.send("GET", _SECRETS)
        with pytest.raises(ApiUnreachable, match="kube-apiserver does not answer"):
            async for _ in client.watch(_SECRETS, query={"resourceVersion": "1"}, for_s=1):
                pass


@pytest.mark.parametrize("text", ["", "users: []", "{"])
async def test_credentials_that_cannot_be_used_are_named(tmp_path: Path, text: str) -> None:
    """With the file."""
    path = tmp_path / "kubeconfig"
    path.write_text(text)
    with pytest.raises(ClusterConfigError, match=r"no credentials for a cluster in .*kubeconfig"):
        await connect(str(path))


async def test_outside_of_a_pod_there_is_no_service_account() -> None:
    """Which says so."""
    with pytest.raises(ClusterConfigError, match="the service account of this pod"):
        await connect(None)


async def test_an_event_may_be_as_large_as_a_config_map(kube: KubeApiServer, api: KubernetesClient) -> None:
    """Up to a mebibyte, in one line."""
    text = "é" * 400_000
    kube.put(_SECRETS, "large", data={"x": text})
    kube.put(_SECRETS, "small", data={"x": "1"})
    async with aclosing(api.watch(_SECRETS, query={"resourceVersion": "1"}, for_s=5)) as events:
        found = [(await anext(events))["object"]["data"]["x"] for _ in range(2)]
    assert found == [text, "1"]
