"""Twin of adapter/ui/pages.py, as a reader without scripts sees it."""

import re

import pytest
from fastapi import FastAPI

from adapter.core.signal import SignalProblem
from adapter.core.workload import WorkloadId
from adapter.decision_log import DecisionLog
from adapter.ui.app import build_json_app
from adapter.ui.pages import Sources, page_routes
from tests.asking import ask
from tests.factories import TICK, Board, FixedClock, decision, hold, snapshot


@pytest.fixture
def board() -> Board:
    """A board with one plan that changed, one hold and one problem."""
    return Board()


@pytest.fixture
def app(board: Board) -> FastAPI:
    """The pages over ten minutes."""
    log, clock = DecisionLog(), FixedClock(TICK + 600)
    problem = SignalProblem(signal="queue_depth", query="histogram(x)", message="took too long")
    for minute in range(11):
        at = TICK + 60 * minute
        plans = decision(at=at, planned=4 if minute < 5 else 6), hold(WorkloadId("prod", "qwen"), at=at)
        board.snapshot = snapshot(*plans, at=at, problems=(problem,), step_seconds={"read": 0.25})
        log.publish(board.snapshot)
    sources = Sources(reader=board, archive=log, loop=board, clock=clock, release="1.2.3")
    return build_json_app(board, clock, routers=[page_routes(sources)])


def _text(app: FastAPI, path: str, *, code: int = 200) -> str:
    answer = ask(app, path)
    assert answer.status_code == code
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.text


def test_the_table_shows_every_workload_with_its_reason(app: FastAPI) -> None:
    """The held one too, with a dash where there is no plan."""
    text = _text(app, "/")

    assert "6 replicas: replicas.max is 6 (bounds)" in text
    assert "held: queue_depth is unavailable" in text
    assert re.search(r"prod/qwen</a></th>\s*<td><b>-</b>", text)


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("sort=demand&order=desc", 200, 'aria-sort="descending"'),
        ("text=nothing+has+this", 200, "No workload matches."),
        ("namespace=prod&page=7", 200, "2 of 2"),
        ("sort=colour", 400, "sort=colour is not a column; allowed are: workload, planned"),
        ("page=0", 400, "page=0 is not a page"),
        ("page=x", 400, "page=x is not a page"),
    ],
)
def test_the_table_is_ordered_and_filtered_by_links(app: FastAPI, query: str, code: int, words: str) -> None:
    """Whatever is shown can be sent to somebody."""
    assert words in _text(app, f"/?{query}", code=code)


def test_a_workload_page_says_why_its_replicas_are_what_they_are(app: FastAPI) -> None:
    """In a sentence, in steps, in pictures, and in what all of it rests on."""
    text = _text(app, "/workloads/prod/llama")

    for words in (
        "6 replicas: replicas.max is 6 (bounds)",
        "not 8: replicas.max is 6 (bounds)",
        "work of 3.1 engine-seconds/s needs 4 replicas",
        "learnt, 9 starts",
        "kv_cache_usage",
        "took too long",
        'aria-label="Replicas of prod/llama: planned, requested and ready"',
    ):
        assert words in text


def test_what_was_decided_at_a_time_has_a_page(app: FastAPI) -> None:
    """It says that it is the past, and how to get back."""
    text = _text(app, f"/workloads/prod/llama?at={TICK + 120}")

    assert "4 replicas: " in text
    assert "As decided at 2026-08-20 10:00:00 UTC, in force at 2026-08-20 10:02:00 UTC" in text
    assert f'href="../../api/v1/workloads/prod/llama/decision?at={TICK + 120:.0f}"' in text


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("/workloads/prod/nobody", 404, "workload prod/nobody is not configured"),
        (f"/workloads/prod/llama?at={TICK - 60}", 404, "the oldest that is kept is of"),
        ("/workloads/prod/llama?span=2y", 400, "span=2y is not known; allowed are: 1h, 3h, 24h"),
        ("/workloads/prod/llama?at=noon", 400, "at=noon is no time"),
    ],
)
def test_what_cannot_be_shown_says_why(app: FastAPI, path: str, code: int, words: str) -> None:
    """As a page, since a person asked."""
    assert words in _text(app, path, code=code)


def test_before_the_first_decision_every_page_says_so_and_tries_again(app: FastAPI, board: Board) -> None:
    """A process that has just started is no error."""
    board.snapshot = None
    for path in ("/", "/workloads/prod/llama", "/system"):
        text = _text(app, path, code=503)
        assert "no decision yet" in text
        assert 'data-refresh="5"' in text


def test_old_decisions_are_shown_as_what_they_are(app: FastAPI, board: Board) -> None:
    """With the words that consumers get."""
    board.snapshot = snapshot(decision(), at=TICK)
    assert "the loop is stuck" in _text(app, "/")
    assert "the loop is stuck" in _text(app, "/workloads/prod/llama")


def test_the_system_page_shows_the_last_tick(app: FastAPI) -> None:
    """And which version it is that ran it."""
    text = _text(app, "/system")
    assert "scaleahead 1.2.3" in text
    assert "250 ms" in text
    assert "histogram(x)" in text


@pytest.mark.parametrize("path", ["/", "/workloads/prod/llama", "/system"])
def test_links_hold_below_any_path_prefix(app: FastAPI, path: str) -> None:
    """All are relative, and nothing comes from elsewhere."""
    links = re.findall(r'(?:href|src|action)="([^"]*)"', _text(app, path))
    assert links
    assert [link for link in links if link.startswith(("/", "http:", "https:"))] == []


@pytest.mark.parametrize(
    ("name", "kind"), [("style.css", "text/css"), ("page.js", "text/javascript"), ("icon.svg", "image/svg+xml")]
)
def test_files_are_served_with_their_kind(app: FastAPI, name: str, kind: str) -> None:
    """Nothing else is."""
    assert ask(app, f"/static/{name}").headers["content-type"].startswith(kind)
    assert ask(app, "/static/..%2fapp.py").status_code == 404
    assert ask(app, "/static/pages.py").status_code == 404
