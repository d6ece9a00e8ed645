"""A small real HTTP server that speaks the parts of the Kubernetes API which scaleahead uses.

Objects have versions and UIDs, updates of an old version conflict, watches send events, bookmarks and errors. Tests put
objects, say who holds which token and who may do what, and make watches fail.
"""

import asyncio
import itertools
import json
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import yaml
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from adapter.server import HttpServer, Listener
from tests.serving import served

Json = dict[str, Any]
_POLL_S = 0.01


def _status(code: int, reason: str, message: str = "") -> Json:
    return {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message or reason}


def _nobody(_spec: Json) -> bool:
    return False


@dataclass
class KubeApiServer:
    """The state of the API, and the server in front of it."""

    tokens: dict[str, Json] = field(default_factory=dict)
    """Users by bearer token, as TokenReview has them."""
    allows: Callable[[Json], bool] = _nobody
    """Whether the spec of a SubjectAccessReview is allowed."""
    received: list[tuple[str, str, Json]] = field(default_factory=list)
    """Method, path and body of each request that is no watch."""
    forbidden: list[str] = field(default_factory=list)
    """Requests that were not permitted."""
    watches: list[dict[str, str]] = field(default_factory=list)
    """Query of each watch."""
    down: bool = False
    """Whether every request fails with 503."""
    delay_s: float = 0.0
    """How long answers take."""
    refuse_watches: list[Json] = field(default_factory=list)
    """The next watches are answered with these Statuses, as HTTP."""
    permits: Callable[[str, str, dict[str, str]], bool] = lambda *_: True
    """Whether whoever asks may send a request, by method, path and query."""
    refused_paths: dict[str, Json] = field(default_factory=dict)
    """Paths that are answered with a Status."""

    def __post_init__(self) -> None:
        self._objects: dict[str, dict[str, Json]] = {}
        self._log: list[tuple[int, str, str, Json]] = []
        self._versions = itertools.count(100)
        self._version = 99
        self._ended = 0
        self.url = ""

    @contextmanager
    def running(self) -> Iterator["KubeApiServer"]:
        """Serve while the block lasts."""
        server = HttpServer(self._app(), Listener(name="kube-apiserver", port=0))
        with served(server) as url:
            self.url = url
            yield self
            self.end_watches()

    def kubeconfig(self, *, token: str = "ours") -> str:
        """Return a kubeconfig for this server."""
        named = {"name": "test"}
        return yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "test",
                "clusters": [{**named, "cluster": {"server": self.url}}],
                "users": [{**named, "user": {"token": token}}],
                "contexts": [{**named, "context": {"cluster": "test", "user": "test"}}],
            }
        )

    def put(self, collection: str, name: str, **fields: Any) -> Json:
        """Make an object, or replace it under the same UID."""
        old = self._objects.setdefault(collection, {}).get(name)
        meta = {"name": name, "uid": old["metadata"]["uid"] if old else str(uuid.uuid4())}
        given = {**fields.pop("metadata", {}), **meta}
        return self._store(collection, name, {**fields, "metadata": given})

    def get(self, collection: str, name: str) -> Json | None:
        """Return an object, None if there is none."""
        return self._objects.get(collection, {}).get(name)

    def listed(self, collection: str) -> list[Json]:
        """Return the objects of a collection."""
        return list(self._objects.get(collection, {}).values())

    def delete(self, collection: str, name: str) -> None:
        """Delete an object."""
        gone = self._objects[collection].pop(name)
        self._record(collection, "DELETED", gone)

    def forget(self, collection: str, name: str) -> None:
        """Delete an object without telling watches, as if they were cut off meanwhile."""
        del self._objects[collection][name]

    def bookmark(self, collection: str) -> None:
        """Send a bookmark to watches."""
        self._record(collection, "BOOKMARK", {"kind": "ConfigMap", "metadata": {}})

    def expire(self, collection: str) -> None:
        """Tell watches, within the stream, that their version is too old."""
        self._record(collection, "ERROR", _status(410, "Expired", "too old resource version"))

    def end_watches(self) -> None:
        """End open watches, as a server does after a while."""
        self._ended += 1

    def reviews(self, kind: str) -> list[Json]:
        """Return the specs of the reviews received, `tokenreviews` or `subjectaccessreviews`."""
        return [body["spec"] for _, path, body in self.received if path.endswith(f"/{kind}")]

    def _store(self, collection: str, name: str, item: Json) -> Json:
        objects = self._objects.setdefault(collection, {})
        kind = "MODIFIED" if name in objects else "ADDED"
        objects[name] = item
        self._record(collection, kind, item)
        return item

    def _record(self, collection: str, kind: str, item: Json) -> None:
        self._version = next(self._versions)
        if kind != "ERROR":
            item.setdefault("metadata", {})["resourceVersion"] = str(self._version)
        self._log.append((self._version, collection, kind, json.loads(json.dumps(item))))

    def _app(self) -> FastAPI:
        app = FastAPI(openapi_url=None, redirect_slashes=False)

        @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
        async def answer(request: Request) -> Response:
            return await self._answer(request)

        return app

    async def _answer(self, request: Request) -> Response:
        path, query = request.url.path, dict(request.query_params)
        if not self.permits(request.method, path, query):
            self.forbidden.append(f"{request.method} {path} {query}")
            return JSONResponse(_status(403, "Forbidden"), status_code=403)
        if query.get("watch") == "true":
            return self._watch(path, query)
        body = await request.body()
        sent: Json = json.loads(body) if body else {}
        self.received.append((request.method, path, sent))
        await asyncio.sleep(self.delay_s)
        refused = _status(503, "ServiceUnavailable") if self.down else self.refused_paths.get(path)
        if refused is not None:
            return JSONResponse(refused, status_code=refused["code"])
        code, answer = self._handle(request.method, path, query, sent)
        return JSONResponse(answer, status_code=code)

    def _handle(self, method: str, path: str, query: dict[str, str], body: Json) -> tuple[int, Json]:
        if path.endswith("/tokenreviews"):
            user = self.tokens.get(body["spec"]["token"])
            return 201, {**body, "status": {"authenticated": user is not None, **({"user": user} if user else {})}}
        if path.endswith("/subjectaccessreviews"):
            allowed = self.allows(body["spec"])
            return 201, {**body, "status": {"allowed": allowed, "reason": "" if allowed else "no rule allows it"}}
        if method == "POST":
            return self._create(path, body)
        if method == "GET" and path in self._objects:
            return 200, self._list(path, query)
        collection, _, name = path.rpartition("/")
        found = self.get(collection, name)
        if found is None:
            empty = {"kind": "List", "metadata": {"resourceVersion": str(self._version)}, "items": []}
            return (200, empty) if "fieldSelector" in query else (404, _status(404, "NotFound", f"{path} not found"))
        return self._change(method, collection, found, body)

    def _create(self, collection: str, body: Json) -> tuple[int, Json]:
        name = body["metadata"]["name"]
        if self.get(collection, name) is not None:
            return 409, _status(409, "AlreadyExists")
        body["metadata"]["uid"] = str(uuid.uuid4())
        return 201, self._store(collection, name, body)

    def _list(self, collection: str, query: dict[str, str]) -> Json:
        wanted = query.get("fieldSelector", "").removeprefix("metadata.name=")
        items = [item for name, item in self._objects[collection].items() if wanted in ("", name)]
        return {"kind": "List", "metadata": {"resourceVersion": str(self._version)}, "items": items}

    def _change(self, method: str, collection: str, found: Json, body: Json) -> tuple[int, Json]:
        name = found["metadata"]["name"]
        if method == "GET":
            return 200, found
        version = (body.get("metadata") or {}).get("resourceVersion")
        if version is not None and version != found["metadata"]["resourceVersion"]:
            return 409, _status(409, "Conflict", "the object has been modified")
        if method == "PATCH":
            return 200, self._store(collection, name, _merged(found, body))
        if method == "PUT":
            meta = {**body["metadata"], "uid": found["metadata"]["uid"]}
            return 200, self._store(collection, name, {**body, "metadata": meta})
        self.delete(collection, name)
        return 200, _status(200, "Success")

    def _watch(self, collection: str, query: dict[str, str]) -> Response:
        self.watches.append(query)
        if self.down:
            return JSONResponse(_status(503, "ServiceUnavailable"), status_code=503)
        if self.refuse_watches:
            refused = self.refuse_watches.pop(0)
            return JSONResponse(refused, status_code=refused["code"])
        return StreamingResponse(self._events(collection, query), media_type="application/json")

    async def _events(self, collection: str, query: dict[str, str]) -> AsyncIterator[bytes]:
        seen, ended = int(query["resourceVersion"]), self._ended
        name = query.get("fieldSelector", "").removeprefix("metadata.name=")
        while ended == self._ended and not self.down:
            for version, where, kind, item in list(self._log):
                told = where == collection and (name in ("", item.get("metadata", {}).get("name", name)))
                if version > seen and told:
                    yield json.dumps({"type": kind, "object": item}).encode() + b"\n"
                seen = max(seen, version)
            await asyncio.sleep(_POLL_S)


def _merged(old: Json, patch: Json) -> Json:
    found = dict(old)
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, dict) and isinstance(found.get(key), dict):
            found[key] = _merged(found[key], value)
        else:
            found[key] = value
    return found
