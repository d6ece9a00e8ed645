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
