"""Routes of the aggregated API: translate the request, look it up in the snapshot, translate the answer.

Every answer comes from memory. Must not know: how a decision is made, where credentials come from.
"""

import platform
from collections.abc import Iterable
from typing import Final

import orjson
from fastapi import APIRouter, HTTPException, Request, Response

from adapter.core.errors import ScaleaheadError
from adapter.core.metric import Metric, metric_value
from adapter.core.snapshot import require_fresh
from adapter.external_metrics.discovery import (
    JSON,
    Document,
    choose_form,
    group_document,
    group_documents,
    resource_document,
)
from adapter.external_metrics.selection import select_decision
from adapter.external_metrics.selector import parse_selector
from adapter.external_metrics.wire import GROUP, GROUP_VERSION, value_list
from adapter.ports import Clock, SnapshotReader

METRICS: Final = tuple(metric.value for metric in Metric)


class MetricUnknown(ScaleaheadError):
    """Nobody offers a metric of that name."""


def json_response(body: object, *, code: int = 200) -> Response:
    """Return JSON with its type spelled out: a client that finds none takes the body for protobuf."""
    return Response(orjson.dumps(body), status_code=code, media_type=JSON)


def metric_routes(reader: SnapshotReader, clock: Clock) -> APIRouter:
    """Return the route that HPAs read."""
    router = APIRouter()

    @router.get(f"/apis/{GROUP_VERSION}/namespaces/{{namespace}}/{{metric}}")
    async def read_metric(request: Request, namespace: str, metric: str) -> Response:
        _refuse_watch(request)
        known = _known_metric(metric)
        selector = parse_selector(request.query_params.get("labelSelector", ""))
        snapshot = require_fresh(reader.current(), now=clock.now())
        decision = select_decision(snapshot, namespace=namespace, selector=selector)
        value = metric_value(decision, known)
        return json_response(value_list(metric, workload=decision.workload, value=value))

    return router


def discovery_routes(version: str) -> APIRouter:
    """Return the routes by which the aggregation layer and clients find out what is served.

    Args:
        version: of scaleahead, such as `0.1.0`.
    """
    router = APIRouter()
    groups = group_documents(METRICS)
    fixed = {
        f"/apis/{GROUP}": group_document(),
        f"/apis/{GROUP_VERSION}": resource_document(METRICS),
        "/version": Document(content_type=JSON, body=orjson.dumps(_version(version))),
    }

    @router.get("/apis")
    async def read_groups(request: Request) -> Response:
        accept = request.headers.getlist("accept")
        form = choose_form(",".join(accept) if accept else None)
        if form is None:
            raise HTTPException(406, "served are application/json and APIGroupDiscoveryList in v2 and v2beta1")
        return _conditional(request, groups[form])

    for path, document in fixed.items():
        _add_fixed(router, path, document)
    return router


def _add_fixed(router: APIRouter, path: str, document: Document) -> None:
    @router.get(path)
    async def read_document() -> Response:
        return Response(document.body, media_type=document.content_type)


def _conditional(request: Request, document: Document) -> Response:
    headers = {"ETag": document.etag, "Vary": "Accept"}
    known = _listed(request.headers.getlist("if-none-match"))
    if document.etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(document.body, headers={**headers, "Content-Type": document.content_type})


def _listed(headers: Iterable[str]) -> set[str]:
    return {tag.strip().removeprefix("W/") for header in headers for tag in header.split(",")}


def _known_metric(name: str) -> Metric:
    lowered = name.lower()  # client-go lower-cases the path, people who ask by hand do not
    if lowered not in METRICS:
        raise MetricUnknown(f"there is no metric {name}; served are: {', '.join(METRICS)}")
    return Metric(lowered)


def _refuse_watch(request: Request) -> None:
    if request.query_params.get("watch", "").lower() in ("true", "1", "t"):
        raise HTTPException(405, "external metrics cannot be watched, only read")


def _version(version: str) -> dict[str, str]:
    major, minor, *_ = [*version.split("."), "0"]
    unknown = dict.fromkeys(("gitCommit", "gitTreeState", "buildDate", "goVersion"), "")
    return {
        "major": major,
        "minor": minor,
        "gitVersion": f"v{version}",
        "compiler": platform.python_implementation(),
        "platform": f"{platform.system().lower()}/{platform.machine()}",
        **unknown,
    }
