"""Static credentials for the JSON API, in the forms that KEDA's `metrics-api` scaler can send.

One set for all readers, given at start; no users, no rights. Must not know: where the credentials were read from.
"""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from adapter.ui.replies import error_reply

API_KEY_HEADER: Final = "X-API-KEY"
API_KEY_QUERY: Final = "api_key"
_REFUSAL: Final = (
    "no valid credentials: send an API key (X-API-KEY or ?api_key=), a bearer token, or basic authentication"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a request may show; one match suffices. Nothing at all means that nobody is asked."""

    api_keys: tuple[str, ...] = field(default=(), repr=False)
    """Accepted in the header X-API-KEY and in the query as `api_key`."""
    bearer_tokens: tuple[str, ...] = field(default=(), repr=False)
    basic: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """User name and password pairs."""

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.api_keys or self.bearer_tokens or self.basic)

    def accept(self, request: Request) -> bool:
        """Tell whether the request shows one of them."""
        scheme, _, presented = request.headers.get("authorization", "").partition(" ")
        keys = [*request.headers.getlist(API_KEY_HEADER), *request.query_params.getlist(API_KEY_QUERY)]
        return (
            any(_among(self.api_keys, key) for key in keys)
            or (scheme.lower() == "bearer" and _among(self.bearer_tokens, presented.strip()))
            or (scheme.lower() == "basic" and _among((f"{u}:{p}" for u, p in self.basic), _decoded(presented)))
        )


class RequireCredentials:
    """Middleware that answers 401 to requests without one of the credentials, whatever they ask for."""

    def __init__(self, app: ASGIApp, *, credentials: Credentials) -> None:
        self._app = app
        self._credentials = credentials

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http" or self._credentials.accept(Request(scope)):
            await self._app(scope, receive, send)
            return
        refusal = error_reply(401, message=_REFUSAL, headers={"WWW-Authenticate": 'Bearer, Basic realm="scaleahead"'})
        await refusal(scope, receive, send)


def _among(known: Iterable[str], presented: str) -> bool:
    """Compare with all of them, by hash: the time tells neither which one came close nor how long it is."""
    digest = _digest(presented)
    return any([secrets.compare_digest(_digest(each), digest) for each in known])  # noqa: C419 -- no early end


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _decoded(presented: str) -> str:
    try:
        return base64.b64decode(presented.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
