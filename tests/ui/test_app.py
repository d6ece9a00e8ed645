"""The JSON API as KEDA and people see it."""

import base64
import math
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import orjson
import pytest
from fastapi import FastAPI

from adapter.access.attributes import PathAccess, ResourceAccess
from adapter.access.authentication import Authenticator
from adapter.access.authorization import Authorizer
from adapter.access.guard import Guard
from adapter.access.identity import Identity
from adapter.access.reviews import Answer, Question
from adapter.access.trust import NOBODY, Trust
from adapter.core.decision import WorkloadForecast
from adapter.core.errors import Problem
from adapter.core.shaping import shape
from adapter.core.signal import Reading, Signal, SignalProblem, State
from adapter.core.tuning import TuningState
from adapter.core.workload import WorkloadId
from adapter.server import HttpServer, Listener
from adapter.ui.app import build_json_app
from adapter.ui.credentials import Credentials
from tests.asking import ask
from tests.factories import READINGS, TICK, Board, FixedClock, decision, hold, snapshot
from tests.serving import served

TARGET = "/api/v1/targets/prod/llama"
EXPLAIN = "/api/v1/workloads/prod/llama/explain"
GOLDEN = Path(__file__).parent / "explain.json"
FORECAST = WorkloadForecast(
    origin=TICK - 5,
    horizons_s=(180.0, 600.0),
    quantiles=(0.5, 0.9),
    peak=((5.0, 5.5), (7.2, 8.0)),
    arrival_probability=(1.0, 1.0),
    skill=math.nan,
    coverage=0.9,
    trusted=True,
)


@pytest.fixture
def board() -> Board:
    """One plan for prod/llama."""
    return Board(snapshot=snapshot(decision(forecast=FORECAST)))


@pytest.fixture
def clock() -> FixedClock:
    """A clock at the tick."""
    return FixedClock()


@pytest.fixture
def app(board: Board, clock: FixedClock) -> FastAPI:
    """The application, open to anyone."""
    return build_json_app(board, clock)


def test_target_is_a_plain_number_at_value(app: FastAPI) -> None:
    """What KEDA's `valueLocation: value` addresses, and what goes with it."""
    answer = ask(app, TARGET)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {
        "namespace": "prod",
        "workload": "llama",
        "metric": "scaleahead-replicas",
        "value": 6.0,
        "target": 1.0,
        "active": True,
        "at": TICK,
        "planned": 6,
        "served": 6,
    }


@pytest.mark.parametrize(
    ("metric", "value", "target"),
    [
        ("scaleahead-demand", 5.4, 0.9),
        ("scaleahead-queue-depth", 12.5, None),
        ("ScaleAhead-Queue-Depth-Forecast", 20.25, None),
    ],
)
def test_target_of_another_metric_can_be_asked_for(
    app: FastAPI, metric: str, value: float, target: float | None
) -> None:
    """Raw signals have no target of ours."""
    body = ask(app, f"{TARGET}?metric={metric}").json()
    assert (body["value"], body["target"], body["metric"]) == (value, target, metric.lower())


def test_plan_of_zero_is_a_zero(app: FastAPI, board: Board) -> None:
    """A decided zero is exact, and not active."""
    board.snapshot = snapshot(decision(planned=0, served=0, active=False, emitted=shape(0, status_replicas=1)))
    body = ask(app, TARGET).json()
    assert (body["value"], body["active"]) == (0.0, False)


def test_hold_is_never_a_number(app: FastAPI, board: Board) -> None:
    """503 with the reason; KEDA keeps what is there."""
    board.snapshot = snapshot(hold(reason="queue_depth is unavailable"))
    answer = ask(app, TARGET)
    assert answer.status_code == 503
    assert answer.json() == {
        "error": {
            "code": 503,
            "reason": "ServiceUnavailable",
            "message": "prod/llama: queue_depth is unavailable",
        }
    }


@pytest.mark.parametrize(
    ("request_line", "code", "hint"),
    [
        ("GET /api/v1/targets/prod/other", 404, "configured are: prod/llama"),
        ("GET /api/v1/workloads/prod/other/explain", 404, "configured are: prod/llama"),
        (f"GET {TARGET}?metric=replicas", 400, "scaleahead-replicas"),
        (f"GET {TARGET}?metric=scaleahead-gpu-utilization", 503, "gpu_utilization is absent"),
        (f"GET {TARGET}/", 404, "not found"),
        (f"POST {TARGET}", 405, "method not allowed"),
        ("GET /docs", 404, "not found"),
    ],
)
def test_every_error_has_one_shape(app: FastAPI, request_line: str, code: int, hint: str) -> None:
    """Code, reason and a message that says what is allowed; never a redirect."""
    method, path = request_line.split()
    answer = ask(app, path, method=method)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (code, code)
    assert set(error) == {"code", "reason", "message"}
    assert hint in error["message"]


def test_value_that_is_no_number_is_an_error_without_internals(app: FastAPI, board: Board) -> None:
    """A fresh reading without a number is a fault of ours."""
    board.snapshot = snapshot(decision(signals={Signal.QUEUE_DEPTH: Reading(state=State.FRESH, value=math.nan)}))
    answer = ask(app, f"{TARGET}?metric=scaleahead-queue-depth")
    assert (answer.status_code, answer.json()["error"]["reason"]) == (500, "InternalError")


