"""Twin of adapter/commands/simulate.py."""

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from adapter.cli import main
from tests.simulation.test_results import SCHEMA

_COUNTS = "series_id,t_s,arrivals\n" + "".join(
    f"{name},{60 * minute},{count}\n" for name, count in (("chat", 20), ("code", 30)) for minute in range(20)
)


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """Two services for twenty minutes."""
    path = tmp_path / "load.csv"
    path.write_text(_COUNTS)
    return path


def run(*arguments: str | Path) -> tuple[int, str, str]:
    """Return exit code, standard output and standard error."""
    result = CliRunner().invoke(main, ["simulate", *(str(each) for each in arguments)])
    return result.exit_code, result.stdout, result.stderr


def test_the_last_line_is_json_with_all_policies_asked_for(trace: Path) -> None:
    """Both services add up in the result."""
    code, out, _ = run("--trace", trace, "--no-rescale", "--policy", "concurrency", "--policy", "fixed", "--json")
    assert code == 0
    made = json.loads(out.splitlines()[-1])
    jsonschema.validate(made, SCHEMA)
    assert [entry["policy"] for entry in made["comparison"]] == ["concurrency", "fixed"]
    assert [each["workload"] for each in made["workloads"]] == ["chat", "code"]
    assert made["result"]["gpu_hours"] == sum(each["result"]["gpu_hours"] for each in made["workloads"])


def test_one_series_can_be_chosen(trace: Path) -> None:
    """And people get a table."""
    code, out, _ = run("--trace", trace, "--no-rescale", "--series", "code", "--policy", "fixed")
    assert code == 0
    assert "code" in out
    assert "chat" not in out
    assert "scaleahead" in out
    assert "GPU-h" in out


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("a,b\n1,2\n", (), "need the columns t_s"),
        (_COUNTS, ("--series", "mail"), "no series mail; the file has chat, code"),
        ("t_s,arrivals\n0,0\n60,0\n", (), "nothing arrives in the scored time"),
    ],
)
def test_a_trace_that_cannot_be_played_is_explained(
    tmp_path: Path, text: str, options: tuple[str, ...], message: str
) -> None:
    """Exit code 2, the file, and what is wrong."""
    path = tmp_path / "bad.csv"
    path.write_text(text)
    code, out, _ = run("--trace", path, *options)
    assert code == 2
    assert message in " ".join(out.split())


def test_a_file_that_is_no_text_is_explained(tmp_path: Path) -> None:
    """As a broken gzip is."""
    path = tmp_path / "bad.csv.gz"
    path.write_bytes(b"\x00\x01\x02")
    code, out, _ = run("--trace", path)
    assert code == 2
    assert "must be CSV text in UTF-8" in " ".join(out.split())


def test_a_pattern_stands_in_for_a_trace(tmp_path: Path) -> None:
    """The same seed gives the same numbers; a report is written."""
    load = ("--pattern", "step", "--days", "0.1", "--hours", "0.2", "--no-rescale", "--seed", "3")
    asked = (*load, "--policy", "fixed", "--json")
    page = tmp_path / "report.html"
    first, second = run(*asked, "--html", page), run(*asked)
    assert first[0] == second[0] == 0
    assert first[1].splitlines()[-1] == second[1].splitlines()[-1]
    made = json.loads(first[1].splitlines()[-1])
    assert [each["workload"] for each in made["workloads"]] == ["step"]
    assert len(made["result"]["days"]) == 1
    assert "<h2>step</h2>" in page.read_text()


def test_a_broken_limit_ends_with_its_reason(trace: Path) -> None:
    """Exit code 1; one that is kept says nothing."""
    limits = ("--fail-on", "gpu_hours>1000", "--fail-on", "gpu_hours>0.001")
    code, out, err = run("--trace", trace, "--no-rescale", "--series", "chat", "--policy", "fixed", *limits, "--json")
    assert code == 1
    [failure] = json.loads(out.splitlines()[-1])["failures"]
    assert failure.startswith("gpu_hours>0.001: gpu_hours is ")
    assert "failed: gpu_hours>0.001" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--pattern", "step", "--fail-on", "gpu_hours>+5%"), "there is no baseline here"),
        ((), "give either --trace FILE or --pattern NAME"),
        (("--pattern", "step", "--fail-on", "speed>1"), "'speed>1' must be FIGURE<LIMIT or FIGURE>LIMIT"),
    ],
)
def test_options_that_make_no_sense_are_explained(options: tuple[str, ...], message: str) -> None:
    """Exit code 2, before anything is played."""
    code, out, err = run(*options)
    assert code == 2
    assert message in " ".join((out + err).split())
