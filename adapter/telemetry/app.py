"""The operations port: `/metrics` for Prometheus, and the probes.

Without a guard `/metrics` is open to anyone who reaches the port, and it names namespaces and workloads: keep it inside
the cluster. The probes are open in any case.
"""

from fastapi import APIRouter, FastAPI, Request, Response
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from adapter.access.attributes import Access, PathAccess
from adapter.access.guard import Guard, Guarded


def build_ops_app(registry: CollectorRegistry, *, probes: APIRouter, guard: Guard | None = None) -> FastAPI:
    """Return the application that Prometheus and the kubelet ask.

    Args:
        registry: of our own metrics.
        probes: routes `/healthz`, `/livez` and `/readyz`.
        guard: lets in who may `get` the path `/metrics`; None lets in everybody.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)

    @app.get("/metrics")
    async def scrape(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        body = await run_in_threadpool(encode, registry)  # a large fleet takes long enough to delay metric reads
        return Response(body, headers={"Content-Type": content_type})

    app.include_router(probes)
    if guard is not None:
        app.add_middleware(Guarded, guard=guard, access=_access, refusal=_refusal)
    return app


def _access(method: str, path: str, _query: str) -> Access:
    return PathAccess(verb=method.lower(), path=path)


def _refusal(code: int, message: str) -> ASGIApp:
    return PlainTextResponse(f"{message}\n", status_code=code)
