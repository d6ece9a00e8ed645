"""The pages of the documentation, and what stands in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
_FENCED = re.compile(r"^```(?P<language>\S*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block."""

    page: Path
    language: str
    """The word after the fence; empty without one."""
    text: str


def pages() -> list[Path]:
    """Return every page, README first."""
    return [README, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(*languages: str) -> Iterator[Block]:
    """Yield the fenced blocks of all pages that are in one of some languages."""
    for page in pages():
        for found in _FENCED.finditer(page.read_text(encoding="utf-8")):
            if found["language"] in languages:
                yield Block(page=page, language=found["language"], text=found["text"])


def inline_code(page: Path) -> Iterator[str]:
    """Yield what stands in backquotes outside of fenced blocks."""
    prose = _FENCED.sub("", page.read_text(encoding="utf-8"))
    yield from _INLINE.findall(prose)


def section(page: Path, heading: str) -> str:
    """Return the text below a heading of the second level, up to the next one."""
    text = page.read_text(encoding="utf-8")
    return text.split(f"\n## {heading}\n", maxsplit=1)[1].split("\n## ", maxsplit=1)[0]
