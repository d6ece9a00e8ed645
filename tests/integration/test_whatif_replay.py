"""`whatif --replay` on three days in a real Prometheus decides what the live loop decides on the same data."""

import asyncio
import json
import math
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapter.cli import main
from adapter.core.decision import Decision, Outcome
from adapter.core.signal import Grid
from adapter.core.tuning import Tuning, parse_tuning
from adapter.core.workload import WorkloadId
from adapter.loop import Loop
from adapter.prometheus.preset import preset_names
from adapter.prometheus.signals import PrometheusSignalSource
from adapter.stretch import Reader
from adapter.whatif.replay import replay
from tests.fakes import FakeClock, InlineWorkloads, MemorySink, StaticTuning
from tests.openmetrics import as_openmetrics
from tests.prometheus_server import PrometheusServer
from tests.whatif.days import CONFIG, COUNT, STEP_S, tracks

pytestmark = pytest.mark.integration

_START = float(int(time.time() / 7200) * 7200 - (COUNT - 1) * STEP_S)
_END = _START + 252_000.0 + 1020.0  # `chat` was silent and `code` woken a quarter of an hour ago
_LIVE_TICKS = 50
_REPLAYED_TICKS = 130  # so that the replay's memory begins 40 minutes before that of the loop


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prometheus that remembers three days."""
    server = PrometheusServer(tmp_path_factory.mktemp("days"))
    server.backfill(as_openmetrics(tracks(), start=_START, step_s=STEP_S, count=COUNT))
    with server:
        yield server.url


def _tuning(url: str) -> Tuning:
    return parse_tuning(CONFIG.format(url=url), file="current.yaml", presets=preset_names())


async def _live(tuning: Tuning, ticks: Grid) -> list[Mapping[WorkloadId, Decision]]:
    """What a process publishes, tick by tick."""
    sink = MemorySink()
    with PrometheusSignalSource(tuning.prometheus) as source:
        clock = FakeClock(ticks.start)
        loop = Loop(source=source, tuning=StaticTuning(tuning), inline=InlineWorkloads(), clock=clock, sink=sink)
        for at in ticks.times().tolist():
            clock.at = at
            await loop.tick(at)
    return [snapshot.decisions for snapshot in sink.snapshots]


async def _replayed(tuning: Tuning, ticks: Grid) -> list[Mapping[WorkloadId, Decision]]:
    with PrometheusSignalSource(tuning.prometheus) as source:
        reader = Reader(source=source, prometheus=tuning.prometheus, tick=tuning.tick)
        return [each.decisions async for piece in replay(reader, tuning.workloads, ticks) for each in piece]


def _ending(count: int) -> Grid:
    return Grid(start=_END - 30.0 * (count - 1), step_s=30.0, count=count)


def test_the_replay_decides_what_the_live_loop_decided(url: str) -> None:
    """To the byte, on plans, holds and everything that led there; and both change their mind and hold sometimes."""
    tuning = _tuning(url)
    live = asyncio.run(_live(tuning, _ending(_LIVE_TICKS)))
    replayed = asyncio.run(_replayed(tuning, _ending(_REPLAYED_TICKS)))

    assert len(replayed) == _REPLAYED_TICKS
    assert list(map(repr, replayed[-_LIVE_TICKS:])) == list(map(repr, live))
    of_both = [each for decisions in live for each in decisions.values()]
    assert {each.outcome for each in of_both} == {Outcome.PLAN, Outcome.HOLD}
    assert {each.planned for each in of_both} >= {0, 1, 2, None}


def _whatif(tmp_path: Path, url: str, *more: str) -> tuple[int, str, str]:
    config = tmp_path / "current.yaml"
    config.write_text(CONFIG.format(url=url))
    asked = ["whatif", "--config", str(config), "--replay", "--until", str(_END), "--json", *more]
    result = CliRunner().invoke(main, asked)
    return result.exit_code, result.stdout, result.stderr


def test_the_command_sums_up_what_was_planned_and_requested(tmp_path: Path, url: str) -> None:
    """In a table with reasons, and in JSON; a candidate with a lower ceiling plans less."""
    candidate = tmp_path / "candidate.yaml"
    candidate.write_text(CONFIG.format(url=url).replace("max: 8", "max: 1"))
    code, out, err = _whatif(tmp_path, url, "--days", "0.0375", "--candidate", str(candidate))

    made = json.loads(out.splitlines()[-1])
    current, other = made["workloads"], made["candidate"]["workloads"]
    assert code == 0, err
    assert [each["workload"] for each in current] == ["llm/chat", "llm/code"]
    assert current[0]["ticks"] == 108
    assert current[0]["held_ticks"] > 0
    assert current[0]["requested_replica_hours"] == pytest.approx(2 * (108 - current[0]["held_ticks"]) / 120)
    assert math.isclose(made["result"]["planned_replica_hours"], sum(each["planned_replica_hours"] for each in current))
    assert other[0]["planned_replica_hours"] < current[0]["planned_replica_hours"]
    assert 0 in {change["before"] for change in current[1]["changes"]}
    assert "llm/chat" in err


def test_a_prometheus_that_does_not_answer_is_an_error(tmp_path: Path, url: str) -> None:
    """Exit code 2, with its address."""
    code, _, err = _whatif(tmp_path, url, "--prometheus", "http://127.0.0.1:9", "--days", "0.01")
    assert code == 2
    assert "error: Prometheus at http://127.0.0.1:9: connection refused: nothing listens there" in err
