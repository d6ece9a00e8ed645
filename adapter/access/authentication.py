"""Who asks: the front proxy's word, a client certificate, a bearer token, or nobody.

The first that recognises the request wins, in this order. What was shown and recognised by none is refused; who shows
nothing is anonymous. Headers that name a caller are believed from the front proxy alone, which proves itself by its
certificate; from anyone else they are worth nothing.

Source: `k8s.io/apiserver/pkg/server/options/authentication.go`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography import x509

from adapter.access.chains import fault_of_chain
from adapter.access.identity import (
    ANONYMOUS,
    Headers,
    Identity,
    authenticated,
    common_name,
    identity_from_certificate,
    identity_from_headers,
)
from adapter.access.recent import FOR_S, Recent
from adapter.access.reviews import TokenReviewer, TrustReader
from adapter.access.trust import Trust
from adapter.core.errors import ScaleaheadError
from adapter.ports import Clock

Chain = tuple[x509.Certificate, ...]
_LONGEST_TOKEN: Final = 16 * 1024
_MOST_CHAINS: Final = 256


class Unauthenticated(ScaleaheadError):
    """What the caller showed was recognised by nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """Whose a chain of certificates is; the faults are None where there is none."""

    trust: Trust
    at: float
    proxy_fault: str | None
    client_fault: str | None


class Authenticator:
    """Tells who sends requests.

    Args:
        trust: whose certificates are believed.
        tokens: knows bearer tokens.
        clock: tells whether certificates are still valid, and how old answers are.
    """

    def __init__(self, trust: TrustReader, tokens: TokenReviewer, clock: Clock) -> None:
        self._trust = trust
        self._tokens = tokens
        self._clock = clock
        self._recent: Recent[bytes, Identity | None] = Recent(clock)
        self._standings: dict[Chain, _Standing] = {}

    async def identify(self, headers: Headers, chain: Chain) -> Identity:
        """Return who sent a request.

        Args:
            headers: of the request.
            chain: certificates that the client has shown in the handshake, its own first; empty if none.

        Raises:
            Unauthenticated: it showed something that nobody recognises.
            ReviewUnavailable: it showed a token, and the cluster does not say whose.
        """
        found = self._by_certificate(headers, chain) if chain else None
        token = _bearer_token(headers)
        if found is None and token:
            found = await self._by_token(token)
        if found is not None:
            return authenticated(found)
        if chain or token:
            raise Unauthenticated(self._fault(chain, token=token))
        return ANONYMOUS

    def _by_certificate(self, headers: Headers, chain: Chain) -> Identity | None:
        standing = self._standing(chain)
        if standing.proxy_fault is None:
            named = identity_from_headers(headers, standing.trust.front_proxy)
            if named is not None:
                return named
        return identity_from_certificate(chain[0]) if standing.client_fault is None else None

    def _standing(self, chain: Chain) -> "_Standing":
        """Return whose a chain is, of a moment ago if the trust is the same: a busy connection shows it each time."""
        trust, now = self._trust.current(), self._clock.now()
        known = self._standings.get(chain)
        if known is not None and known.trust is trust and 0 <= now - known.at < FOR_S:
            return known
        found = _Standing(
            trust=trust,
            at=now,
            proxy_fault=fault_of_front_proxy(chain, trust, now=now),
            client_fault=fault_of_chain(chain, trust.client_cas, now=now),
        )
        if len(self._standings) >= _MOST_CHAINS:
            self._standings.clear()
        self._standings[chain] = found
        return found

    async def _by_token(self, token: str) -> Identity | None:
        if len(token) > _LONGEST_TOKEN:
            return None
        # Only the hash is kept: what is remembered should not give tokens away.
        key = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        return await self._recent.get(key, lambda: self._tokens.review_token(token))

    def _fault(self, chain: Chain, *, token: str) -> str:
        faults = ["the bearer token is not valid"] if token else []
        if chain:
            standing, name = self._standing(chain), common_name(chain[0])
            proxy = standing.proxy_fault or "it names nobody"
            client = standing.client_fault or "it has no common name"
            faults.append(
                f"the certificate of \"{name}\" is neither the front proxy's ({proxy}) nor a client's ({client})"
            )
        return "; ".join(faults)


def fault_of_front_proxy(chain: Sequence[x509.Certificate], trust: Trust, *, now: float) -> str | None:
    """Return why whoever shows a chain is not the front proxy, or None if it is."""
    rules = trust.front_proxy
    fault = fault_of_chain(chain, rules.cas, now=now)
    if fault is not None:
        return fault
    if rules.allowed_names and common_name(chain[0]) not in rules.allowed_names:
        return f"its name is none of {', '.join(rules.allowed_names)}"
    return None


def _bearer_token(headers: Headers) -> str:
    for name, value in headers:
        scheme, _, token = value.decode("latin-1").partition(" ")
        if name == b"authorization" and scheme.lower() == "bearer" and token.strip():
            return token.strip()
    return ""
