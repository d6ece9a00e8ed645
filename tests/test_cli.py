"""Twin of adapter/cli.py."""

import pytest
from click.testing import CliRunner

from adapter.cli import COMMANDS, main


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_exists_and_is_helped_by_its_own_first_sentence(name: str) -> None:
    """The table that lists commands without loading them says what they say."""
    command = main.get_command(None, name)  # type: ignore[arg-type]  # the group asks nothing of the context
    assert command is not None
    assert command.get_short_help_str(limit=200) == COMMANDS[name]


def test_help_lists_every_command() -> None:
    """Nothing is hidden."""
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    assert all(name in result.output for name in COMMANDS)


def test_an_unknown_command_is_refused_by_name() -> None:
    """A typing error is a usage error, exit code 2."""
    result = CliRunner().invoke(main, ["chek"])
    assert result.exit_code == 2
    assert "No such command 'chek'" in result.output
