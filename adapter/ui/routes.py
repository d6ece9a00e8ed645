"""Routes of the JSON API: translate the request, look it up in the snapshot, translate the answer.

`targets` is for machines that scale: it refuses whatever must not be acted on. `workloads` and `explain` are for
people: they show holds and decisions grown old, and say so.
"""

from fastapi import APIRouter, HTTPException, Request, Response

from adapter.core.metric import Metric
from adapter.core.snapshot import lookup, require_any, staleness
from adapter.core.workload import WorkloadId
from adapter.ports import Clock, SnapshotReader, TuningStanding
from adapter.ui.replies import json_reply
from adapter.ui.views import explain_view, list_view, target_view, tuning_view


def json_routes(reader: SnapshotReader, clock: Clock, *, tuning: TuningStanding | None = None) -> APIRouter:
    """Return the routes below `/api/v1`; without a `tuning` nothing is told of the document."""
    router = APIRouter(prefix="/api/v1")

    @router.get("/targets/{namespace}/{workload}")
    async def read_target(request: Request, namespace: str, workload: str) -> Response:
        metric = _metric(request.query_params.get("metric", Metric.REPLICAS))
        decision = lookup(reader.current(), WorkloadId(namespace, workload), now=clock.now())
        return json_reply(target_view(decision, metric))

    @router.get("/workloads")
    async def list_workloads() -> Response:
        snapshot = require_any(reader.current())
        return json_reply(list_view(snapshot, stale=staleness(snapshot, now=clock.now())))

    @router.get("/workloads/{namespace}/{workload}/explain")
    async def explain(namespace: str, workload: str) -> Response:
        snapshot = require_any(reader.current())
        decision = lookup(snapshot, WorkloadId(namespace, workload), now=snapshot.at)
        return json_reply(explain_view(decision, snapshot, stale=staleness(snapshot, now=clock.now())))

    if tuning is not None:
        _add_tuning(router, tuning)
    return router


def _add_tuning(router: APIRouter, tuning: TuningStanding) -> None:
    @router.get("/tuning")
    async def read_tuning() -> Response:
        return json_reply(tuning_view(tuning.state))


def _metric(name: str) -> Metric:
    try:
        return Metric(name.lower())
    except ValueError:
        allowed = ", ".join(Metric)
        raise HTTPException(400, f"metric={name} is not known; allowed are: {allowed}") from None
