"""Twin of adapter/commands/explain.py: against a real server with given decisions."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from adapter.cli import main
from adapter.core.signal import SignalProblem
from adapter.decision_log import DecisionLog
from adapter.server import HttpServer, Listener
from adapter.ui.app import build_json_app
from adapter.ui.past import past_routes
from tests.factories import TICK, Board, FixedClock, decision, hold, snapshot
from tests.ports import free_port
from tests.serving import served

_BOARD = Board()
_LOG = DecisionLog()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The JSON API over one snapshot."""
    _LOG.publish(snapshot(decision(planned=4), at=TICK))
    app = build_json_app(_BOARD, FixedClock(), routers=[past_routes(_BOARD, _LOG, FixedClock())])
    with served(HttpServer(app, Listener(name="the JSON API", port=0))) as found:
        yield found


def _explain(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["explain", *arguments])


def test_steps_reasons_and_signals_are_shown(url: str) -> None:
    """What, why, why not, and what it was seen from."""
    _BOARD.snapshot = snapshot(decision())
    result = _explain("prod/llama", "--url", url)
    assert result.exit_code == 0
    for words in (
        "planned 6, served 6, requested 4, ready 3",
        "6 replicas: replicas.max is 6 (bounds)",
        "not 8: replicas.max is 6 (bounds)",
        "8 -> 6",
        "14% cheaper than reactive over your last 7 days at 98.3%",
        "a peak of 7.2 is expected within the lead time",
        "0.9 engine-seconds/s per replica (nominally 0.9), learnt from 40 stretches; confidence 75%",
        "kv_cache_usage",
        "stale",
        "95.0 s",
    ):
        assert words in result.output, words


def test_a_hold_is_explained_with_its_problems(url: str) -> None:
    """No number, but the reason and what the source said."""
    problem = SignalProblem(signal="queue_depth", query="sum(x)", message="refused [401]")
    _BOARD.snapshot = snapshot(hold(), problems=(problem,))
    result = _explain("prod/llama", "--url", url)
    assert "held: queue_depth is unavailable" in result.output
    assert "planned -, served -" in result.output
    assert "problem: queue_depth: refused [401]" in result.output


def test_json_is_what_the_server_says(url: str) -> None:
    """For machines, the public document."""
    _BOARD.snapshot = snapshot(decision())
    result = _explain("prod/llama", "--url", url, "--json")
    assert json.loads(result.output)["planned"] == 6


def test_a_decision_of_the_past_is_explained(url: str) -> None:
    """By its time; what is too long ago is said to be."""
    then = _explain("prod/llama", "--url", url, "--at", f"{TICK + 5}")
    before = _explain("prod/llama", "--url", url, "--at", "2026-08-20T09:59:00Z")

    assert "planned 4, served 6" in then.output
    assert "4 replicas: replicas.max is 6 (bounds)" in then.output
    assert before.exit_code == 2
    assert "the oldest that is kept is of 2026-08-20 10:00:00 UTC" in before.output


def test_an_unknown_workload_is_named_with_the_known_ones(url: str) -> None:
    """The server's own words, exit code 2."""
    _BOARD.snapshot = snapshot(decision())
    result = _explain("prod/lama", "--url", url)
    assert result.exit_code == 2
    assert "error: workload prod/lama is not configured; configured are: prod/llama" in result.output


def test_before_the_first_decision_that_is_said(url: str) -> None:
    """Not a traceback, not an empty table."""
    _BOARD.snapshot = None
    result = _explain("prod/llama", "--url", url)
    assert (result.exit_code, "no decision yet" in result.output) == (2, True)


@pytest.mark.parametrize("name", ["llama", "/llama", "prod/", "a/b/c"])
def test_a_workload_must_be_named_with_its_namespace(name: str) -> None:
    """Nothing is asked."""
    result = _explain(name)
    assert result.exit_code == 2
    assert "must be NAMESPACE/WORKLOAD" in result.output


def test_a_server_that_is_not_there_is_said_in_one_line() -> None:
    """With its address and what to check."""
    result = _explain("prod/llama", "--url", f"http://127.0.0.1:{free_port()}")
    assert result.exit_code == 2
    assert "is `scaleahead serve` running there?" in result.output
    assert "Connection refused" in result.output
    assert len(result.output.splitlines()) == 1


def test_another_server_at_the_address_is_not_mistaken_for_ours(url: str) -> None:
    """Its answers are no decisions."""
    result = _explain("prod/llama", "--url", f"{url}/elsewhere")
    assert result.exit_code == 2
    assert "error: GET /elsewhere/api/v1/workloads/prod/llama/explain: not found" in result.output
