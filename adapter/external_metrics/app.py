"""The aggregated API as an application: `external.metrics.k8s.io/v1beta1` with a Status for every failure.

With a guard, callers are authenticated and authorised as by every aggregated API: kube-apiserver has done so already,
and who reaches the port by another way is asked here. Without one everybody who reaches the port can read everything,
and identity headers such as X-Remote-User are ignored.

No answer redirects (the aggregation layer turns that into 502) and none carries Retry-After (the HPA's few workers
would sleep on it).
"""

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as RoutingException
from starlette.types import ASGIApp

from adapter.access.attributes import Access, access_to_api
from adapter.access.guard import Guard, Guarded, wants_watch
from adapter.core.errors import CannotDecide, SnapshotStale, WorkloadNotFound
from adapter.external_metrics.routes import MetricUnknown, discovery_routes, json_response, metric_routes
from adapter.external_metrics.selection import AmbiguousSelector
from adapter.external_metrics.selector import SelectorError
from adapter.external_metrics.wire import status
from adapter.ports import Clock, SnapshotReader

CODES: dict[type[Exception], int] = {
    SelectorError: 400,
    AmbiguousSelector: 400,
    RequestValidationError: 400,
    MetricUnknown: 404,
    WorkloadNotFound: 404,
    CannotDecide: 503,
    SnapshotStale: 503,
}
"""HTTP status of each error a request can meet; anything else is a bug of ours and answers 500."""


def build_aggregated_app(
    reader: SnapshotReader, clock: Clock, *, version: str, probes: APIRouter, guard: Guard | None = None
) -> FastAPI:
    """Return the application that kube-apiserver proxies to.

    Args:
        reader: where the newest snapshot is.
        clock: tells how old it is.
        version: of scaleahead, such as `0.1.0`.
        probes: routes `/healthz`, `/livez` and `/readyz`.
        guard: lets callers in; None lets in everybody.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    for kind in CODES:
        app.add_exception_handler(kind, _expected)
    app.add_exception_handler(RoutingException, _from_router)
    app.add_exception_handler(Exception, _unexpected)
    for router in (metric_routes(reader, clock), discovery_routes(version), probes):
        app.include_router(router)
    if guard is not None:
        app.add_middleware(Guarded, guard=guard, access=_access, refusal=_refusal)
    return app


def _access(method: str, path: str, query: str) -> Access:
    return access_to_api(method, path, watch=wants_watch(query))


def _refusal(code: int, message: str) -> ASGIApp:
    response = json_response(status(code, message=message), code=code)
    if code == 401:
        response.headers["Connection"] = "close"  # the next handshake may show a newer certificate
    return response


async def _expected(_request: Request, error: Exception) -> Response:
    code = next(code for kind, code in CODES.items() if isinstance(error, kind))
    return json_response(status(code, message=str(error)), code=code)


async def _from_router(request: Request, error: Exception) -> Response:
    code = error.status_code if isinstance(error, RoutingException) else 500
    response = json_response(status(code, message=_routing_message(request, error)), code=code)
    response.headers.update(getattr(error, "headers", None) or {})
    if code == 406:
        response.headers["Vary"] = "Accept"
    return response


def _routing_message(request: Request, error: Exception) -> str:
    if isinstance(error, HTTPException):  # raised by a route, with words of its own
        return str(error.detail)
    detail = getattr(error, "detail", "failed")
    return f"{request.method} {request.url.path}: {str(detail).lower()}"


async def _unexpected(_request: Request, _error: Exception) -> Response:
    return json_response(status(500, message="internal error of scaleahead; its log has the details"), code=500)
