"""The operations port: `/metrics` for Prometheus, and the probes.

Open to anyone who reaches the port: metrics name namespaces and workloads. Keep it inside the cluster.
"""

from fastapi import APIRouter, FastAPI, Request, Response
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.concurrency import run_in_threadpool


def build_ops_app(registry: CollectorRegistry, *, probes: APIRouter) -> FastAPI:
    """Return the application that Prometheus and the kubelet ask.

    Args:
        registry: of our own metrics.
        probes: routes `/healthz`, `/livez` and `/readyz`.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)

    @app.get("/metrics")
    async def scrape(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        body = await run_in_threadpool(encode, registry)  # a large fleet takes long enough to delay metric reads
        return Response(body, headers={"Content-Type": content_type})

    app.include_router(probes)
    return app
