"""The HPAs of the cluster, listed every half minute; implements the port `HpaSource`.

Their specs change when people or KEDA change them, so that a list from the API server's own cache will do. What was
read last stays in force while the API does not answer, and where it is not allowed to list HPAs the configured ones
stand; each is told once.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Final

from adapter.cluster.api import ApiRefused, ApiUnreachable, Json, KubeApi
from adapter.cluster.hpa_specs import Unread, find_hpas
from adapter.core.seen_hpa import SeenHpa
from adapter.core.tuning import TunedWorkload
from adapter.core.workload import WorkloadId

_log = logging.getLogger(__name__)
_EVERY_S: Final = 30.0
PATH: Final = "/apis/autoscaling/v2/horizontalpodautoscalers"
_CACHED: Final = {"resourceVersion": "0"}


class HpaWatch:
    """Knows the HPAs of the cluster.

    Args:
        api: speaks with kube-apiserver.
        every_s: time between two lists, in seconds.
    """

    def __init__(self, api: KubeApi, *, every_s: float = _EVERY_S) -> None:
        self._api = api
        self._every_s = every_s
        self._items: tuple[Json, ...] = ()
        self._told = ""
        self._unread: tuple[Unread, ...] = ()
        self._asked: tuple[tuple[Json, ...], tuple[TunedWorkload, ...]] = ((), ())
        self._found: Mapping[WorkloadId, SeenHpa] = {}

    def hpas(self, workloads: Sequence[TunedWorkload]) -> Mapping[WorkloadId, SeenHpa]:
        """Return the HPAs of the workloads as last read; see `ports.HpaSource`."""
        asked = (self._items, tuple(workloads))
        if asked[0] is not self._asked[0] or asked[1] != self._asked[1]:
            self._asked = asked
            self._found, unread = find_hpas(self._items, workloads)
            for each in set(unread) - set(self._unread):
                _log.warning("HPA %s is not understood, the configured one stands: %s", each.name, each.reason)
            self._unread = unread
        return self._found

    async def run(self) -> None:
        """Keep up until cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(self._every_s)

    async def refresh(self) -> None:
        """List once."""
        try:
            answer = await self._api.send("GET", PATH, query=_CACHED)
        except ApiRefused as error:
            grant = "; grant list on horizontalpodautoscalers of autoscaling to read them" if error.code == 403 else ""
            self._tell(f"{error}{grant}")
            return
        except ApiUnreachable as error:
            self._tell(str(error))
            return
        items = tuple(answer.get("items") or ())
        self._told, self._items = "", self._items if items == self._items else items

    def _tell(self, trouble: str) -> None:
        if trouble != self._told:
            self._told = trouble
            stand = "what was read last stands" if self._items else "the configured ones stand"
            _log.warning("HPAs cannot be read, %s: %s", stand, trouble)
