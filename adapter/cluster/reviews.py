"""TokenReview and SubjectAccessReview: the cluster says who somebody is, and what they may do.

Implements the ports of `access.reviews`. Asking is bounded: a flood of unknown tokens must not become a flood of
reviews.

Source: `k8s.io/apiserver/plugin/pkg/{authenticator/token,authorizer}/webhook`.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from adapter.access.attributes import Access, PathAccess
from adapter.access.identity import Identity
from adapter.access.reviews import Answer, Question, ReviewUnavailable
from adapter.cluster.api import ApiRefused, ApiUnreachable, Json, KubeApi

_TOKENS: Final = "/apis/authentication.k8s.io/v1/tokenreviews"
_ACCESS: Final = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
_AT_ONCE: Final = 32
_TRIES: Final = 3
_PAUSE_S: Final = 0.5
_LIMIT_S: Final = 10.0


class ClusterReviews:
    """Asks kube-apiserver.

    Args:
        api: speaks with it.
        pause_s: time before asking again when it does not answer, in seconds.
        limit_s: longest time for all of it, the wait for one's turn too, in seconds.
    """

    def __init__(self, api: KubeApi, *, pause_s: float = _PAUSE_S, limit_s: float = _LIMIT_S) -> None:
        self._api = api
        self._pause_s = pause_s
        self._limit_s = limit_s
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def review_token(self, token: str) -> Identity | None:
        """Return who a token belongs to; see `access.reviews.TokenReviewer`."""
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
        status = await self._review(_TOKENS, body)
        if status.get("authenticated") is not True:
            return None
        return _identity(status.get("user"))

    async def review_access(self, question: Question) -> Answer:
        """Return whether somebody may do something; see `access.reviews.AccessReviewer`."""
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {**_subject(question.identity), **_attributes(question.access)},
        }
        status = await self._review(_ACCESS, body)
        allowed = status.get("allowed") is True and status.get("denied") is not True
        return Answer(allowed=allowed, reason=str(status.get("reason") or status.get("evaluationError") or ""))

    async def _review(self, path: str, body: Json) -> Json:
        kind = path.rpartition("/")[2]
        try:
            async with asyncio.timeout(self._limit_s), self._places:
                answer = await self._send(path, body)
        except (ApiRefused, ApiUnreachable) as error:
            raise ReviewUnavailable(f"{kind}: {error}") from error
        except TimeoutError as error:
            raise ReviewUnavailable(f"{kind}: no answer within {self._limit_s:g} s") from error
        status = answer.get("status")
        return status if isinstance(status, dict) else {}

    async def _send(self, path: str, body: Json) -> Json:
        for _ in range(_TRIES - 1):
            with suppress(ApiUnreachable):
                return await self._api.send("POST", path, body=body)
            await asyncio.sleep(self._pause_s)
        return await self._api.send("POST", path, body=body)


def _identity(user: object) -> Identity | None:
    if not isinstance(user, dict) or not user.get("username"):
        return None
    extra = user.get("extra") or {}
    return Identity(
        user=str(user["username"]),
        uid=str(user.get("uid") or ""),
        groups=tuple(str(group) for group in user.get("groups") or ()),
        extra=tuple(sorted((str(name), tuple(map(str, values))) for name, values in extra.items())),
    )


def _subject(identity: Identity) -> Mapping[str, Any]:
    extra = {name: list(values) for name, values in identity.extra}
    found = {"user": identity.user, "uid": identity.uid, "groups": list(identity.groups), "extra": extra}
    return {key: value for key, value in found.items() if value}


def _attributes(access: Access) -> Mapping[str, Any]:
    if isinstance(access, PathAccess):
        return {"nonResourceAttributes": {"path": access.path, "verb": access.verb}}
    fields = ("verb", "group", "version", "namespace", "resource", "name", "subresource")
    found = {field: getattr(access, field) for field in fields}
    return {"resourceAttributes": {field: value for field, value in found.items() if value}}
