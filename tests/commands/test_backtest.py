"""The command that scores forecasts of recorded load."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from adapter.commands.backtest import command


def write_load(path: Path) -> Path:
    """Write 500 minutes of two series."""
    load = np.random.default_rng(0).poisson(30, size=(2, 500))
    lines = [f"{name},{60 * t},{load[i, t]}" for i, name in enumerate(("a", "b")) for t in range(500)]
    path.write_text("series_id,t_s,requests\n" + "\n".join(lines) + "\n")
    return path


def test_the_last_line_is_the_json_and_the_plot_is_written(tmp_path: Path) -> None:
    """A table for people, numbers for scripts, a picture."""
    file, plot = write_load(tmp_path / "load.csv"), tmp_path / "plot.svg"
    done = CliRunner().invoke(command, [str(file), "--json", "--origins", "30", "--plot", str(plot)])
    assert done.exit_code == 0, done.output
    summary = json.loads(done.stdout.splitlines()[-1])["summary"]
    assert 0.1 < summary["peak_wql_vs_last"] < 1.2
    assert summary["cpu_ms_per_forecast"] > 0
    assert "</svg>" in plot.read_text()


def test_a_file_that_cannot_be_read_is_refused_with_the_reason(tmp_path: Path) -> None:
    """Exit code 2 and what is missing."""
    file = tmp_path / "bad.csv"
    file.write_text("t_s,load\n0,1\n60,2\n")
    done = CliRunner().invoke(command, [str(file)])
    assert done.exit_code == 2
    assert "value columns" in done.stderr


def test_series_and_steps_can_be_chosen(tmp_path: Path) -> None:
    """One series, summed to five minutes; a name or a step that does not fit is refused."""
    file = str(write_load(tmp_path / "load.csv"))
    done = CliRunner().invoke(command, [file, "--series", "a", "--step", "300", "--origins", "30", "--json"])
    assert {cell["step_s"] for cell in json.loads(done.stdout.splitlines()[-1])["cells"]} <= {300.0}
    assert "no series" in CliRunner().invoke(command, [file, "--series", "z"]).stderr
    assert "multiple of" in CliRunner().invoke(command, [file, "--step", "90"]).stderr


@pytest.mark.parametrize(
    ("loads", "said"),
    [
        ([7], "at least two"),
        ([7, 7, 7], "too few to test forecasts on"),
        ([0] * 200, "not scored: load: its load is zero throughout"),
        ([""] * 200, "not scored: load: fewer than 20 forecasts"),
    ],
)
def test_load_that_cannot_be_scored_is_named_with_the_reason(tmp_path: Path, loads: list[object], said: str) -> None:
    """Never a traceback, never an empty table without a word."""
    file = tmp_path / "load.csv"
    file.write_text("t_s,requests\n" + "".join(f"{60 * t},{load}\n" for t, load in enumerate(loads)))
    done = CliRunner().invoke(command, [str(file), "--json"])
    assert said in done.stderr
    assert done.exception is None or isinstance(done.exception, SystemExit)
    if done.exit_code == 0:
        printed = json.loads(done.stdout.splitlines()[-1])
        assert printed["cells"] == []
        assert "nan" not in done.stdout.splitlines()[-2]
        assert printed["summary"]["peak_wql_vs_last"] is None


def test_ten_second_steps_and_huge_whole_numbers_are_scored(tmp_path: Path) -> None:
    """Hundreds of billions per step, one hour: a trace."""
    file = tmp_path / "load.csv"
    loads = np.random.default_rng(0).poisson(30, size=400) * 10**11
    file.write_text("t_s,requests\n" + "".join(f"{10 * t},{load}\n" for t, load in enumerate(loads)))
    done = CliRunner().invoke(command, [str(file), "--json", "--origins", "30"])
    cells = json.loads(done.stdout.splitlines()[-1])["cells"]
    assert {cell["group"] for cell in cells} == {"trace"}
    assert all(0.2 < cell["peak_wql_vs_last"] < 2 for cell in cells)


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    """Not numpy's words about it, and nothing is scored."""
    file, model = write_load(tmp_path / "load.csv"), tmp_path / "model.npz"
    model.write_text("not a model")
    done = CliRunner().invoke(command, [str(file), "--model", str(model)])
    assert done.exit_code == 2
    assert f"{model} is no pooled model" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "either FILE or --prometheus"),
        (["--prometheus", "http://127.0.0.1:1"], "--prometheus needs --query"),
        (["--prometheus", "chat", "--query", "load"], "--prometheus chat"),
        (["--prometheus", "http://127.0.0.1:1", "--query", "load", "--value", "x"], "--value names a column"),
        (["--prometheus", "http://127.0.0.1:1", "--query", "load", "--days", "0.001"], "fewer than two steps"),
        (["--from-day", "-1"], "'--from-day'"),
        (["--from-day", "nan"], "'--from-day'"),
        (["--plot", "no-such-folder/plot.svg"], "'--plot'"),
    ],
)
def test_options_that_do_not_fit_are_refused_with_what_does(options: list[str], said: str) -> None:
    """Exit code 2, before anything is asked."""
    done = CliRunner().invoke(command, options)
    assert (done.exit_code, said in done.stderr) == (2, True)
