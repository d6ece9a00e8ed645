"""Twin of adapter/commands/options.py, and the check that the generated docs are current."""

import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from adapter.cli import main
from adapter.commands.options import table
from adapter.core.tuning.options import options

_DOCS = Path(__file__).parents[2] / "docs"


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["options", *arguments])
    assert result.exit_code == 0
    return result.output


@pytest.mark.parametrize(("flag", "file"), [("--markdown", "options.md"), ("--schema", "config.schema.json")])
def test_the_generated_docs_are_current(flag: str, file: str) -> None:
    """When this fails: make update."""
    assert (_DOCS / file).read_text() == _run(flag)


def test_machines_get_every_option() -> None:
    """The JSON array has one object per key."""
    assert [each["path"] for each in json.loads(_run("--json"))] == [option.path for option in options()]


def test_a_narrow_terminal_still_shows_whole_keys() -> None:
    """Eighty columns fold the longest key; nothing is cut."""
    console = Console(width=80, file=io.StringIO())
    console.print(table())
    drawn = console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO
    keys = "".join(line[1:].split("│")[0].strip() for line in drawn.splitlines() if line.startswith("│"))
    assert keys == "".join(option.path for option in options())


def test_a_pipe_gets_one_line_per_option() -> None:
    """Without a terminal nothing is wrapped or coloured."""
    assert len(_run().splitlines()) == len(options())
