"""Telling the cluster what happened, without ever making anybody wait.

News go into a queue that drops the newest when it is full. What happens again within six minutes becomes a series of
one event. Events are for people who look now, the state of things is in the metrics: they are gone after an hour.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from adapter.cluster.api import ApiRefused, ApiUnreachable, Json, KubeApi, Patch
from adapter.cluster.event import News, event_body, series_patch
from adapter.cluster.lease import Leadership

_log = logging.getLogger(__name__)
_SERIES_S: Final = 360.0
_PATCH_EVERY_S: Final = 10.0
_QUEUE: Final = 1000


@dataclass(slots=True, kw_only=True)
class _Series:
    """An event that was written, and how often it has happened since."""

    path: str
    count: int
    told: int
    """The count that the cluster knows."""
    last: float


class Events:
    """Writes events, if this process is the one that writes.

    Args:
        api: speaks with kube-apiserver.
        leadership: tells whether this process writes.
        instance: its name.
        wall: seconds since the epoch.
        patch_every_s: least time between two updates of the series, in seconds.
    """

    def __init__(
        self,
        api: KubeApi,
        leadership: Leadership,
        *,
        instance: str,
        wall: Callable[[], float] = time.time,
        patch_every_s: float = _PATCH_EVERY_S,
    ) -> None:
        self._api = api
        self._leadership = leadership
        self._instance = instance
        self._wall = wall
        self._patch_every_s = patch_every_s
        self._queue: asyncio.Queue[News] = asyncio.Queue(maxsize=_QUEUE)
        self._series: dict[News, _Series] = {}
        self._told = ""

    def tell(self, news: News) -> None:
        """Pass on what happened; returns at once."""
        if not self._leadership.leading:
            return
        try:
            self._queue.put_nowait(news)
        except asyncio.QueueFull:
            _log.debug("too many events, one was dropped")

    async def run(self) -> None:
        """Write events until cancelled."""
        clock = asyncio.get_running_loop()
        patch_at = clock.time() + self._patch_every_s
        while True:
            news = await self._next(patch_at - clock.time())
            if news is not None:
                await self._take(news)
            if clock.time() >= patch_at:
                await self._tell_series()
                patch_at = clock.time() + self._patch_every_s

    async def _next(self, for_s: float) -> News | None:
        try:
            async with asyncio.timeout(for_s):
                return await self._queue.get()
        except TimeoutError:
            return None

    async def _take(self, news: News) -> None:
        key, now = replace(news, note=""), self._wall()
        series = self._series.get(key)
        if series is not None and now - series.last < _SERIES_S:
            series.count, series.last = series.count + 1, now
            return
        body = event_body(news, instance=self._instance, at=now)
        collection = f"/apis/events.k8s.io/v1/namespaces/{news.regarding.event_namespace}/events"
        if await self._send("POST", collection, body):
            self._series[key] = _Series(path=f"{collection}/{body['metadata']['name']}", count=1, told=1, last=now)

    async def _tell_series(self) -> None:
        for key, series in list(self._series.items()):
            if series.count > series.told:
                body = Patch(merge=series_patch(series.count, at=series.last))
                await self._send("PATCH", series.path, body)
                series.told = series.count
            if self._wall() - series.last >= _SERIES_S:
                del self._series[key]

    async def _send(self, method: str, path: str, body: Json | Patch) -> bool:
        try:
            await self._api.send(method, path, body=body)
        except (ApiRefused, ApiUnreachable) as error:
            if str(error) != self._told:
                _log.warning("an event could not be written: %s", error)
                self._told = str(error)
            return False
        self._told = ""
        return True
