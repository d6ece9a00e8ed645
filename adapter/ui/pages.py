"""The pages: server-rendered, linkable, readable without scripts, and closed to everything from elsewhere.

Links are relative, so the pages work below any path prefix that a proxy strips. Each names its JSON twin in its head.
Must not know: how a number came about; whatever a page shows is a record's field, or drawn from it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response

from adapter.charts import sparkline
from adapter.core.errors import SnapshotStale, WorkloadNotFound
from adapter.core.signal import UNITS, Signal
from adapter.core.snapshot import lookup, require_any, staleness
from adapter.core.starts import stuck_after_s
from adapter.core.workload import WorkloadId
from adapter.ports import Clock, DecisionArchive, LoopReader, SnapshotReader
from adapter.ui.moments import moment
from adapter.ui.past import decision_at
from adapter.ui.pictures import load_picture, replica_picture
from adapter.ui.rendering import HEADERS, page
from adapter.ui.rows import ORDERS, Choice, list_rows
from adapter.ui.sentences import why, why_not
from adapter.ui.views import problems_of

_STATIC: Final = {"style.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}
_SPANS_S: Final = {"1h": 3600.0, "3h": 10_800.0, "24h": 86_400.0}
_CHANGES_SHOWN: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the pages are answered from."""

    reader: SnapshotReader
    archive: DecisionArchive
    loop: LoopReader
    clock: Clock
    release: str
    """Version of scaleahead, such as `0.1.0`."""


def page_routes(sources: Sources) -> APIRouter:
    """Return the routes of all pages and of the files that they need."""
    router = APIRouter()

    @router.get("/")
    async def workloads(request: Request) -> Response:
        return _answered(lambda: _workloads(sources, request), base="./")

    @router.get("/workloads/{namespace}/{workload}")
    async def workload(request: Request, namespace: str, workload: str) -> Response:
        found = WorkloadId(namespace, workload)
        return _answered(lambda: _workload(sources, request, found), base="../../")

    @router.get("/system")
    async def system() -> Response:
        return _answered(lambda: _system(sources), base="./")

    @router.get("/static/{name}")
    async def static(name: str) -> Response:
        if name not in _STATIC:
            raise HTTPException(404, f"static/{name} does not exist; there are: {', '.join(_STATIC)}")
        content = (files("adapter.ui") / "static" / name).read_bytes()
        return Response(content, media_type=_STATIC[name], headers={**HEADERS, "Cache-Control": "max-age=300"})

    return router


def _answered(answer: Callable[[], Response], *, base: str) -> Response:
    """Return a page, or a page that says why there is none."""
    try:
        return answer()
    except WorkloadNotFound as error:
        return page("error.html", {"base": base, "code": 404, "message": str(error)}, code=404)
    except SnapshotStale as error:
        return page("error.html", {"base": base, "code": 503, "message": str(error)}, code=503)
    except HTTPException as error:
        context = {"base": base, "code": error.status_code, "message": error.detail}
        return page("error.html", context, code=error.status_code)


def _workloads(sources: Sources, request: Request) -> Response:
    snapshot, choice = require_any(sources.reader.current()), _choice(request)
    listed = list_rows(snapshot, choice, course_of=sources.archive.course)
    return page(
        "workloads.html",
        {
            "base": "./",
            "snapshot": snapshot,
            "stale": staleness(snapshot, now=sources.clock.now()),
            "choice": choice,
            "orders": tuple(ORDERS),
            "listed": listed,
            "page_of": min(choice.page, listed.pages),
            "sparkline": sparkline,
        },
    )


def _choice(request: Request) -> Choice:
    asked = request.query_params
    sort, turn = asked.get("sort", "workload"), asked.get("page", "1")
    if sort not in ORDERS:
        raise HTTPException(400, f"sort={sort} is not a column; allowed are: {', '.join(ORDERS)}")
    if not turn.isdecimal() or not 1 <= int(turn[:9]) <= 1_000_000:
        raise HTTPException(400, f"page={turn} is not a page; allowed are whole numbers from 1")
    return Choice(
        sort=sort,
        descending=asked.get("order") == "desc",
        namespace=asked.get("namespace", ""),
        text=asked.get("text", ""),
        page=int(turn),
    )


def _workload(sources: Sources, request: Request, workload: WorkloadId) -> Response:
    snapshot = require_any(sources.reader.current())
    asked_s = request.query_params.get("span", "3h")
    if asked_s not in _SPANS_S:
        raise HTTPException(400, f"span={asked_s} is not known; allowed are: {', '.join(_SPANS_S)}")
    past = "at" in request.query_params
    at = moment(request, "at", otherwise=snapshot.at)
    newest = lookup(snapshot, workload, now=snapshot.at)
    decision = decision_at(sources.archive, workload, at) if past else newest
    course, changes = sources.archive.course(workload), sources.archive.changes(workload)
    span_s = _SPANS_S[asked_s]
    return page(
        "workload.html",
        {
            "base": "../../",
            "decision": decision,
            "past": past,
            "asked_at": at,
            "span_chosen": asked_s,
            "spans": tuple(_SPANS_S),
            "stale": None if past else staleness(snapshot, now=sources.clock.now()),
            "load": load_picture(course, decision, span_s=span_s),
            "replicas": replica_picture(course, changes, decision, span_s=span_s),
            "changes": [(each, why(each)) for each in reversed(changes[-_CHANGES_SHOWN:])],
            "why": why(decision),
            "why_not": why_not(decision),
            "stuck_after_s": stuck_after_s(decision.lead_time),
            "signals": [(each, decision.signals[each], UNITS[each]) for each in Signal if each in decision.signals],
            "problems": [] if past else problems_of(snapshot, decision),
        },
    )


def _system(sources: Sources) -> Response:
    snapshot, now = require_any(sources.reader.current()), sources.clock.now()
    statistics = sources.loop.statistics()
    return page(
        "system.html",
        {
            "base": "./",
            "release": sources.release,
            "snapshot": snapshot,
            "age_s": now - snapshot.at,
            "up_s": now - statistics.started_at,
            "stale": staleness(snapshot, now=now),
            "statistics": statistics,
        },
    )
