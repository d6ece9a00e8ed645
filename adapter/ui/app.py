"""The JSON API as an application: values for KEDA's `metrics-api` scaler, decisions and their reasons for people.

With a guard the cluster says who may read what, with credentials every reader has the same rights, and with neither
everyone who reaches the port can read everything. TLS is up to the listener: without it tokens and credentials travel
in the clear.
"""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as RoutingException
from starlette.types import ASGIApp

from adapter.access.guard import Guard, Guarded
from adapter.core.errors import CannotDecide, SnapshotStale, WorkloadNotFound
from adapter.ports import Clock, SnapshotReader, TuningStanding
from adapter.ui.access import access_to_json
from adapter.ui.credentials import Credentials, RequireCredentials
from adapter.ui.replies import error_reply
from adapter.ui.routes import json_routes

CODES: dict[type[Exception], int] = {
    RequestValidationError: 400,
    WorkloadNotFound: 404,
    CannotDecide: 503,
    SnapshotStale: 503,
}
"""HTTP status of each error a request can meet; anything else is a bug of ours and answers 500."""

_NOBODY_ASKED = Credentials()


def build_json_app(
    reader: SnapshotReader,
    clock: Clock,
    *,
    credentials: Credentials = _NOBODY_ASKED,
    guard: Guard | None = None,
    tuning: TuningStanding | None = None,
    routers: Sequence[APIRouter] = (),
) -> FastAPI:
    """Return the application below `/api/v1`, with other routes beside it.

    Args:
        reader: where the newest snapshot is.
        clock: tells how old it is.
        credentials: what a request must show one of; empty asks for nothing.
        guard: lets callers in; None leaves that to the credentials.
        tuning: knows how the tuning document stands; None tells nothing of it.
        routers: what else is answered, to the same readers: the past, and the pages.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    for kind in CODES:
        app.add_exception_handler(kind, _expected)
    app.add_exception_handler(RoutingException, _from_router)
    app.add_exception_handler(Exception, _unexpected)
    for router in (json_routes(reader, clock, tuning=tuning), *routers):
        app.include_router(router)
    if credentials:
        app.add_middleware(RequireCredentials, credentials=credentials)
    if guard is not None:
        app.add_middleware(Guarded, guard=guard, access=access_to_json, refusal=_refusal)
    return app


def _refusal(code: int, message: str) -> ASGIApp:
    return error_reply(code, message=message)


async def _expected(_request: Request, error: Exception) -> Response:
    code = next(code for kind, code in CODES.items() if isinstance(error, kind))
    return error_reply(code, message=str(error))


async def _from_router(request: Request, error: Exception) -> Response:
    code = error.status_code if isinstance(error, RoutingException) else 500
    detail = str(getattr(error, "detail", "failed"))
    own_words = isinstance(error, HTTPException)  # raised by a route
    message = detail if own_words else f"{request.method} {request.url.path}: {detail.lower()}"
    return error_reply(code, message=message, headers=getattr(error, "headers", None))


async def _unexpected(_request: Request, _error: Exception) -> Response:
    return error_reply(500, message="internal error of scaleahead; its log has the details")
