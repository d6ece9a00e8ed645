"""HPAs are read over real HTTP with the official client, and whatever goes wrong leaves what is known in force."""

import logging

import pytest

from adapter.cluster.api import KubernetesClient
from adapter.cluster.hpa_watch import PATH, HpaWatch
from tests.cluster.hpas import keda_hpa, own_hpa
from tests.fakes import tuned
from tests.kube_api import KubeApiServer

CHAT, CODE = (tuned(name, namespace="llm") for name in ("chat", "code"))


def put(kube: KubeApiServer, item: dict[str, object]) -> None:
    """Put an HPA where a list over all namespaces finds it."""
    meta = item["metadata"]
    assert isinstance(meta, dict)
    kube.put(PATH, meta["name"], **item)


async def test_hpas_of_all_namespaces_are_known_after_a_list(kube: KubeApiServer, api: KubernetesClient) -> None:
    """One's own and KEDA's; a changed one is known after the next list."""
    watch = HpaWatch(api)
    assert watch.hpas([CHAT, CODE]) == {}
    put(kube, own_hpa(workload="chat"))
    put(kube, keda_hpa("code"))
    await watch.refresh()
    found = watch.hpas([CHAT, CODE])
    assert [(key.name, each.name, each.spec.max) for key, each in found.items()] == [
        ("chat", "llm/chat-hpa", 12),
        ("code", "llm/keda-hpa-code", 12),
    ]
    put(kube, own_hpa(workload="chat", maxReplicas=20))
    await watch.refresh()
    assert watch.hpas([CHAT, CODE])[CHAT.workload.id].spec.max == 20


async def test_a_silent_api_leaves_what_was_read_in_force(
    kube: KubeApiServer, api: KubernetesClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Told once, however often it is asked."""
    watch = HpaWatch(api)
    put(kube, own_hpa())
    await watch.refresh()
    kube.down = True
    with caplog.at_level(logging.WARNING, logger="adapter.cluster.hpa_watch"):
        for _ in range(3):
            await watch.refresh()
    assert watch.hpas([CHAT])[CHAT.workload.id].name == "llm/chat-hpa"
    [told] = caplog.messages
    assert "what was read last stands" in told


async def test_without_permission_the_configured_ones_stand(
    kube: KubeApiServer, api: KubernetesClient, caplog: pytest.LogCaptureFixture
) -> None:
    """And the log says what to grant."""
    kube.refused_paths[PATH] = {"kind": "Status", "code": 403, "reason": "Forbidden", "message": "may not list"}
    watch = HpaWatch(api)
    with caplog.at_level(logging.WARNING, logger="adapter.cluster.hpa_watch"):
        await watch.refresh()
    assert watch.hpas([CHAT]) == {}
    assert "the configured ones stand" in caplog.text
    assert "grant list on horizontalpodautoscalers" in caplog.text


async def test_an_hpa_that_is_not_understood_is_told_once(
    kube: KubeApiServer, api: KubernetesClient, caplog: pytest.LogCaptureFixture
) -> None:
    """With its name and what was wrong."""
    put(kube, own_hpa(maxReplicas="many"))
    watch = HpaWatch(api)
    await watch.refresh()
    with caplog.at_level(logging.WARNING, logger="adapter.cluster.hpa_watch"):
        for workloads in ([CHAT], [CHAT, CODE]):
            assert watch.hpas(workloads) == {}
    [told] = caplog.messages
    assert "llm/chat-hpa" in told
