"""Training from files to a model file."""

import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from forecasting.model_file import load_model, training_record
from forecasting.training import train as training
from forecasting.training.samples import Grid
from tests.forecasting.loads import counts


def test_a_service_left_out_is_in_neither_model_nor_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small training end to end: the record names what was trained on."""
    monkeypatch.setattr(training, "GRIDS", (Grid(step_s=60.0, minutes=1, horizons=(2, 10), origins=60),) * 2)
    monkeypatch.setattr(training, "SHORT_GRIDS", ())
    monkeypatch.setattr(training, "_SYNTHETIC", 8)
    path = tmp_path / "load.csv"
    load = counts(n=4)
    lines = [f"{s}/c{i},{60 * t},{load[i, t]}" for i, s in enumerate("aabb") for t in range(load.shape[1])]
    path.write_text("series_id,t_s,requests\n" + "\n".join(lines) + "\n")
    plan = training.Plan(
        files=(path,), without=("b",), days=1, seed=1, networks=1, passes=2, output=tmp_path / "model.npz"
    )
    training.train(plan, Console(file=io.StringIO()))
    assert training_record(plan.output)["services"] == {"a": 2}
    assert np.isfinite(load_model(plan.output).networks[0].weights[0]).all()


def test_a_file_of_other_steps_than_minutes_is_refused(tmp_path: Path) -> None:
    """Ten seconds taken for minutes would teach a world six times as slow; the file and its step are named."""
    path = tmp_path / "load.csv"
    path.write_text("t_s,requests\n0,1\n10,2\n20,3\n")
    plan = training.Plan(files=(path,), without=(), days=1, seed=1, networks=1, passes=1, output=tmp_path / "no.npz")
    with pytest.raises(ValueError, match=r"load\.csv has steps of 10 s"):
        training.train(plan, Console(file=io.StringIO()))
    assert not plan.output.exists()
