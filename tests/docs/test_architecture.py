"""The page on architecture: its tests exist, its steps are the steps, its layout is the layout."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from adapter.core.decision import StepName
from tests.docs.pages import ROOT, section

_PAGE = ROOT / "docs" / "architecture.md"
_PROMISES = 10
_PROMISE = re.compile(r"^### (?P<number>\d+)\. ", re.MULTILINE)
_TESTS = re.compile(r"^- `(?P<file>tests/[\w/]+\.py)`: (?P<names>.*)$", re.MULTILINE)


def _promises() -> list[str]:
    """Return the text below each promise."""
    parts = _PROMISE.split(section(_PAGE, "The ten promises"))
    assert parts[1::2] == [str(number) for number in range(1, _PROMISES + 1)]
    return parts[2::2]


def _named(text: str) -> Iterator[tuple[str, str]]:
    for found in _TESTS.finditer(text):
        for name in re.findall(r"`(\w+)`", found["names"]):
            yield found["file"], name


def _tests_in(file: str) -> set[str]:
    path = ROOT / file
    tree = ast.parse(path.read_text(encoding="utf-8")) if path.exists() else ast.Module(body=[], type_ignores=[])
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {function.name for function in functions if function.name.startswith("test_")}


def test_every_promise_names_tests() -> None:
    """A promise without a test is a wish."""
    assert [number for number, text in enumerate(_promises(), start=1) if not list(_named(text))] == []


def test_every_test_that_is_named_exists() -> None:
    """A test that is renamed or removed must be renamed or replaced here."""
    named = {each for text in _promises() for each in _named(text)}
    assert [f"{file}: {name}" for file, name in sorted(named) if name not in _tests_in(file)] == []


def test_every_step_is_described_in_order() -> None:
    """And nothing else."""
    rows = [line.split("|")[1] for line in section(_PAGE, "A decision").splitlines() if line.startswith("| `")]
    assert [name for row in rows for name in re.findall(r"`([^`]+)`", row)] == [step.value for step in StepName]


def test_every_module_has_its_place_in_the_layout() -> None:
    """A new module or package must be told where it belongs."""
    places = set(re.findall(r"`([^`]+)`", "\n".join(_first_cells())))
    assert {place.rstrip("/") for place in places if place.startswith("adapter/")} == set(_modules())


def _first_cells() -> list[str]:
    return [line.split("|")[1] for line in section(_PAGE, "Layout").splitlines() if line.startswith("| `")]


def _modules() -> Iterator[str]:
    for path in sorted((ROOT / "adapter").iterdir()):
        if _is_module(path):
            yield str(path.relative_to(ROOT))


def _is_module(path: Path) -> bool:
    return (path / "__init__.py").exists() or (path.suffix == ".py" and path.name != "__init__.py")
