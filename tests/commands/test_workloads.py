"""Twin of adapter/commands/workloads.py and adapter/commands/top.py: against a real server with given decisions."""

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from adapter.cli import main
from adapter.core.workload import WorkloadId
from adapter.server import HttpServer, Listener
from adapter.ui.app import build_json_app
from tests.factories import TICK, Board, FixedClock, decision, hold, snapshot
from tests.ports import free_port
from tests.serving import served

_BOARD = Board()
_CLOCK = FixedClock()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The JSON API over one snapshot."""
    with served(HttpServer(build_json_app(_BOARD, _CLOCK), Listener(name="the JSON API", port=0))) as found:
        yield found


@pytest.fixture(autouse=True)
def board() -> Board:
    """A plan and a hold, just decided."""
    _CLOCK.at = TICK
    _BOARD.snapshot = snapshot(decision(), hold(WorkloadId("test", "qwen"), demand=None))
    return _BOARD


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments])


@pytest.mark.parametrize("command", [("workloads",), ("top", "--times", "1")])
def test_every_workload_has_a_line_with_its_reason(url: str, command: tuple[str, ...]) -> None:
    """Numbers where they are known, dashes where they are not."""
    result = _run(*command, "--url", url)

    assert result.exit_code == 0
    lines = {line.split("│")[1].strip(): line for line in result.output.splitlines() if line.startswith("│")}
    assert [cell.strip() for cell in lines["prod/llama"].split("│")[2:7]] == ["6", "4", "3", "3.5", "-30%"]
    assert "replicas.max is 6 (bounds)" in lines["prod/llama"]
    assert [cell.strip() for cell in lines["test/qwen"].split("│")[2:7]] == ["-", "4", "3", "-", "-"]


def test_one_namespace_can_be_asked_for(url: str) -> None:
    """In the table and in the JSON."""
    assert "prod/llama" not in _run("workloads", "--url", url, "--namespace", "test").output
    listed = json.loads(_run("workloads", "--url", url, "--namespace", "prod", "--json").output)["workloads"]
    assert [(each["workload"], each["demand"], each["requested"]) for each in listed] == [("llama", 3.5, 4)]


def test_decisions_that_have_grown_old_are_said_to_be(url: str) -> None:
    """Below the table."""
    _CLOCK.at = TICK + 600
    assert "the loop is stuck" in _run("workloads", "--url", url).output


def test_watching_goes_on_until_told_otherwise(url: str) -> None:
    """Two looks, the second at what is there by then."""
    result = _run("top", "--url", url, "--times", "2", "--every", "1")
    assert result.exit_code == 0
    assert "prod/llama" in result.output


@pytest.mark.parametrize("command", ["workloads", "top"])
def test_a_server_that_is_not_there_is_said_in_one_line(command: str) -> None:
    """Exit code 2."""
    result = _run(command, "--url", f"http://127.0.0.1:{free_port()}")
    assert result.exit_code == 2
    assert len(result.output.splitlines()) == 1
    assert "is `scaleahead serve` running there?" in result.output
