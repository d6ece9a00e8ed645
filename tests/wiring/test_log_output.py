"""Twin of adapter/wiring/log_output.py."""

import json
import subprocess
import sys

import pytest

_TELL = """
import logging
from adapter.wiring.log_output import configure_logging
configure_logging({form!r}, {level!r})
logging.getLogger("adapter.x").info("plan", extra={{"planned": 6, "reason": "work to do"}})
logging.getLogger("uvicorn.error").info("Started server process")
logging.getLogger("adapter.x").warning("holding")
"""


def _told(form: str, level: str) -> list[str]:
    command = [sys.executable, "-c", _TELL.format(form=form, level=level)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=15, check=True)
    assert ended.stdout == ""
    return ended.stderr.splitlines()


def test_text_is_one_line_for_people_with_what_was_given() -> None:
    """Values of several words are quoted; servers do not chat."""
    first, second = _told("text", "info")
    assert first.endswith('INFO    plan planned=6 reason="work to do"')
    assert second.endswith("WARNING holding")


def test_json_is_one_object_a_line() -> None:
    """The same, for machines."""
    first, second = (json.loads(line) for line in _told("json", "info"))
    assert (first["event"], first["planned"], first["level"]) == ("plan", 6, "info")
    assert second["event"] == "holding"


@pytest.mark.parametrize(("level", "lines"), [("warning", 1), ("error", 0)])
def test_levels_are_lowest_levels(level: str, lines: int) -> None:
    """Nothing below is told."""
    assert len(_told("json", level)) == lines
