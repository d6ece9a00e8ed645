"""Twin of adapter/cluster/events.py and adapter/cluster/event.py."""

import asyncio
import re
from collections.abc import Callable

from adapter.cluster.api import KubernetesClient
from adapter.cluster.event import News, Regarding
from adapter.cluster.events import Events
from adapter.cluster.lease import Alone
from tests.kube_api import KubeApiServer

_EVENTS = "/apis/events.k8s.io/v1/namespaces/llm/events"
_ABOUT = Regarding(api_version="v1", kind="ConfigMap", name="tuning", namespace="llm", uid="u-1")


def _news(note: str, *, reason: str = "ConfigInvalid") -> News:
    return News(regarding=_ABOUT, kind="Warning", reason=reason, action="LoadConfig", note=note)


async def _until(ask: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not ask():  # noqa: ASYNC110 - the server lives in another thread
            await asyncio.sleep(0.01)


async def test_an_event_has_all_that_the_api_asks_for(kube: KubeApiServer, api: KubernetesClient) -> None:
    """Required fields, lengths, and a time with six digits; the note is cut to 1024 bytes."""
    events = Events(api, Alone(), instance="p" * 200)
    running = asyncio.create_task(events.run())
    events.tell(_news("é" * 2000))
    await _until(lambda: kube.listed(_EVENTS))
    running.cancel()
    [event] = kube.listed(_EVENTS)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", event["eventTime"])
    assert re.fullmatch(r"tuning\.[0-9a-f]+", event["metadata"]["name"])
    assert (event["type"], event["reason"], event["action"]) == ("Warning", "ConfigInvalid", "LoadConfig")
    assert event["regarding"]["uid"] == "u-1"
    assert (len(event["reportingInstance"]), event["reportingController"]) == (128, "scaleahead.io/adapter")
    assert len(event["note"].encode()) <= 1024
    assert not {"count", "firstTimestamp", "source"} & set(event)


async def test_a_thousand_equal_failures_are_one_event_with_a_series(
    kube: KubeApiServer, api: KubernetesClient
) -> None:
    """Their notes may differ; another reason is another event."""
    events = Events(api, Alone(), instance="pod", patch_every_s=0.05)
    running = asyncio.create_task(events.run())
    for index in range(1000):
        events.tell(_news(f"problem {index}"))
    await _until(lambda: any(each.get("series", {}).get("count") == 1000 for each in kube.listed(_EVENTS)))
    events.tell(_news("fine again", reason="ConfigLoaded"))
    await _until(lambda: len(kube.listed(_EVENTS)) == 2)
    running.cancel()
    assert sum(method == "POST" for method, _, _ in kube.received) == 2


async def test_only_the_leader_tells(kube: KubeApiServer, api: KubernetesClient) -> None:
    """Otherwise each event would be there once for each process."""
    events = Events(api, Alone(leading=False), instance="pod", patch_every_s=0.05)
    running = asyncio.create_task(events.run())
    events.tell(_news("x"))
    await asyncio.sleep(0.2)
    running.cancel()
    assert kube.listed(_EVENTS) == []


async def test_telling_never_waits_and_an_api_that_is_down_ends_nothing(
    kube: KubeApiServer, api: KubernetesClient
) -> None:
    """What does not fit into the queue is dropped."""
    events = Events(api, Alone(), instance="pod", patch_every_s=0.05)
    for index in range(1500):
        events.tell(_news("x", reason=f"R{index}"))
    kube.down = True
    running = asyncio.create_task(events.run())
    await _until(lambda: len(kube.received) > 3)
    kube.down = False
    await _until(lambda: kube.listed(_EVENTS))
    assert not running.done()
    running.cancel()