def test_target_that_grew_old_is_refused_but_still_explained(app: FastAPI, clock: FixedClock) -> None:
    """Machines must not act on it, people must be able to look at it."""
    assert ask(app, EXPLAIN).json()["stale"] is None
    clock.at = TICK + 60
    assert ask(app, TARGET).status_code == 503
    explained = ask(app, EXPLAIN)
    assert (explained.status_code, "60 s old" in explained.json()["stale"]) == (200, True)
    assert "60 s old" in ask(app, "/api/v1/workloads").json()["stale"]


@pytest.mark.parametrize("path", [TARGET, EXPLAIN, "/api/v1/workloads"])
def test_nothing_decided_yet_is_unavailable(app: FastAPI, board: Board, path: str) -> None:
    """Before the first tick there is nothing to show."""
    board.snapshot = None
    answer = ask(app, path)
    assert (answer.status_code, "first tick" in answer.json()["error"]["message"]) == (503, True)


def test_explanation_matches_the_published_document(app: FastAPI) -> None:
    """Field names are public: what is in the recorded document stays there, with its meaning."""
    assert ask(app, EXPLAIN).json() == orjson.loads(GOLDEN.read_bytes())


def test_hold_is_explained(app: FastAPI, board: Board) -> None:
    """Explaining is most needed when nothing is decided."""
    board.snapshot = snapshot(hold(reason="queue_depth is unavailable", demand=None))
    answer = ask(app, EXPLAIN)
    body = answer.json()
    assert answer.status_code == 200
    assert (body["outcome"], body["hold_reason"], body["planned"]) == ("hold", "queue_depth is unavailable", None)
    assert (body["emitted"], body["demand"], body["why"]) == (None, None, "held: queue_depth is unavailable")


def test_explanation_holds_the_problems_of_its_own_signals(app: FastAPI, board: Board) -> None:
    """A query serves all workloads; only problems of signals this one does not use are left out."""
    problems = (
        SignalProblem(signal="queue_depth", query="sum(x)", message="two series"),
        SignalProblem(signal="ttft", query="sum(y)", message="slow"),
        SignalProblem(signal="freshness of vllm and 30 more", query="sum(z)", message="refused"),
        SignalProblem(signal="all", query="", message="unknown preset"),
    )
    board.snapshot = snapshot(decision(), problems=problems)
    shown = [each["signal"] for each in ask(app, EXPLAIN).json()["problems"]]
    assert shown == ["queue_depth", "freshness of vllm and 30 more", "all"]
    assert len(ask(app, "/api/v1/workloads").json()["problems"]) == 4


def test_workloads_are_listed_in_order(app: FastAPI, board: Board) -> None:
    """By namespace, then name, each with its plan and why."""
    ids = [WorkloadId("prod", "b"), WorkloadId("dev", "z"), WorkloadId("prod", "a")]
    board.snapshot = snapshot(*(decision(each) for each in ids))
    listed = ask(app, "/api/v1/workloads").json()["workloads"]
    assert [(each["namespace"], each["workload"]) for each in listed] == [("dev", "z"), ("prod", "a"), ("prod", "b")]
    assert listed[0]["why"] == "6 replicas: replicas.max is 6 (bounds)"


def test_order_of_signals_leaves_no_trace(app: FastAPI, board: Board) -> None:
    """Mappings are filled in the order in which answers came in."""
    first = ask(app, EXPLAIN).content
    board.snapshot = snapshot(decision(forecast=FORECAST, signals=dict(reversed(READINGS.items()))))
    assert ask(app, EXPLAIN).content == first


def test_two_processes_give_the_same_bytes(app: FastAPI, clock: FixedClock) -> None:
    """Neither hash seeds nor the time of asking leave a trace in an explanation."""
    first = ask(app, EXPLAIN).content
    clock.at = TICK + 20
    assert ask(app, EXPLAIN).content == first
    program = (
        "import sys; from tests.asking import ask; from tests.ui.test_app import *;"
        "board = Board(snapshot=snapshot(decision(forecast=FORECAST)));"
        "sys.stdout.buffer.write(ask(build_json_app(board, FixedClock()), EXPLAIN).content)"
    )
    other = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert other.stdout == first


def _basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


GUARDED = Credentials(api_keys=("k-1", "k-2"), bearer_tokens=("t-1",), basic=(("keda", "pass:word"),))
ACCEPTED = [
    ("", {"X-API-KEY": "k-1"}),
    ("", {"x-api-key": "k-2"}),
    ("?api_key=k-2", {}),
    ("", {"Authorization": "Bearer t-1"}),
    ("", {"authorization": "bearer t-1"}),
    ("", _basic("keda:pass:word")),
    ("?api_key=wrong", {"X-API-KEY": "k-1"}),
]
REFUSED = [
    ("", {}),
    ("?api_key=", {}),
    ("?api_key=t-1", {}),
    ("", {"X-API-KEY": "k"}),
    ("", {"Authorization": "Bearer k-1"}),
    ("", {"Authorization": "t-1"}),
    ("", _basic("keda:pass")),
    ("", {"Authorization": "Basic !!!"}),
    ("", {"Authorization": "Basic " + base64.b64encode(b"\xff:x").decode()}),
]


