"""The study from end to end on two small services: played, stopped, resumed, checked and told."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from adapter.simulation.load_files import Load
from tests.benchmarks.simulation_study import Plan, Study, report
from tests.benchmarks.study_lines import Line, add_lines, read_lines
from tests.benchmarks.study_stage import Case, cases
from tests.benchmarks.study_table import rows_of, summary, table
from tests.simulation.test_scenario import load

pytestmark = pytest.mark.timeout(120)  # whole closed loops with several policies: slow where the machine is shared

PLAN = Plan(hours=0.5, rounds=1, peers=("concurrency",), check=2)


def _services() -> list[Load]:
    """Return a service with a slow wave and one with two bursts, half an hour each."""
    minutes = np.arange(30)
    wave = (40 + 20 * np.sin(minutes / 5)).astype(np.int64)
    bursts = np.where((minutes < 6) | (minutes == 25), 30, 0)
    return [replace(load(counts), name=name) for name, counts in (("bursts", bursts), ("wave", wave))]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the results of a whole study."""
    results = tmp_path_factory.mktemp("study") / "whole.jsonl"
    lines = list(Study(_services(), results, PLAN).lines())
    assert lines == read_lines(results)
    return results


def test_a_study_goes_on_where_it_was_stopped(played: Path, tmp_path: Path) -> None:
    """Cut off before the last lines and resumed, it has what one go has, and then there is nothing left to play."""
    texts, parts = played.read_text().splitlines(), tmp_path / "parts.jsonl"
    parts.write_text("".join(f"{text}\n" for text in texts[:-6]) + '{"key": "cut')
    rest = list(Study(_services(), parts, PLAN).lines())
    assert rest == read_lines(played)[-6:]
    assert read_lines(parts) == read_lines(played)
    assert list(Study(_services(), parts, PLAN).lines()) == []


def test_what_is_played_is_told(played: Path) -> None:
    """Both services with ours, clairvoyant and five settings of scaling on concurrency; one on single requests."""
    lines = read_lines(played)
    assert {(line.key, line.intermittent) for line in lines} == {("bursts 180s 8b", True), ("wave 60s 70b", False)}
    counts = {policy: sum(line.policy == policy for line in lines) for policy in ("clairvoyant", "concurrency")}
    assert counts == {"clairvoyant": 2, "concurrency": 10}
    (checked,) = [line for line in lines if line.engine == "requests"]
    (twin,) = [line for line in lines if (line.key, line.policy, line.engine) == (checked.key, "scaleahead", "fluid")]
    assert checked.gpu_hours == pytest.approx(twin.gpu_hours, rel=0.1)
    told = report(lines)
    assert "| wave 60s 70b | steady |" in told
    assert "intermittent: 1 scenarios" in told
    assert f"{checked.key} on single requests: {checked.attainment:.2%}" in told


def test_after_six_rounds_every_service_has_met_every_cold_start_and_model() -> None:
    """Each round gives neighbours different ones, so that one round alone has some of each."""
    rounds = list(cases(["a", "b", "c"], rounds=6))
    assert len({case.key for turn in rounds for case in turn}) == 18
    assert rounds[0][:2] == (
        Case(series="a", cold_start_s=180.0, model="8b"),
        Case(series="b", cold_start_s=60.0, model="70b"),
    )


def _line(policy: str, attainment: float, gpu_hours: float, *, flaps: int = 0, intermittent: bool = False) -> Line:
    return Line(
        key="a 180s 8b",
        policy=policy,
        knob=None,
        engine="fluid",
        intermittent=intermittent,
        hours=24.0,
        requests=1000,
        attainment=attainment,
        gpu_hours=gpu_hours,
        failed=0,
        flaps=flaps,
        wakeups=0,
    )


def test_others_are_read_at_our_attainment() -> None:
    """At 98 % concurrency needs 12 h, KV usage 11 h, fixed 10.5 h and is not reactive, queue never gets there."""
    lines = [
        _line("scaleahead", 0.98, 10.0, flaps=3),
        _line("clairvoyant", 0.98, 8.0),
        _line("concurrency", 0.97, 11.0, flaps=30),
        _line("concurrency", 0.99, 13.0, flaps=12),
        _line("kv-usage", 0.985, 11.0),
        _line("fixed", 0.99, 10.5),
        _line("queue", 0.5, 1.0),
    ]
    (row,) = rows_of(lines)
    assert (row.over_clairvoyant, row.best, row.flaps) == (pytest.approx(1.25), "fixed", 3)
    assert (row.over_best, row.over_reactive) == (pytest.approx(10 / 10.5), pytest.approx(10 / 11))
    told = summary([row])
    assert "steady: 1 scenarios, 1.250 x clairvoyant, 1 attain 98%, 0 are below 96%, the lowest 98.00%" in told
    assert "at most 0.91 x the best reactive one" in told


def test_what_nobody_reaches_or_was_not_played_is_not_counted() -> None:
    """A dash, and no part in any mean."""
    (row,) = rows_of([_line("scaleahead", 0.98, 10.0, intermittent=True), _line("concurrency", 0.9, 5.0)])
    assert row.best == ""
    assert table([row]).endswith("| 98.00% | 10.0 | - | - | - | - | 0 | 0 |")
    assert "both: - x the best other at our attainment, where one gets there (0 of 1)" in summary([row])


def test_a_line_cut_off_does_not_spoil_the_next(tmp_path: Path) -> None:
    """The next lines begin on a line of their own."""
    results = tmp_path / "study.jsonl"
    results.write_text('{"key": "cut')
    add_lines(results, [_line("fixed", 0.9, 1.0)])
    assert read_lines(results) == [_line("fixed", 0.9, 1.0)]
