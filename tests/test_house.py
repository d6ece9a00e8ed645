"""The house rules that no linter knows: twins of pure modules, small files and functions, names that say something."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent
_GENERATED = "_generated"
_LONGEST_FILE = 400
_LONGEST_FUNCTION = 50
_DRAWERS = ("util", "utils", "helper", "helpers", "common", "misc")
_MIRRORED = {"adapter/core": "tests/core", "forecasting": "tests/forecasting"}


def _files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((_ROOT / folder).rglob("*.py")):
            if _GENERATED not in path.parts:
                yield path.relative_to(_ROOT)


def _twin(module: Path, package: str, tests: str) -> Path:
    inner = module.relative_to(package)
    return Path(tests) / inner.parent / f"test_{inner.stem.lstrip('_')}.py"


def _body_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return physical lines from `def` to the end, without the docstring."""
    docstring = function.body[0] if ast.get_docstring(function, clean=False) is not None else None
    prose = docstring.end_lineno - docstring.lineno + 1 if docstring and docstring.end_lineno else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - prose


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse((_ROOT / path).read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize(("package", "tests"), _MIRRORED.items())
def test_every_pure_module_has_a_twin(package: str, tests: str) -> None:
    """A module of the pure packages is tested in the file of its own name."""
    modules = [path for path in _files(package) if path.name not in ("__init__.py", "__main__.py")]
    assert [str(path) for path in modules if not (_ROOT / _twin(path, package, tests)).exists()] == []


def test_no_module_is_a_drawer() -> None:
    """Modules are named for an idea, not for being shared."""
    assert [str(path) for path in _files("adapter", "forecasting", "tests") if path.stem.lstrip("_") in _DRAWERS] == []


def test_no_file_outgrows_its_reader() -> None:
    """No file is longer than 400 lines."""
    lengths = {str(path): len((_ROOT / path).read_text().splitlines()) for path in _files("adapter", "forecasting")}
    assert {path: length for path, length in lengths.items() if length > _LONGEST_FILE} == {}


def test_no_function_outgrows_its_reader() -> None:
    """No function is longer than 50 lines, docstring aside."""
    lengths = {
        f"{path}:{function.name}": _body_length(function)
        for path in _files("adapter", "forecasting")
        for function in _functions(path)
    }
    assert {name: length for name, length in lengths.items() if length > _LONGEST_FUNCTION} == {}


def test_nothing_is_rebound_through_global() -> None:
    """State lives in values that are passed on."""
    keepers = [
        f"{path}:{node.lineno}"
        for path in _files("adapter", "forecasting", "tests")
        for node in ast.walk(ast.parse((_ROOT / path).read_text()))
        if isinstance(node, ast.Global)
    ]
    assert keepers == []
