"""The import contracts hold, and they notice a planted offence (a contract that cannot break protects nothing)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent
_ONE_WAY = "imports point one way, and no shell imports another"
_PURE = "the pure packages have no clock, chance, thread, log, process or network"
_BLIND = "forecasting knows nothing of the adapter"
_TYPED = "only the configuration models of the core use pydantic"
_COMPILED = "only the simulation compiles with numba"


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "lint-imports"
    environment = os.environ | {"PYTHONPATH": str(folder)}
    command = [str(program), "--no-cache"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of both packages and of the contracts, to be spoilt."""
    skip = shutil.ignore_patterns("__pycache__")
    for package in ("adapter", "forecasting"):
        shutil.copytree(_ROOT / package, tmp_path / package, ignore=skip)
    shutil.copy(_ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def _plant(tree: Path, module: str, line: str) -> None:
    path = tree / module
    path.parent.mkdir(exist_ok=True)
    (path.parent / "__init__.py").touch()
    path.write_text(f"{path.read_text() if path.exists() else ''}\n{line}\n")


def test_contracts_hold() -> None:
    """The code as it is keeps every contract."""
    outcome = _lint_imports(_ROOT)
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("adapter/core/__init__.py", "import asyncio", _PURE),
        ("adapter/core/__init__.py", "import time", _PURE),
        ("adapter/simulation/__init__.py", "import requests", _PURE),
        ("forecasting/__init__.py", "import random", _PURE),
        ("forecasting/__init__.py", "import adapter.core", _BLIND),
        ("adapter/core/planted.py", "import pydantic", _TYPED),
        ("adapter/core/planted.py", "import numba", _COMPILED),
        ("adapter/core/planted.py", "import adapter.ports", _ONE_WAY),
        ("adapter/keda/planted.py", "import adapter.external_metrics", _ONE_WAY),
        ("adapter/undeclared.py", "import adapter.core", _ONE_WAY),
    ],
)
def test_planted_offence_is_noticed(tree: Path, module: str, line: str, contract: str) -> None:
    """Each forbidden import, and a module that belongs to no layer, breaks the contract made for it."""
    (tree / "adapter/external_metrics").mkdir(exist_ok=True)
    (tree / "adapter/external_metrics/__init__.py").touch()
    (tree / "adapter/ports.py").touch()
    _plant(tree, module, line)

    outcome = _lint_imports(tree)

    assert outcome.returncode == 1, outcome.stdout + outcome.stderr
    assert f"{contract} BROKEN" in outcome.stdout


def test_numba_is_allowed_where_it_belongs(tree: Path) -> None:
    """The simulation's kernels may be compiled."""
    _plant(tree, "adapter/simulation/planted.py", "import numba")
    assert _lint_imports(tree).returncode == 0
