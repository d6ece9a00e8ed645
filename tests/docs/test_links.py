"""Links lead somewhere, and every page can be found."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, pages

_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")


def _anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _is_dead(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    return not file.exists() or (bool(anchor) and anchor not in _anchors(file))


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_to_a_file_and_a_heading(page: Path) -> None:
    """Links to the web are left to the reader."""
    targets = [target for target in _LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]
    assert [target for target in targets if _is_dead(page, target)] == []


def test_the_index_lists_every_file_of_the_folder() -> None:
    """Nothing is documented in secret."""
    index = ROOT / "docs" / "README.md"
    listed = set(_LINK.findall(index.read_text(encoding="utf-8"))) - {"../README.md"}
    there = {str(path.relative_to(index.parent)) for path in index.parent.rglob("*") if path.is_file()}
    pictures = {name for name in there if name.startswith("images/")}  # shown by the pages, which a test follows
    assert listed == there - pictures - {index.name}
