"""Twin of adapter/ui/past.py."""

import pytest
from fastapi import FastAPI

from adapter.decision_log import DecisionLog
from adapter.ui.app import build_json_app
from adapter.ui.past import past_routes
from tests.asking import ask
from tests.factories import TICK, Board, FixedClock, decision, hold, snapshot

BASE = "/api/v1/workloads/prod/llama"


@pytest.fixture
def app() -> FastAPI:
    """An hour in which the plan went from 4 to 6 after ten minutes."""
    log, board = DecisionLog(), Board()
    for minute in range(61):
        at = TICK + 60 * minute
        board.snapshot = snapshot(decision(at=at, planned=4 if minute < 10 else 6), at=at)
        log.publish(board.snapshot)
    clock = FixedClock(TICK + 3600)
    return build_json_app(board, clock, routers=[past_routes(board, log, clock)])


def test_history_has_a_number_for_every_minute_and_the_changes(app: FastAPI) -> None:
    """Of the last day, or of what was asked for."""
    body = ask(app, f"{BASE}/history").json()
    part = ask(app, f"{BASE}/history?from={TICK + 540}&to={TICK + 600}").json()

    assert len(body["times"]) == len(body["values"]["planned"]) == 61
    assert [(each["at"] - TICK, each["planned"]) for each in body["changes"]] == [(0, 4), (600, 6)]
    assert (part["values"]["planned"], len(part["changes"])) == ([4, 6], 1)


def test_what_is_not_known_is_null(app: FastAPI) -> None:
    """There never was a forecast."""
    assert set(ask(app, f"{BASE}/history").json()["values"]["high"]) == {None}


def test_the_decision_of_a_time_comes_with_all_its_steps(app: FastAPI) -> None:
    """What happened at five past ten."""
    body = ask(app, f"{BASE}/decision?at=2026-08-20T10:05:00Z").json()
    assert (body["at"], body["planned"]) == (TICK, 4)
    assert [step["name"] for step in body["steps"]] == ["reactive", "predictive", "bounds"]


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        (f"{BASE}/decision?at=2026-08-20T09:00:00Z", 404, "the oldest that is kept is of 2026-08-20 10:00:00 UTC"),
        (f"{BASE}/decision?at=noon", 400, "at=noon is no time; allowed are"),
        (f"{BASE}/history?from=x", 400, "from=x is no time"),
        ("/api/v1/workloads/prod/qwen/history", 404, "workload prod/qwen is not configured"),
        ("/api/v1/workloads/prod/qwen/decision", 404, "none is kept of this workload"),
    ],
)
def test_what_cannot_be_answered_says_why(app: FastAPI, path: str, code: int, words: str) -> None:
    """And what is allowed."""
    answer = ask(app, path)
    assert answer.status_code == code
    assert words in answer.json()["error"]["message"]


def test_a_workload_without_a_past_has_an_empty_history() -> None:
    """Right after the start."""
    board = Board(snapshot=snapshot(hold()))
    app = build_json_app(board, FixedClock(), routers=[past_routes(board, DecisionLog(), FixedClock())])
    body = ask(app, f"{BASE}/history").json()
    assert (body["times"], body["changes"]) == ([], [])
