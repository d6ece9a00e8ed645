"""The tuning document in a ConfigMap, watched through the Kubernetes API.

What arrives is judged as a file would be. A ConfigMap that vanishes, or loses its key, is a bad edit like any other;
one that is made again under the same name takes effect as soon as it is there.
"""

import asyncio
import base64
import binascii
from collections.abc import Collection
from dataclasses import replace
from typing import Final

from adapter.cluster.api import ApiRefused, ApiUnreachable, Json, KubeApi
from adapter.cluster.event import Regarding
from adapter.cluster.object_watch import ObjectRef, follow
from adapter.cluster.tuning_keeper import TuningKeeper, refuse
from adapter.core.errors import TuningError
from adapter.core.tuning import Tuning, TuningState

KEY: Final = "config.yaml"
"""Under which the ConfigMap holds the document."""


class TuningConfigMap:
    """The tuning in force, kept up with a ConfigMap; made with `open_config_map`."""

    def __init__(self, api: KubeApi, keeper: TuningKeeper, *, first: Json, regarding: Regarding) -> None:
        self._api = api
        self._keeper = keeper
        self._newest: Json | None = first
        self.regarding = _with_uid(regarding, first)
        """The ConfigMap, for events; the last one that was there."""
        self._arrived = asyncio.Event()

    def current(self) -> Tuning:
        """Return the last good tuning."""
        return self._keeper.current()

    @property
    def state(self) -> TuningState:
        """How the document stood at the last refresh."""
        return self._keeper.state

    async def follow(self) -> None:
        """Watch the ConfigMap until cancelled."""
        async for found in follow(self._api, _ref(self.regarding)):
            self._newest = found
            if found is not None:
                self.regarding = _with_uid(self.regarding, found)
            self._arrived.set()

    async def arrival(self) -> None:
        """Return once another state of the ConfigMap has arrived."""
        await self._arrived.wait()
        self._arrived.clear()

    def refresh(self, now: float) -> bool:
        """Judge what arrived last and return whether another tuning is in force now.

        What is wrong with it is no exception: see `state`.
        """
        try:
            content = document_of(self._newest, file=str(self.regarding))
        except TuningError as error:
            self._keeper.reject(error, now=now)
            return False
        return self._keeper.take(content, now=now)


async def open_config_map(
    api: KubeApi, *, namespace: str, name: str, presets: Collection[str], now: float
) -> TuningConfigMap:
    """Return the tuning of a ConfigMap.

    Raises:
        TuningError: it cannot be read, or its document is rejected.
    """
    about = Regarding(api_version="v1", kind="ConfigMap", name=name, namespace=namespace, uid="")
    try:
        found = await api.send("GET", str(_ref(about)))
    except (ApiRefused, ApiUnreachable) as error:
        refuse(f"cannot be read: {error}", file=str(about))
    keeper = TuningKeeper(document_of(found, file=str(about)), file=str(about), presets=presets, now=now)
    return TuningConfigMap(api, keeper, first=found, regarding=about)


def document_of(config_map: Json | None, *, file: str) -> bytes:
    """Return the document that a ConfigMap holds, as text or as binary data.

    Args:
        config_map: None if there is none.
        file: what problems call it.

    Raises:
        TuningError: it does not exist, or has no such key.
    """
    if config_map is None:
        refuse("does not exist", file=file)
    text, binary = (config_map.get("data") or {}).get(KEY), (config_map.get("binaryData") or {}).get(KEY)
    if isinstance(text, str):
        return text.encode()
    if isinstance(binary, str):
        try:
            return base64.b64decode(binary, validate=True)
        except binascii.Error:
            refuse(f"binaryData.{KEY} must be base64", file=file)
    keys = ", ".join(sorted({**(config_map.get("data") or {}), **(config_map.get("binaryData") or {})})) or "none"
    refuse(f"must hold the document under the key {KEY}; its keys are: {keys}", file=file)


def _ref(about: Regarding) -> ObjectRef:
    return ObjectRef.core("configmaps", namespace=about.namespace, name=about.name)


def _with_uid(about: Regarding, config_map: Json) -> Regarding:
    return replace(about, uid=str((config_map.get("metadata") or {}).get("uid", "")))
