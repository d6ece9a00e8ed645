"""The election of the process that writes, by a Lease. All serve; only writing waits for it.

Who cannot renew for ten seconds stops at once, which `leading` tells from the clock alone, and who is stopped hands
over at once. Two may believe to lead for a moment all the same, so what a leader writes must bear that.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from adapter.cluster.api import ApiRefused, ApiUnreachable, Json, KubeApi
from adapter.cluster.election import DEADLINE_S, RETRY_S, Sighting, claim, released, see

_log = logging.getLogger(__name__)
_MISSING: Final = 404
_JITTER: Final = 0.2


class Leadership(Protocol):
    """Whether this process is the one that writes."""

    @property
    def leading(self) -> bool:
        """Whether it may write now."""
        ...


@dataclass(frozen=True, slots=True)
class Alone:
    """The leadership of a process that is the only one."""

    leading: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Who stands for election, and by which Lease."""

    namespace: str
    lease: str
    identity: str
    """Unique for each process."""

    @property
    def collection(self) -> str:
        """Path of the leases."""
        return f"/apis/coordination.k8s.io/v1/namespaces/{self.namespace}/leases"

    @property
    def path(self) -> str:
        """Path of the lease."""
        return f"{self.collection}/{self.lease}"


class LeaseElection:
    """Stands for election until cancelled.

    Args:
        api: speaks with kube-apiserver.
        candidate: who stands.
        steady: seconds of a clock that is never set.
        wall: seconds since the epoch.
    """

    def __init__(
        self,
        api: KubeApi,
        candidate: Candidate,
        *,
        steady: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._api = api
        self._candidate = candidate
        self._steady = steady
        self._wall = wall
        self._seen: Sighting | None = None
        self._until = -float("inf")
        self._told = ""

    @property
    def leading(self) -> bool:
        """Whether this process may write now; see `Leadership`."""
        return self._steady() < self._until

    async def run(self) -> None:
        """Stand for election; when cancelled, hand over."""
        led = False
        try:
            while True:
                await self.attempt()
                if self.leading != led:
                    led = self.leading
                    _log.info("%s the lease %s", "holding" if led else "no longer holding", self._candidate.lease)
                await asyncio.sleep(RETRY_S * (1 + _JITTER * random.random()))
        finally:
            await self._release()

    async def attempt(self) -> None:
        """Try once to lead, or to go on leading."""
        asked = self._steady()
        try:
            won = await self._write(await self._read())
        except (ApiRefused, ApiUnreachable) as error:
            if str(error) != self._told:
                _log.warning("the lease %s cannot be had: %s", self._candidate.lease, error)
                self._told = str(error)
            return
        self._told = ""
        self._until = asked + DEADLINE_S if won else -float("inf")

    async def _read(self) -> Json:
        try:
            found = await self._api.send("GET", self._candidate.path)
        except ApiRefused as error:
            if error.code != _MISSING:
                raise
            meta = {"name": self._candidate.lease, "namespace": self._candidate.namespace}
            body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta}
            found = await self._api.send("POST", self._candidate.collection, body=body)
        self._seen = see(found, self._seen, now=self._steady())
        return found

    async def _write(self, lease: Json) -> bool:
        """Return whether this process leads now; whoever writes at the same time loses by the version."""
        if self._seen is None:
            return False
        spec = claim(self._seen, self._candidate.identity, now=self._steady(), wall=self._wall())
        if spec is None:
            return False
        written = await self._api.send("PUT", self._candidate.path, body={**lease, "spec": spec})
        self._seen = see(written, self._seen, now=self._steady())
        return True

    async def _release(self) -> None:
        led, self._until = self.leading, -float("inf")
        if not led or self._seen is None:
            return
        try:
            lease = await self._api.send("GET", self._candidate.path)
            if (lease.get("spec") or {}).get("holderIdentity") == self._candidate.identity:
                body = {**lease, "spec": released(lease["spec"], wall=self._wall())}
                await self._api.send("PUT", self._candidate.path, body=body)
        except (ApiRefused, ApiUnreachable) as error:
            _log.warning("the lease %s could not be handed over: %s", self._candidate.lease, error)
