"""What the pages tell people to type exists."""

import re
import shlex
from collections.abc import Iterator

import click
import pytest

from adapter.cli import COMMANDS, main
from tests.docs.pages import ROOT, blocks, inline_code, pages

_HELP = {"-h", "--help", "--version"}


def _typed() -> Iterator[list[str]]:
    """Yield the words of every command in a shell block or in backquotes, prompts and continued output left out."""
    for block in blocks("sh", "console"):
        lines = block.text.splitlines()
        prompted = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        yield from (shlex.split(line, comments=True) for line in (prompted or lines))
    for page in pages():
        yield from (code.split() for code in inline_code(page) if code.startswith(("scaleahead ", "make ")))


_OURS = sorted({tuple(words[1:]) for words in _typed() if words and words[0] == "scaleahead"})
_MADE = sorted({words[1] for words in _typed() if words and words[0] == "make"})


def _flags(name: str) -> set[str]:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    return _HELP | {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}


@pytest.mark.parametrize("words", _OURS, ids=" ".join)
def test_command_and_its_flags_exist(words: tuple[str, ...]) -> None:
    """A renamed flag must be renamed in the pages."""
    assert words[0] in COMMANDS
    given = {word.partition("=")[0] for word in words[1:] if re.match(r"--?[a-z]", word)}
    assert given <= _flags(words[0])


def test_flags_in_passing_exist() -> None:
    """A flag named alone belongs to some command."""
    known = {flag for name in COMMANDS for flag in _flags(name)}
    named = {code for page in pages() for code in inline_code(page) if re.fullmatch(r"--[a-z-]+", code)}
    assert named - known == set()


def test_make_targets_exist() -> None:
    """`make` knows what the pages ask it for."""
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert [target for target in _MADE if target not in targets] == []


def test_the_readme_names_its_commands() -> None:
    """The two that set everything up, and those that a user starts with."""
    assert {"demo", "test", "check"} <= set(_MADE)
    assert {"check", "serve", "explain"} <= {words[0] for words in _OURS}
