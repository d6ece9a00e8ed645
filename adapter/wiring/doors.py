"""The doors of a process: its listeners' TLS, and the guards before them.

Everything that keeps them up to date runs from here: certificate files, and the CAs that the cluster trusts.
"""

import logging
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from adapter.access.authentication import Authenticator
from adapter.access.authorization import Authorizer
from adapter.access.guard import Guard
from adapter.access.trust import Trust
from adapter.certificate_files import CertificateFiles, CertificateWatch
from adapter.cluster.reviews import ClusterReviews
from adapter.cluster.trust_config import TrustConfig
from adapter.ports import Clock
from adapter.probes import Check
from adapter.server import Listener
from adapter.serving_tls import ServingTls
from adapter.settings import Address, Settings
from adapter.wiring.membership import Membership

_log = logging.getLogger(__name__)


class Doors:
    """TLS and guards of all HTTP listeners.

    Args:
        settings: what the process was started with.
        clock: tells the time.
        membership: our place in the cluster; None when there is none.

    Raises:
        CertificateError: certificate files do not work.
    """

    def __init__(self, settings: Settings, clock: Clock, *, membership: Membership | None) -> None:
        self._tls: list[ServingTls] = []
        self._watches: list[CertificateWatch] = []
        self._trust: TrustConfig | None = None
        self._guard: Guard | None = None
        self._authority = None if membership is None else membership.serving_authority(clock)
        delegating = (settings.external_metrics, settings.api, settings.ops)
        if any(address.access == "delegated" for address in delegating):
            if membership is None:
                raise AssertionError("the settings let a cluster check callers only where there is one")
            self._trust = TrustConfig(membership.api, self._take)
            reviews = ClusterReviews(membership.api)
            self._guard = Guard(
                authenticator=Authenticator(self._trust, reviews, clock),
                gate=Authorizer(reviews, clock),
                trust=self._trust,
            )

    @property
    def checks(self) -> tuple[Check, ...]:
        """What must hold before callers can be told apart."""
        trust, authority, found = self._trust, self._authority, []
        if trust is not None:
            unknown = "it is not known yet whose certificates to trust"
            found.append(Check(name="trust", fault=lambda: None if trust.known else unknown))
        if authority is not None:
            unsigned = "our own CA has not signed a certificate yet"
            found.append(Check(name="certificate", fault=lambda: None if authority.serving else unsigned))
        return tuple(found)

    def guard(self, address: Address) -> Guard | None:
        """Return the guard of a listener, None if it lets in everybody."""
        return self._guard if address.access == "delegated" else None

    def external_metrics(self, address: Address) -> Listener:
        """Return how external metrics listen, with a certificate of our own CA if there is one.

        Raises:
            CertificateError: its certificate files do not work.
        """
        listener = self.listener("external metrics", address)
        if self._authority is None or listener.tls is not None:
            return listener
        self._kept(self._authority.tls, address)
        return replace(listener, tls=self._authority.tls)

    def listener(self, name: str, address: Address) -> Listener:
        """Return how a listener listens.

        Raises:
            CertificateError: its certificate files do not work.
        """
        return Listener(
            name=name,
            host=address.host,
            port=address.port,
            tls=self._from_files(address),
            authenticated=address.access == "delegated",
        )

    def runs(self) -> list[Coroutine[Any, Any, None]]:
        """Return what keeps the doors up to date, to be run side by side until cancelled."""
        keepers = [each for each in (self._trust, self._authority, *self._watches) if each is not None]
        return [keeper.run() for keeper in keepers]

    def _from_files(self, address: Address) -> ServingTls | None:
        if address.certificate is None or address.key is None:
            return None
        files = CertificateFiles(certificate=address.certificate, key=address.key)
        tls = files.tls()
        self._watches.append(CertificateWatch(files, tls))
        self._kept(tls, address)
        return tls

    def _kept(self, tls: ServingTls, address: Address) -> None:
        """Let the CAs of clients follow the cluster where callers are checked with it."""
        if address.access == "delegated":
            self._tls.append(tls)

    def _take(self, trust: Trust) -> None:
        for tls in self._tls:
            try:
                tls.renew(client_cas=trust.pem)
            except OSError as error:  # ssl.SSLError is one
                _log.error("the CAs of clients cannot be used in handshakes, those before go on: %s", error)
