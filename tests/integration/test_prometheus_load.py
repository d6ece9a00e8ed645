"""`scaleahead backtest --prometheus`, and the load it reads, on two days written into a real Prometheus."""

import json
import math
import time
from collections.abc import Iterator

import numpy as np
import pytest
from click.testing import CliRunner

from adapter.cli import main
from adapter.core.chunks import MOST_POINTS
from adapter.core.errors import SignalMalformed, SignalUnavailable
from adapter.core.signal import Grid
from adapter.core.tuning import PrometheusTuning
from adapter.prometheus.load import PrometheusLoad
from tests.openmetrics import Track, as_openmetrics
from tests.ports import free_port
from tests.prometheus_server import PrometheusServer

pytestmark = pytest.mark.integration

_STEP_S, _COUNT = 300.0, 600  # fifty hours
_START = float(int(time.time() / _STEP_S) * _STEP_S - _STEP_S * (_COUNT - 1))
_SILENT = (36_000.0, 57_600.0)


def _wave(since: float) -> float | None:
    """Twenty requests, more or less, and nothing recorded for six hours."""
    return None if _SILENT[0] <= since < _SILENT[1] else round(20 + 15 * math.sin(since / 7000))


def _tracks() -> list[Track]:
    return [
        Track(name="load", labels={"model": "chat"}, value=_wave),
        Track(name="load", labels={"model": "code"}, value=lambda since: float(int(since / _STEP_S) % 7 == 0)),
        Track(name="load", labels={"model": "old"}, value=lambda _: 3.0, until=40_000.0),
        Track(name="drift", labels={"model": "chat"}, value=lambda since: 5.0 - since / 3600),
    ]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prometheus that remembers two days."""
    server = PrometheusServer(tmp_path_factory.mktemp("load"))
    server.backfill(as_openmetrics(_tracks(), start=_START, step_s=_STEP_S, count=_COUNT))
    with server:
        yield server.url


def _archive(url: str) -> PrometheusLoad:
    return PrometheusLoad(PrometheusTuning.model_validate({"url": url}))


def test_every_series_is_one_and_silence_is_a_gap(url: str) -> None:
    """Also where a series ends long before the range does, and never zero."""
    load = _archive(url).read("load", Grid(start=_START, step_s=_STEP_S, count=_COUNT))
    assert load.names == ('load{model="chat"}', 'load{model="code"}', 'load{model="old"}')
    since = np.arange(_COUNT) * _STEP_S
    silent = (since >= _SILENT[0] + 300) & (since < _SILENT[1])  # a value is visible for five minutes
    np.testing.assert_array_equal(np.isnan(load.values[0]), silent)
    assert np.isnan(load.values[2, -400:]).all()
    np.testing.assert_array_equal(load.values[0, :3], [_wave(at) for at in since[:3]])


def test_a_range_longer_than_one_query_may_be_is_put_together(url: str) -> None:
    """More than the 11,000 points that Prometheus gives at a time, with the values where they belong."""
    step_s = 15.0
    count = int(_STEP_S / step_s) * (_COUNT - 1) + 1
    assert count > MOST_POINTS
    fine = _archive(url).read("load", Grid(start=_START, step_s=step_s, count=count))
    coarse = _archive(url).read("load", Grid(start=_START, step_s=_STEP_S, count=_COUNT))
    np.testing.assert_array_equal(fine.values[1, :: int(_STEP_S / step_s)], coarse.values[1])


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("load{", "rejected the query"),
        ("nothing_of_that_name", "no series at any of the 600 times asked for; query: nothing_of_that_name"),
        ("drift", 'series drift{model="chat"}: load must be a finite number >= 0'),
        ("load / 0 > 1", r"got inf"),
    ],
)
def test_what_is_no_load_is_refused_by_name(url: str, query: str, said: str) -> None:
    """The query, or the series and its value."""
    with pytest.raises(SignalMalformed) as refused:
        _archive(url).read(query, Grid(start=_START, step_s=_STEP_S, count=_COUNT))
    assert said in str(refused.value)


def test_nobody_there_is_said() -> None:
    """Connection refused, with the address."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(SignalUnavailable, match="connection refused"):
        _archive(nowhere).read("load", Grid(start=_START, step_s=_STEP_S, count=_COUNT))
    done = CliRunner().invoke(main, ["backtest", "--prometheus", nowhere, "--query", "load"])
    assert (done.exit_code, "connection refused" in done.stderr) == (2, True)
    assert "tick" not in done.stderr


def test_the_command_scores_what_prometheus_remembers(url: str) -> None:
    """Groups, gaps and origins as from a file; the series that ended is named."""
    asked = ["backtest", "--prometheus", url, "--query", "load", "--days", "2", "--step", "300", "--json"]
    done = CliRunner().invoke(main, [*asked, "--origins", "40"])
    assert done.exit_code == 0, done.output
    cells = json.loads(done.stdout.splitlines()[-1])["cells"]
    assert {(cell["group"], cell["series"]) for cell in cells} == {("dense", 1), ("sparse", 1)}
    assert 'not scored: load{model="old"}' in done.stderr
