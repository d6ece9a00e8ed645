"""The output on the pages has the form of what the program prints, and numbers agree with one another."""

import io
import re

from click.testing import CliRunner
from rich.console import Console, RenderableType

from adapter.cli import main
from adapter.commands.explain import explanation
from adapter.demo.comparison import Total
from adapter.demo.replay import Frame
from adapter.demo.screen import live_table, summary_table
from adapter.ui.views import explain_view
from tests.docs.pages import README, ROOT, Block, blocks
from tests.factories import decision, snapshot

_TABLES = [block for block in blocks("text") if block.page == README]
_NO_TOTAL = Total(slo_attainment=1.0, gpu_hours=1.0, failed_requests=0, scale_flaps=0)


def _heads(lines: list[str]) -> list[str]:
    [line] = [line for line in lines if line.startswith("┃")]
    return [cell.strip() for cell in line.strip("┃").split("┃")]


def _rows(block: Block) -> list[list[str]]:
    lines = [line for line in block.text.splitlines() if line.startswith("│")]
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]


def _printed(what: RenderableType) -> list[str]:
    console = Console(width=200, file=io.StringIO())
    console.print(what)
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined]  # a StringIO


def test_the_demo_is_shown_with_its_columns() -> None:
    """First what runs, then the comparison, each under its title."""
    live, summary = (block.text.splitlines() for block in _TABLES)
    frame = _printed(live_table(Frame(at_s=615.0, end_s=3480.0, lines=())))
    compared = _printed(summary_table((), (), (), totals=(_NO_TOTAL, _NO_TOTAL)))

    assert _heads(live) == _heads(frame)
    assert re.fullmatch(r" *\d+\.\d of \d+ min  █+░*  \d+%", live[0])
    assert _heads(summary) == _heads(compared)
    assert summary[0] == compared[0].rstrip()


def test_the_benchmarks_have_the_numbers_of_the_readme() -> None:
    """Whoever measures again updates both."""
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    name = ""
    for workload, policy, attainment, gpu_hours, *_ in _rows(_TABLES[1]):
        name = workload or name
        assert f"| {name} | {policy} | {attainment} | {gpu_hours} |" in page


def test_check_prints_what_the_readme_says() -> None:
    """To the letter, digest included."""
    [shown] = [block.text for block in blocks("console") if block.text.startswith("$ scaleahead check ")]
    prompt, said = shown.split("\n", maxsplit=1)
    file = prompt.rpartition(" ")[2]
    result = CliRunner().invoke(main, ["check", str(ROOT / file)])
    assert (result.exit_code, result.output.replace(f"{ROOT}/", "")) == (0, said)


def test_explain_is_shown_as_it_begins() -> None:
    """The lines of the summary, in their order."""
    [shown] = [block.text for block in blocks("console") if block.text.startswith("$ scaleahead explain ")]
    decided = decision()
    printed = _printed(explanation(explain_view(decided, snapshot(decided), stale=None)))
    labels = [re.split(r" {2,}", line)[0] for line in shown.splitlines()[1:]]
    assert labels == [re.split(r" {2,}", line)[0] for line in printed[: len(labels)]]
