"""Following one object of the Kubernetes API: read once, then watched, read anew whenever the watch cannot go on.

It does not end: an API that cannot be reached is asked again, ever more slowly. The object that vanishes is told as
None, and one that is made again under the same name is simply the next state. Rights on the one object suffice, for
list and watch name it in a field selector.

Source: `k8s.io/client-go/tools/cache/reflector.go`.
"""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Self

from adapter.cluster.api import ApiRefused, ApiUnreachable, Json, KubeApi
from adapter.cluster.watching import VersionExpired, expired, pause_s, read_event

_log = logging.getLogger(__name__)
_WATCH_S: Final = (300, 600)
_HEALTHY_S: Final = 120.0
_SHORTEST_S: Final = 1.0
_ANY_VERSION: Final = "0"  # the first read may come from the server's cache
_NEWEST: Final = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRef:
    """One object of the API."""

    collection: str
    """Path of its kind, such as `/api/v1/namespaces/llm/configmaps`."""
    name: str

    @classmethod
    def core(cls, kinds: str, *, namespace: str, name: str) -> Self:
        """Return an object of the core group in a namespace; `kinds` is in the plural, such as `secrets`."""
        return cls(collection=f"/api/v1/namespaces/{namespace}/{kinds}", name=name)

    def __str__(self) -> str:
        """Return its path."""
        return f"{self.collection}/{self.name}"


async def follow(
    api: KubeApi, ref: ObjectRef, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AsyncGenerator[Json | None, None]:
    """Yield the object as it is and after each change, None while it does not exist.

    Args:
        api: speaks with kube-apiserver.
        ref: the object.
        sleep: waits between tries.
    """
    failures, told, clock = 0, "", asyncio.get_running_loop()
    read_from = _ANY_VERSION
    while True:
        started = clock.time()
        try:
            async with aclosing(_session(api, ref, read_from=read_from)) as states:
                async for state in states:
                    yield state
        except VersionExpired:
            read_from = _NEWEST
        except (ApiRefused, ApiUnreachable) as error:
            read_from = _ANY_VERSION
            if str(error) != told:
                _log.warning("%s cannot be followed, what was read last goes on: %s", ref, error)
                told = str(error)
        failures += 1
        if clock.time() - started > _HEALTHY_S:
            failures, told = 1, ""
        if failures > 1 or read_from is _ANY_VERSION:
            await sleep(pause_s(failures, jitter=random.random()))


async def _session(api: KubeApi, ref: ObjectRef, *, read_from: str) -> AsyncGenerator[Json | None, None]:
    """Yield states from one read on, watch after watch, until one cannot go on."""
    selector = {"fieldSelector": f"metadata.name={ref.name}"}
    version, state = await _read(api, ref, {**selector, "resourceVersion": read_from})
    yield state
    while True:
        query = {**selector, "resourceVersion": version, "allowWatchBookmarks": "true"}
        events, started = 0, asyncio.get_running_loop().time()
        try:
            async with aclosing(api.watch(ref.collection, query=query, for_s=random.randint(*_WATCH_S))) as stream:
                async for event in stream:
                    events += 1
                    seen = read_event(event, name=ref.name)
                    version = seen.version or version
                    if seen.changed:
                        yield seen.found
        except ApiRefused as error:
            raise (VersionExpired(str(error)) if expired(error) else error) from error
        if not events and asyncio.get_running_loop().time() - started < _SHORTEST_S:
            raise ApiUnreachable("the server ends watches at once")


async def _read(api: KubeApi, ref: ObjectRef, query: dict[str, str]) -> tuple[str, Json | None]:
    wanted = {key: value for key, value in query.items() if value}
    try:
        found = await api.send("GET", ref.collection, query=wanted)
    except ApiRefused as error:
        raise (VersionExpired(str(error)) if expired(error) else error) from error
    version = str((found.get("metadata") or {}).get("resourceVersion", ""))
    items = [item for item in found.get("items") or () if (item.get("metadata") or {}).get("name") == ref.name]
    return version, items[0] if items else None
