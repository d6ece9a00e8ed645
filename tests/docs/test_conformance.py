"""The page on conformance: all items, and every test that it names exists."""

import ast
import re

from tests.docs.pages import ROOT

_PAGE = ROOT / "docs" / "conformance.md"
_ITEMS = 51
_ROW = re.compile(r"^\| (?P<number>\d+) \| .* \| (?P<by>.*) \|$", re.MULTILINE)
_FILE = re.compile(r"`(?P<file>tests/[\w/]+\.py)`: (?P<names>`\w+`(?:, `\w+`)*)")


def _rows() -> list[tuple[int, str]]:
    return [(int(row["number"]), row["by"]) for row in _ROW.finditer(_PAGE.read_text(encoding="utf-8"))]


def _tests_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_item_has_a_row_with_a_test() -> None:
    """In order, none left out."""
    assert [number for number, _ in _rows()] == list(range(1, _ITEMS + 1))
    assert [number for number, by in _rows() if not _FILE.search(by)] == []


def test_every_test_that_is_named_exists() -> None:
    """A test that is renamed must be renamed here."""
    named = {
        (found["file"], name)
        for _, by in _rows()
        for found in _FILE.finditer(by)
        for name in re.findall(r"`(test_\w+)`", found["names"])
    }
    assert sorted(f"{file}: {name}" for file, name in named if name not in _tests_in(file)) == []
