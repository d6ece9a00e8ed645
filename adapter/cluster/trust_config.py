"""Whose certificates are believed, kept up with the ConfigMap in which kube-apiserver says it.

What was read last stays in force when the ConfigMap vanishes or cannot be read; until it has been read once nobody is
trusted. Implements the port `access.reviews.TrustReader`.
"""

import logging
from collections.abc import Callable
from typing import Final

from adapter.access.trust import CONFIG_MAP, NAMESPACE, NOBODY, Trust, TrustError, parse_trust
from adapter.cluster.api import Json, KubeApi
from adapter.cluster.object_watch import ObjectRef, follow

_log = logging.getLogger(__name__)
TRUST_REF: Final = ObjectRef.core("configmaps", namespace=NAMESPACE, name=CONFIG_MAP)


class TrustConfig:
    """The trust of now.

    Args:
        api: speaks with kube-apiserver.
        on_change: is told of every other trust.
    """

    def __init__(self, api: KubeApi, on_change: Callable[[Trust], None]) -> None:
        self._api = api
        self._on_change = on_change
        self._trust = NOBODY
        self._known = False
        self._told = ""

    def current(self) -> Trust:
        """Return the trust of now; `NOBODY` until it has been read once."""
        return self._trust

    @property
    def known(self) -> bool:
        """Whether it has been read."""
        return self._known

    async def run(self) -> None:
        """Keep up until cancelled."""
        async for found in follow(self._api, TRUST_REF):
            self._take(found)

    def _take(self, found: Json | None) -> None:
        if found is None:
            self._tell(f"{NAMESPACE}/{CONFIG_MAP} does not exist; whom to trust stays as it was")
            return
        try:
            trust = parse_trust(found.get("data") or {})
        except TrustError as error:
            self._tell(f"{error}; whom to trust stays as it was")
            return
        self._told, self._known = "", True
        if trust != self._trust:
            self._trust = trust
            _log.info(
                "trusting %d CAs of the front proxy and %d of clients",
                len(trust.front_proxy.cas),
                len(trust.client_cas),
            )
            self._on_change(trust)

    def _tell(self, message: str) -> None:
        if message != self._told:
            _log.warning("%s", message)
            self._told = message
