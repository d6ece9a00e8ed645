"""Serving with a CA of our own: every process signs its certificate with it, and the leader keeps it.

The CA is in a Secret. The leader makes it, replaces it in time, and keeps the APIService naming it: first the new CA
goes into the APIService beside the old one, then into the Secret, so that kube-apiserver believes it before anybody
serves with it. Processes that lose the leadership in between do no harm: a CA too many in the APIService signs nothing.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography import x509

from adapter.cluster.api import ApiRefused, ApiUnreachable, Json, KubeApi, Patch
from adapter.cluster.api_service import (
    API_SERVICE_REF,
    Owner,
    Ownership,
    ca_bundle,
    ownership,
    with_ca_bundle,
)
from adapter.cluster.authority import Authority, due, service_names
from adapter.cluster.authority_secret import Authorities, AuthorityError, read_authorities, secret_data
from adapter.cluster.lease import Leadership
from adapter.cluster.object_watch import ObjectRef, follow
from adapter.serving_tls import ServingTls

_log = logging.getLogger(__name__)
_EVERY_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingNames:
    """Our objects."""

    namespace: str
    secret: str
    service: str
    api_service: bool = True
    """Whether the APIService is kept naming the CA."""

    @property
    def secret_ref(self) -> ObjectRef:
        """Where the Secret is."""
        return ObjectRef.core("secrets", namespace=self.namespace, name=self.secret)


class ServingAuthority:
    """Keeps a listener's certificate, and as the leader the CA behind it.

    Until the Secret has been read, the listener serves with a CA that nobody knows, and is not ready.

    Args:
        api: speaks with kube-apiserver.
        leadership: tells whether this process writes.
        names: our objects.
        now: seconds since the epoch.
        on_owner: is told whenever the APIService changes hands.
    """

    def __init__(
        self,
        api: KubeApi,
        leadership: Leadership,
        names: ServingNames,
        *,
        now: Callable[[], float],
        on_owner: Callable[[Ownership, Json | None], None],
    ) -> None:
        self._api = api
        self._leadership = leadership
        self._names = names
        self._now = now
        self._on_owner = on_owner
        self._hosts = service_names(names.service, names.namespace)
        self.tls = ServingTls(Authority.make(now=now()).sign(self._hosts, now=now()))
        self._leaf: x509.Certificate | None = None
        self._authorities: Authorities | None = None
        self._secret: Json | None = None
        self._secret_read = False
        self._registered: Json | None = None
        self._owner: Ownership | None = None
        self._told = ""

    @property
    def serving(self) -> bool:
        """Whether the certificate is one of our own CA."""
        return self._leaf is not None

    async def run(self) -> None:
        """Keep certificates until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_secret())
            group.create_task(self._follow_api_service())
            group.create_task(self._keep())

    async def _follow_secret(self) -> None:
        async for found in follow(self._api, self._names.secret_ref):
            self._secret, self._secret_read = found, True
            try:
                authorities = read_authorities(found)
            except AuthorityError as error:
                _log.error("Secret %s: %s", self._names.secret, error)
                continue
            if authorities is not None:
                changed = self._authorities is None or authorities.current.pem != self._authorities.current.pem
                self._authorities = authorities
                if changed:
                    self._sign(authorities.current)

    async def _follow_api_service(self) -> None:
        async for found in follow(self._api, API_SERVICE_REF):
            self._registered = found
            owner = ownership(found, service=self._names.service, namespace=self._names.namespace)
            if owner != self._owner:
                self._owner = owner
                self._on_owner(owner, found)

    async def _keep(self) -> None:
        while True:
            await self.keep()
            await asyncio.sleep(_EVERY_S)

    async def keep(self) -> None:
        """Renew what is due; as the leader also the CA, and the APIService that names it."""
        if self._authorities is not None and self._leaf is not None and due(self._leaf, now=self._now()):
            self._sign(self._authorities.current)
        if not self._leadership.leading or not self._secret_read:
            return
        try:
            await self._keep_authority()
            if self._authorities is not None:
                await self._register(self._authorities.bundle(now=self._now()))
        except (ApiRefused, ApiUnreachable) as error:
            if str(error) != self._told:
                _log.warning("our CA cannot be kept: %s", error)
                self._told = str(error)
        else:
            self._told = ""

    async def _keep_authority(self) -> None:
        now, known = self._now(), self._authorities
        if known is not None and not known.due(now=now):
            return
        successor = Authority.make(now=now)
        wanted = Authorities(current=successor) if known is None else known.succeeded(successor, now=now)
        await self._register(wanted.bundle(now=now))
        self._secret = await self._store(wanted)
        self._authorities = wanted
        self._sign(successor)
        _log.info("our CA is a new one, valid until %s", successor.certificate.not_valid_after_utc.date())

    async def _store(self, authorities: Authorities) -> Json:
        data = secret_data(authorities)
        ref = self._names.secret_ref
        if self._secret is None:
            meta = {"name": ref.name, "namespace": self._names.namespace}
            body: Json = {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": meta, "data": data}
            return await self._api.send("POST", ref.collection, body=body)
        kept = self._secret.get("data") or {}
        body = {**self._secret, "apiVersion": "v1", "kind": "Secret", "data": {**kept, **data}}
        # It carries the version that was read, so another leader's write at the same time conflicts.
        return await self._api.send("PUT", str(ref), body=body)

    async def _register(self, bundle: bytes) -> None:
        registered = self._registered
        owned = self._owner is not None and self._owner.owner is Owner.OURS
        if not self._names.api_service or registered is None or not owned or ca_bundle(registered) == bundle:
            return
        found = await self._api.send("PATCH", str(API_SERVICE_REF), body=Patch(merge=with_ca_bundle(bundle)))
        self._registered = found
        _log.info("APIService %s names our CA", API_SERVICE_REF.name)

    def _sign(self, authority: Authority) -> None:
        pair = authority.sign(self._hosts, now=self._now())
        self.tls.renew(pair=pair)
        self._leaf = x509.load_pem_x509_certificate(pair.certificate)
        _log.info("serving with a certificate for %s, valid until %s", self._hosts[0], self._leaf.not_valid_after_utc)