@pytest.mark.parametrize(("query", "headers"), ACCEPTED)
def test_each_form_of_credentials_opens(board: Board, query: str, headers: dict[str, str]) -> None:
    """API key in header or query, bearer token, user and password: one suffices."""
    app = build_json_app(board, FixedClock(), credentials=GUARDED)
    assert ask(app, TARGET + query, headers=headers).status_code == 200


@pytest.mark.parametrize(("query", "headers"), REFUSED)
def test_anything_else_is_refused(board: Board, query: str, headers: dict[str, str]) -> None:
    """401 in the shape of every error, with the ways to ask; paths that do not exist tell nothing either."""
    app = build_json_app(board, FixedClock(), credentials=GUARDED)
    answer = ask(app, TARGET + query, headers=headers)
    assert (answer.status_code, answer.json()["error"]["reason"]) == (401, "Unauthorized")
    assert "Bearer" in answer.headers["www-authenticate"]
    assert ask(app, "/nowhere" + query, headers=headers).status_code == 401


def test_credentials_do_not_print_themselves() -> None:
    """They may end up in a log line with other settings."""
    assert "k-1" not in repr(GUARDED)
    assert "t-1" not in repr(GUARDED)
    assert "pass" not in repr(GUARDED)


@dataclass
class _Cluster:
    """Knows two tokens, and gives one team its namespace."""

    asked: list[str] = field(default_factory=list)

    async def review_token(self, token: str) -> Identity | None:
        return Identity(user=token) if token in ("team", "admin") else None

    async def review_access(self, question: Question) -> Answer:
        self.asked.append(str(question.access))
        access = question.access
        own = isinstance(access, ResourceAccess) and access.namespace == "prod"
        return Answer(allowed=question.identity.user == "admin" or (question.identity.user == "team" and own))

    def current(self) -> Trust:
        return NOBODY


def test_with_a_cluster_everybody_reads_what_the_cluster_lets_them(board: Board) -> None:
    """A team its namespace, an administrator all of them, and nobody without a token."""
    cluster, clock = _Cluster(), FixedClock()
    authenticator = Authenticator(cluster, cluster, clock)
    guard = Guard(authenticator=authenticator, gate=Authorizer(cluster, clock), trust=cluster)
    app = build_json_app(board, clock, guard=guard)

    def code(path: str, token: str = "") -> int:
        return ask(app, path, headers={"Authorization": f"Bearer {token}"} if token else {}).status_code

    paths = (TARGET, EXPLAIN, "/api/v1/workloads")
    assert [code(path, "team") for path in paths] == [200, 200, 403]
    assert [code(path, "admin") for path in paths] == [200, 200, 200]
    assert [code(TARGET), code(TARGET, "wrong")] == [403, 401]
    assert (
        'get resource "workloads/explain" "llama" in API group "scaleahead.io" in the namespace "prod"' in cluster.asked
    )


@pytest.mark.parametrize(
    "path", ["/api/v1/tuning", "/api/v1/tuning%0A", "/api/v1/workloads%0A", "//api/v1/workloads", f"{EXPLAIN}%0A"]
)
def test_rights_on_paths_open_nothing(board: Board, path: str) -> None:
    """Every cluster lets all who are authenticated `get` paths below `/api/`, by its role `system:discovery`."""

    class _Discovery(_Cluster):
        async def review_access(self, question: Question) -> Answer:
            return Answer(allowed=isinstance(question.access, PathAccess))

    cluster, clock = _Discovery(), FixedClock()
    guard = Guard(authenticator=Authenticator(cluster, cluster, clock), gate=Authorizer(cluster, clock), trust=cluster)
    app = build_json_app(board, clock, guard=guard)
    assert ask(app, path, headers={"Authorization": "Bearer team"}).status_code == 403


def test_how_the_tuning_document_stands_is_told_with_its_problems(board: Board) -> None:
    """The condition of the configuration, for people and for monitoring."""
    problem = Problem(file="f", line=3, column=1, path="defaults.margn", given="2", message="unknown key")

    class _Standing:
        state = TuningState(valid=False, digest="abc", since=7.0, problems=(problem,))

    app = build_json_app(board, FixedClock(), tuning=_Standing())
    found = ask(app, "/api/v1/tuning").json()
    assert (found["valid"], found["digest"], found["since"]) == (False, "abc", 7.0)
    assert found["problems"][0]["line"] == 3
    assert ask(build_json_app(board, FixedClock()), "/api/v1/tuning").status_code == 404


def test_target_is_read_over_a_socket(board: Board) -> None:
    """The same application behind the real server."""
    app = build_json_app(board, FixedClock())
    with served(HttpServer(app, Listener(name="json", port=0))) as url:
        assert httpx.get(url + TARGET).json()["value"] == 6.0
