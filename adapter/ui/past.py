"""Routes about the past: what was decided at a time, and the numbers of the last day.

`from`, `to` and `at` are times, see `adapter.ui.moments`. Field names are public.
"""

from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response

from adapter.core.course import Course, Quantity
from adapter.core.decision import Decision
from adapter.core.snapshot import lookup
from adapter.core.workload import WorkloadId
from adapter.ports import Clock, DecisionArchive, SnapshotReader
from adapter.ui.moments import moment, moment_text
from adapter.ui.replies import json_reply
from adapter.ui.sentences import why
from adapter.ui.views import JsonObject, decision_view

_DAY_S: Final = 86_400.0


def past_routes(reader: SnapshotReader, archive: DecisionArchive, clock: Clock) -> APIRouter:
    """Return the routes on what was, below `/api/v1`."""
    router = APIRouter(prefix="/api/v1")

    @router.get("/workloads/{namespace}/{workload}/history")
    async def read_history(request: Request, namespace: str, workload: str) -> Response:
        found = WorkloadId(namespace, workload)
        end = moment(request, "to", otherwise=clock.now())
        start = moment(request, "from", otherwise=end - _DAY_S)
        if not archive.changes(found):
            lookup(reader.current(), found, now=clock.now())  # says why there is nothing
        changes = [each for each in archive.changes(found) if start <= each.at <= end]
        return json_reply(history_view(found, archive.course(found).between(start, end), changes))

    @router.get("/workloads/{namespace}/{workload}/decision")
    async def read_decision(request: Request, namespace: str, workload: str) -> Response:
        found = WorkloadId(namespace, workload)
        at = moment(request, "at", otherwise=clock.now())
        return json_reply(decision_view(decision_at(archive, found, at)))

    return router


def decision_at(archive: DecisionArchive, workload: WorkloadId, at: float) -> Decision:
    """Return the decision that was in force at a time.

    Raises:
        HTTPException: 404, nothing is kept of that time; says since when something is.
    """
    found = archive.decision_at(workload, at)
    if found is not None:
        return found
    kept = archive.changes(workload)
    since = f"the oldest that is kept is of {moment_text(kept[0].at)}" if kept else "none is kept of this workload"
    raise HTTPException(404, f"no decision on {workload} at {moment_text(at)}: {since}")


def history_view(workload: WorkloadId, course: Course, changes: list[Decision]) -> JsonObject:
    """Return the numbers of each minute, and in short the decisions that changed something; NaN becomes null."""
    return {
        "namespace": workload.namespace,
        "workload": workload.name,
        "times": course.times.tolist(),
        "values": {key.value: course.values[key].tolist() for key in Quantity},
        "changes": [
            {"at": each.at, "outcome": each.outcome.value, "planned": each.planned, "why": why(each)}
            for each in changes
        ],
    }
