"""The Kubernetes API as this program uses it: JSON in and out, and two ways to fail.

A port, and its implementation with the official client, which brings credentials (a pod's service account or a
kubeconfig), TLS and connections. Objects stay JSON: of each, only a few fields are read.
"""

import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

import orjson
from aiohttp import ClientError, ClientTimeout
from yaml import YAMLError

from adapter.core.errors import ScaleaheadError

if TYPE_CHECKING:
    from kubernetes.aio.client import ApiClient

Json = dict[str, Any]
"""An object of the Kubernetes API."""

_LIMIT_S: Final = 10.0
_WATCH_SILENCE_S: Final = 30.0  # on top of the time after which the server ends a watch by itself
_CHARACTERS_SHOWN: Final = 300


class ApiUnreachable(ScaleaheadError):
    """kube-apiserver does not answer, or not in its language."""


class ApiRefused(ScaleaheadError):
    """kube-apiserver says no."""

    def __init__(self, code: int, *, reason: str, message: str) -> None:
        super().__init__(f"kube-apiserver answered {code} {reason}: {message}")
        self.code = code
        self.reason = reason


class ClusterConfigError(ScaleaheadError):
    """There are no usable credentials for a cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """A change to an object, as `application/merge-patch+json`."""

    merge: Json


class KubeApi(Protocol):
    """Who speaks with kube-apiserver."""

    async def send(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Json | Patch | None = None
    ) -> Json:
        """Return the object that answers a request.

        Raises:
            ApiRefused: kube-apiserver says no.
            ApiUnreachable: it does not answer within 10 seconds, or not in its language.
        """
        ...

    def watch(self, path: str, *, query: Mapping[str, str], for_s: int) -> AsyncGenerator[Json, None]:
        """Yield the events of a watch until the server ends it.

        Raises:
            ApiRefused: kube-apiserver says no.
            ApiUnreachable: it does not answer, or the connection breaks.
        """
        ...


class KubernetesClient:
    """The official client; a context manager that closes its connections.

    Made with `connect`.
    """

    def __init__(self, client: "ApiClient") -> None:
        self._client = client

    async def send(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Json | Patch | None = None
    ) -> Json:
        """Return the object that answers a request; see `KubeApi`."""
        try:
            response = await self._request(method, path, query=query, body=body, limit_s=_LIMIT_S)
            text = await response.read()
        except (TimeoutError, OSError, ValueError, ClientError) as error:
            raise ApiUnreachable(_cause(error)) from error
        return _answer(response.status, text)

    async def watch(self, path: str, *, query: Mapping[str, str], for_s: int) -> AsyncGenerator[Json, None]:
        """Yield the events of a watch; see `KubeApi`."""
        asked = {**query, "watch": "true", "timeoutSeconds": str(for_s)}
        limit_s = for_s + _WATCH_SILENCE_S  # a connection that died half-way looks idle for ever
        try:
            response = await self._request("GET", path, query=asked, body=None, limit_s=limit_s)
            try:
                if response.status >= 400:
                    _answer(response.status, await response.read())
                async for line in response.content:
                    yield _event(line)
            finally:
                response.close()
        except (TimeoutError, OSError, ValueError, ClientError) as error:
            raise ApiUnreachable(_cause(error)) from error

    async def _request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None,
        body: Json | Patch | None,
        limit_s: float,
    ) -> Any:  # noqa: ANN401 - aiohttp's response
        patch = isinstance(body, Patch)
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/merge-patch+json" if patch else "application/json",
        }
        method, url, headers, payload, _ = await self._client.param_serialize(
            method,
            path,
            query_params=sorted((query or {}).items()),
            header_params=headers,
            body=body.merge if isinstance(body, Patch) else body,
            auth_settings=["BearerToken"],
        )
        found = await self._client.call_api(
            method, url, header_params=headers, body=payload, _request_timeout=ClientTimeout(total=limit_s)
        )
        return found.response

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()  # type: ignore[no-untyped-call]


async def connect(kubeconfig: str | None) -> KubernetesClient:
    """Return a client for the cluster of a kubeconfig, or for the one that this pod runs in.

    Raises:
        ClusterConfigError: there are no usable credentials.
    """
    # Imported here because it takes a second and a half, which only those pay who use a cluster.
    from kubernetes.aio import client, config
    from kubernetes.aio.config.config_exception import ConfigException

    settings = client.Configuration()
    settings.retries = None  # who asks again decides that for itself
    try:
        if kubeconfig is None:
            config.load_incluster_config(client_configuration=settings)  # type: ignore[no-untyped-call]
        else:
            await config.load_kube_config(  # type: ignore[no-untyped-call]
                config_file=kubeconfig, client_configuration=settings, persist_config=False
            )
    except (ConfigException, YAMLError, OSError, ValueError, KeyError, TypeError) as error:
        source = "the service account of this pod" if kubeconfig is None else kubeconfig
        raise ClusterConfigError(f"no credentials for a cluster in {source}: {error}") from error
    return KubernetesClient(client.ApiClient(settings))


def _cause(error: Exception) -> str:
    said = str(error) or type(error).__name__
    return f"kube-apiserver does not answer: {'it took too long' if isinstance(error, TimeoutError) else said}"


def _answer(code: int, text: bytes) -> Json:
    try:
        found = orjson.loads(text)
    except ValueError:
        found = None
    body: Json = found if isinstance(found, dict) else {}
    if code >= 400:
        said = body.get("message") or text[:_CHARACTERS_SHOWN].decode("utf-8", "replace")
        raise ApiRefused(code, reason=str(body.get("reason", "")), message=str(said))
    if not body:
        shown = text[:_CHARACTERS_SHOWN].decode("utf-8", "replace")
        raise ApiUnreachable(f"kube-apiserver answered {code} with something else than an object: {shown}")
    return body


def _event(line: bytes) -> Json:
    try:
        event = json.loads(line)
    except ValueError as error:
        raise ApiUnreachable(f"a watch sent something else than an event: {error}") from error
    if not isinstance(event, dict) or not isinstance(event.get("object"), dict):
        raise ApiUnreachable("a watch sent something else than an event")
    return event
