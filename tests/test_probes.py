"""Liveness and readiness."""

from dataclasses import replace

import pytest
from fastapi import FastAPI

from adapter.probes import build_probes
from tests.asking import ask
from tests.factories import TICK, Board, FixedClock, hold, snapshot


@pytest.fixture
def board() -> Board:
    """A loop that ticks and holds."""
    return Board(snapshot=snapshot(hold()))


@pytest.fixture
def clock() -> FixedClock:
    """A clock at the tick."""
    return FixedClock()


@pytest.fixture
def app(board: Board, clock: FixedClock) -> FastAPI:
    """An application of probes alone."""
    app = FastAPI()
    app.include_router(build_probes(board, board, clock))
    return app


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz"])
def test_loop_that_holds_for_want_of_data_is_live_and_ready(app: FastAPI, path: str) -> None:
    """A dead Prometheus makes decisions hold; restarting us or taking us out of service would not heal it."""
    answer = ask(app, path)
    assert (answer.status_code, answer.text) == (200, "ok")
    assert answer.headers["content-type"].startswith("text/plain")


def test_loop_that_starts_no_tick_is_not_live(app: FastAPI, clock: FixedClock) -> None:
    """One and a half intervals of 15 s and 5 s of slack are allowed."""
    clock.at = TICK + 27.5
    assert ask(app, "/livez").status_code == 200
    clock.at = TICK + 27.6
    answer = ask(app, "/livez")
    assert answer.status_code == 500
    assert "[+]ping ok" in answer.text
    assert "[-]loop failed: the last tick started 27.6 s ago" in answer.text


def test_loop_that_still_reads_history_is_live_for_a_while(app: FastAPI, board: Board, clock: FixedClock) -> None:
    """Before the first tick five minutes are allowed."""
    board.loop = replace(board.loop, last_tick_start=None, ticks=0, started_at=TICK)
    clock.at = TICK + 299
    assert ask(app, "/livez").status_code == 200
    clock.at = TICK + 301
    assert "no tick has ended yet" in ask(app, "/livez").text


def test_nothing_decided_yet_is_not_ready(app: FastAPI, board: Board) -> None:
    """Not ready, yet live."""
    board.snapshot = None
    assert "[-]snapshot failed: no decision yet" in ask(app, "/readyz").text
    assert ask(app, "/livez").status_code == 200


def test_snapshot_that_grew_old_is_not_ready(app: FastAPI, clock: FixedClock) -> None:
    """Readiness follows the same age limit as the answers."""
    clock.at = TICK + 46
    answer = ask(app, "/readyz")
    assert (answer.status_code, "46 s old" in answer.text) == (500, True)


def test_memory_that_is_being_read_back_is_not_ready(app: FastAPI, board: Board, clock: FixedClock) -> None:
    """For a minute after the start, because other processes would answer differently; then it serves without."""
    board.loop = replace(board.loop, started_at=TICK - 20, recalls=False)
    answer = ask(app, "/readyz")
    assert (answer.status_code, "[-]memory failed: history is being read back" in answer.text) == (500, True)
    assert ask(app, "/livez").status_code == 200
    clock.at = TICK + 41
    assert ask(app, "/readyz").status_code == 200


def test_settings_that_are_still_back_tested_are_not_ready(app: FastAPI, board: Board) -> None:
    """Another process would decide otherwise."""
    board.loop = replace(board.loop, untuned=2)
    answer = ask(app, "/readyz")
    told = "[-]tuning failed: the settings of 2 workloads are still being back-tested"
    assert (answer.status_code, told in answer.text) == (500, True)


def test_verbose_lists_every_check(app: FastAPI) -> None:
    """One line for each, and the verdict."""
    assert (
        ask(app, "/readyz?verbose").text
        == "[+]ping ok\n[+]snapshot ok\n[+]memory ok\n[+]tuning ok\nreadyz check passed\n"
    )


def test_excluded_check_does_not_count(app: FastAPI, board: Board) -> None:
    """A check can be left out by name; an unknown name is pointed out."""
    board.snapshot = None
    answer = ask(app, "/readyz?exclude=snapshot&exclude=moon&verbose")
    assert answer.status_code == 200
    assert "[+]snapshot excluded: ok" in answer.text.splitlines()
    assert "warn: there is no check moon to exclude" in answer.text.splitlines()
