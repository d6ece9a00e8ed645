"""Twin of adapter/cluster/object_watch.py: everything a watch can meet, over a socket."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from adapter.cluster.api import KubernetesClient
from adapter.cluster.object_watch import ObjectRef, follow
from tests.kube_api import Json, KubeApiServer

_MAPS = "/api/v1/namespaces/llm/configmaps"
_REF = ObjectRef(collection=_MAPS, name="a")


class _Followed:
    """The states of an object, one after another."""

    def __init__(self, api: KubernetesClient) -> None:
        self.states: asyncio.Queue[Json | None] = asyncio.Queue()
        self.pauses: list[float] = []
        self._api = api

    async def run(self) -> None:
        async for state in follow(self._api, _REF, sleep=self._pause):
            self.states.put_nowait(state)

    async def value(self) -> str | None:
        """Return the next state's value."""
        state = await asyncio.wait_for(self.states.get(), timeout=5)
        return None if state is None else str(state["data"]["x"])

    async def _pause(self, length_s: float) -> None:
        self.pauses.append(length_s)
        await asyncio.sleep(0.01)


@pytest_asyncio.fixture
async def followed(kube: KubeApiServer, api: KubernetesClient) -> AsyncIterator[_Followed]:
    """The object, seen once and being watched."""
    kube.put(_MAPS, "a", data={"x": "1"})
    kube.put(_MAPS, "b", data={"x": "other"})
    found = _Followed(api)
    task = asyncio.create_task(found.run())
    assert await found.value() == "1"
    await _watched(kube, 1)
    yield found
    task.cancel()


async def _watched(kube: KubeApiServer, count: int) -> None:
    await _until(lambda: len(kube.watches) >= count)


async def _until(ask: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not ask():  # noqa: ASYNC110 - the server lives in another thread
            await asyncio.sleep(0.01)


def _lists(kube: KubeApiServer) -> int:
    return sum(method == "GET" for method, _, _ in kube.received)


async def test_changes_arrive_and_those_of_other_objects_do_not(kube: KubeApiServer, followed: _Followed) -> None:
    """Rights on the one object suffice: each request names it."""
    kube.put(_MAPS, "b", data={"x": "another"})
    kube.put(_MAPS, "a", data={"x": "2"})
    assert await followed.value() == "2"
    assert {query["fieldSelector"] for query in kube.watches} == {"metadata.name=a"}


async def test_deletion_and_another_object_of_the_name_are_states(kube: KubeApiServer, followed: _Followed) -> None:
    """The new one has a UID of its own."""
    kube.delete(_MAPS, "a")
    assert await followed.value() is None
    kube.put(_MAPS, "a", data={"x": "again"})
    assert await followed.value() == "again"


async def test_a_watch_that_ends_goes_on_from_the_last_bookmark(kube: KubeApiServer, followed: _Followed) -> None:
    """Without reading anew, and without telling anything twice."""
    kube.bookmark(_MAPS)
    await asyncio.sleep(0.1)
    kube.end_watches()
    await _watched(kube, 2)
    assert int(kube.watches[1]["resourceVersion"]) > int(kube.watches[0]["resourceVersion"])
    assert (kube.watches[0]["allowWatchBookmarks"], _lists(kube)) == ("true", 1)
    kube.put(_MAPS, "a", data={"x": "2"})
    assert await followed.value() == "2"
    assert followed.pauses == []


async def test_a_version_too_old_within_the_stream_means_reading_anew(kube: KubeApiServer, followed: _Followed) -> None:
    """What changed meanwhile is seen; the read does not come from a cache."""
    kube.forget(_MAPS, "a")
    kube.expire(_MAPS)
    assert await followed.value() is None
    assert _lists(kube) == 2
    kube.put(_MAPS, "a", data={"x": "back"})
    assert await followed.value() == "back"


async def test_a_version_too_old_as_an_answer_means_reading_anew(kube: KubeApiServer, followed: _Followed) -> None:
    """As above."""
    kube.refuse_watches = [{"kind": "Status", "code": 410, "reason": "Gone", "message": "too old"}]
    kube.put(_MAPS, "a", data={"x": "2"})
    assert await followed.value() == "2"
    kube.end_watches()
    assert await followed.value() == "2"
    assert _lists(kube) == 2


async def test_an_api_that_is_down_is_asked_ever_more_slowly_and_told_once(
    kube: KubeApiServer, followed: _Followed, caplog: pytest.LogCaptureFixture
) -> None:
    """When it is back, what changed meanwhile is seen."""
    kube.put(_MAPS, "a", data={"x": "2"})
    assert await followed.value() == "2"
    with caplog.at_level(logging.WARNING):
        kube.down = True
        await _until(lambda: len(followed.pauses) >= 4)
    assert [message.split(",")[0] for message in caplog.messages] == [f"{_MAPS}/a cannot be followed"]
    assert followed.pauses[3] > 2 * followed.pauses[0]
    kube.put(_MAPS, "a", data={"x": "3"})
    kube.down = False
    assert await followed.value() == "3"


async def test_an_object_that_does_not_exist_yet_is_waited_for(kube: KubeApiServer, api: KubernetesClient) -> None:
    """None first, then what is made."""
    found = _Followed(api)
    task = asyncio.create_task(found.run())
    assert await found.value() is None
    kube.put(_MAPS, "a", data={"x": "new"})
    assert await found.value() == "new"
    task.cancel()
