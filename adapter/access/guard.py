"""The guard before an application: finds out who asks, and lets in who may.

Middleware, so that no route can be forgotten. Behind it the headers that name a caller are gone. Must not know: what is
served, or in which form refusals are written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qs

from cryptography import x509
from starlette.types import ASGIApp, Receive, Scope, Send

from adapter.access.attributes import Access
from adapter.access.authentication import Authenticator, Chain, Unauthenticated
from adapter.access.authorization import Gate
from adapter.access.identity import Identity, without_identity_headers
from adapter.access.reviews import ReviewUnavailable, TrustReader
from adapter.core.errors import ScaleaheadError

PROBES: Final = frozenset({"/healthz", "/livez", "/readyz"})
"""Open to everybody: kubelets have no credentials."""


class Forbidden(ScaleaheadError):
    """It is known who asks, and they may not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Who is let in to one application."""

    authenticator: Authenticator
    gate: Gate
    trust: TrustReader
    always_open: frozenset[str] = PROBES
    """Paths that nobody is asked about."""

    async def admit(self, scope: Scope, access: Access) -> Identity:
        """Return who sent a request, if they may have what it asks for.

        Raises:
            Unauthenticated: they showed something that nobody recognises.
            Forbidden: they may not.
            ReviewUnavailable: the cluster does not say.
        """
        identity = await self.authenticator.identify(scope["headers"], client_chain(scope))
        answer = await self.gate.check(identity, access)
        if not answer.allowed:
            reason = f": {answer.reason}" if answer.reason else ""
            raise Forbidden(f'user "{identity.user}" cannot {access}{reason}')
        return identity


Refusal = Callable[[int, str], ASGIApp]
"""Makes the answer to who is not let in, from a status code and a message."""

_CODES: Final[dict[type[Exception], int]] = {Unauthenticated: 401, Forbidden: 403, ReviewUnavailable: 503}


class Guarded:
    """Middleware: an application behind a guard.

    Args:
        app: the application.
        guard: decides.
        access: tells what a request asks for, from method, path and query; None is open to everybody.
        refusal: makes the answer for who is refused.
    """

    def __init__(
        self, app: ASGIApp, *, guard: Guard, access: Callable[[str, str, str], Access | None], refusal: Refusal
    ) -> None:
        self._app = app
        self._guard = guard
        self._access = access
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        access = None
        if scope["type"] == "http" and scope["path"] not in self._guard.always_open:
            access = self._access(scope["method"], scope["path"], scope["query_string"].decode("latin-1"))
        if access is None:
            await self._app(scope, receive, send)
            return
        try:
            await self._guard.admit(scope, access)
        except (Unauthenticated, Forbidden, ReviewUnavailable) as error:
            await self._refusal(_CODES[type(error)], str(error))(scope, receive, send)
            return
        headers = without_identity_headers(scope["headers"], self._guard.trust.current().front_proxy)
        await self._app({**scope, "headers": headers}, receive, send)


def wants_watch(query: str) -> bool:
    """Tell whether a query string asks to watch."""
    return parse_qs(query).get("watch", [""])[0].lower() in ("true", "1", "t")


def client_chain(scope: Scope) -> Chain:
    """Return the certificates that the client has shown, from the `tls` extension of ASGI."""
    tls = scope.get("extensions", {}).get("tls") or {}
    return _chain(tuple(tls.get("client_cert_chain", ())))


@lru_cache(maxsize=256)
def _chain(pems: tuple[str, ...]) -> Chain:
    return tuple(x509.load_pem_x509_certificate(pem.encode()) for pem in pems)
