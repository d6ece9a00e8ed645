"""`scaleahead backtest` on a local Ray cluster, a pool of processes and one process: the same numbers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.integration


def _cells(file: Path, *options: str) -> list[dict[str, object]]:
    """Return the cells that the command prints, without what they cost."""
    command = [sys.executable, "-m", "adapter", "backtest", str(file), "--origins", "25", "--json", *options]
    # a Ray cluster of somebody else must not be joined
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=110, env=environment)
    cells: list[dict[str, object]] = json.loads(done.stdout.splitlines()[-1])["cells"]
    return [{key: value for key, value in cell.items() if key != "cpu_ms_per_forecast"} for cell in cells]


def test_every_engine_gives_the_same_cells(tmp_path: Path) -> None:
    """To the last digit: a result depends on its series alone."""
    load = np.random.default_rng(0).poisson(30, size=(3, 300))
    lines = [f"s{name},{60 * t},{load[name, t]}" for name in range(3) for t in range(300)]
    file = tmp_path / "load.csv"
    file.write_text("series_id,t_s,requests\n" + "\n".join(lines) + "\n")
    alone = _cells(file, "--jobs", "1")
    assert len(alone) >= 4
    assert _cells(file, "--jobs", "2") == alone
    assert _cells(file, "--engine", "ray") == alone
