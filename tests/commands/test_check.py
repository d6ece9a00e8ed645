"""Twin of adapter/commands/check.py."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapter.cli import main

_HEAD = "apiVersion: scaleahead/v1alpha1\nprometheus: {url: 'http://p:9090'}\n"
_GOOD = _HEAD + "workloads:\n- {namespace: prod, name: llama}\n"
_BAD = _GOOD + "- {namespace: prod, name: llama}\ntick: {intervall: 5s}\n"


def _check(*arguments: str, stdin: bytes | str = "") -> Result:
    return CliRunner().invoke(main, ["check", *arguments], input=stdin)


def test_a_good_document_is_one_line_and_exit_code_0(tmp_path: Path) -> None:
    """The line tells how many workloads, which presets and the digest."""
    path = tmp_path / "config.yaml"
    path.write_text(_GOOD)
    result = _check(str(path))
    assert (result.exit_code, result.output.count("\n")) == (0, 1)
    assert "config.yaml: valid, 1 workload (preset vllm), digest " in result.output


def test_every_problem_is_a_line_on_stderr_and_exit_code_2() -> None:
    """Standard input is `-`; nothing goes to standard output."""
    result = _check("-", stdin=_BAD)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        "<stdin>:5: workloads[1].name: workload prod/llama is listed already, in line 4 (given: llama)",
        "<stdin>:6: tick.intervall: unknown key, did you mean interval? (given: 5s)",
    ]


def test_a_warning_does_not_reject() -> None:
    """It goes to standard error, the summary to standard output, and the exit code is 0."""
    late = "- {namespace: prod, name: b, override: {floor: 99, until: 2030-01-01T00:00:00Z, author: me}}\n"
    result = _check("-", stdin=_GOOD + late)
    assert result.exit_code == 0
    assert result.stderr.startswith("warning: <stdin>:5: workloads[1].override.floor: is above replicas.max (10)")
    assert result.stdout.startswith("<stdin>: valid, 2 workloads")


def test_json_carries_the_same_for_machines() -> None:
    """One object, with the problems' places as numbers."""
    result = _check("--json", "-", stdin=_BAD)
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["valid"]) == (2, False)
    assert [problem["line"] for problem in answer["problems"]] == [5, 6]
    good = json.loads(_check("--json", "-", stdin=_GOOD).stdout)
    assert (good["valid"], good["workloads"], good["presets"]) == (True, ["prod/llama"], ["vllm"])


@pytest.mark.parametrize(
    ("name", "said"), [("missing.yaml", "No such file"), ("", "Is a directory"), ("nul\0.yaml", "null byte")]
)
def test_what_cannot_be_read_is_told_without_a_traceback(tmp_path: Path, name: str, said: str) -> None:
    """A missing file and a directory are the user's mistakes."""
    result = _check(str(tmp_path) + "/" + name)
    assert result.exit_code == 2
    assert said in result.stderr
    assert isinstance(result.exception, SystemExit)


def test_bytes_that_are_no_text_are_told_with_their_line() -> None:
    """A binary file is refused where it stops being UTF-8."""
    result = _check("-", stdin=b"a: 1\nb: \xff\n")
    assert (result.exit_code, result.stderr) == (2, "<stdin>:2: the file must be UTF-8 text, byte 0xff is not\n")


def test_checking_loads_no_server() -> None:
    """A check in a commit hook is quick: web, gRPC and compilers stay out."""
    script = (
        "import sys; from adapter.cli import main\n"
        "try: main(['check', '-'])\nexcept SystemExit: pass\n"
        "heavy = {'fastapi', 'grpc', 'numba', 'uvicorn', 'kubernetes', 'pandas', 'scipy', 'statsmodels', 'requests'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], input=_GOOD, capture_output=True, text=True, cwd=root)
    assert done.stdout.splitlines()[-1] == "[]"
