"""Twin of adapter/simulation/report.py, its tables and its looks."""

import math
import re
from html.parser import HTMLParser

import pytest

from adapter.simulation.contest import Outcome
from adapter.simulation.past_period import Measure
from adapter.simulation.report import Ground, Report, render
from adapter.simulation.report_style import COLOURS, STYLE
from adapter.simulation.results import Contest
from adapter.simulation.score import Score
from adapter.simulation.trail import thin
from tests.simulation.test_results import score


def outcome(policy: str, each: Score, *, knob: float = math.nan) -> Outcome:
    """Return an outcome of two days."""
    rows = [(15.0 * index, 2.0 + index % 3, 2.0, 9.0) for index in range(2 * 5760)]
    return Outcome(policy=policy, knob=knob, score=each, days=(each, each), trail=thin(rows))


def make_report(name: str = "llm/chat", *, workloads: int = 1) -> Report:
    """Return a report with two configurations and two policies."""
    contest = Contest(
        workload=name,
        intermittent=True,
        requests=1234,
        subject="candidate",
        outcomes={
            "candidate": (outcome("candidate", score(attainment=0.97, gpu_hours=9.0, failed=4)),),
            "current": (outcome("current", score(attainment=0.99, gpu_hours=12.0, flaps=8)),),
            "concurrency": tuple(
                outcome("concurrency", score(attainment=share, gpu_hours=hours), knob=hours)
                for share, hours in ((0.95, 8.0), (0.99, 16.0))
            ),
            "clairvoyant": (outcome("clairvoyant", score(attainment=0.98, gpu_hours=7.0)),),
        },
    )
    measure = Measure(name="ready replica-hours", unit="h", recorded=10.0, simulated=11.0)
    return Report(
        title="What if",
        lines=("From & to.",),
        contests=(contest,) * workloads,
        grounds=(Ground(notes=("It stands on <this>.",), measures=(measure,)),) * workloads,
        baseline="current",
        epoch=1_787_220_000.0,
        gpu_hour_price=2.5,
    )


class Balance(HTMLParser):
    """Knows which tags are open, and what is referred to outside of the file."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a tag."""
        self.outside += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Leave a tag that ends itself."""

    def handle_endtag(self, tag: str) -> None:
        """Close a tag, which must be the last one opened."""
        assert self.open.pop() == tag


def test_the_page_stands_alone_and_is_balanced() -> None:
    """Nothing is loaded from anywhere, every tag is closed, names are escaped."""
    page, parser = render(make_report("llm/<chat>")), Balance()
    parser.feed(page)
    assert (parser.open, parser.outside) == ([], [])
    assert "<script" not in page
    assert "llm/&lt;chat&gt;" in page
    assert "It stands on &lt;this&gt;." in page


def test_the_page_says_what_changed_against_the_baseline() -> None:
    """A quarter less GPU-hours for two points; costs at the price given."""
    page = render(make_report())
    assert "candidate, against current" in page
    assert "-2.00 points" in page
    assert "-25.0%" in page
    assert "<b>22.50</b><span>cost</span><i>was 30.00</i>" in page
    assert "+10.0%" in page  # the error of the replica-hours


def test_every_chart_and_every_policy_is_there() -> None:
    """The frontier, replicas and load over time, and two bars a day; dates where second 0 has one."""
    page = render(make_report())
    titles = re.findall(r"<h3>([^<]*)</h3>", page)
    assert titles == [
        "Served in time against GPU-hours",
        "Replicas asked for",
        "Requests in flight",
        "GPU-hours a day",
        "Served in time a day",
        "What this stands on",
    ]
    assert page.count("<svg") == 5
    assert "20 Aug" in page
    assert "concurrency at 16: 99 % in time, 16.00 GPU-hours" in page


@pytest.mark.parametrize(("workloads", "sections"), [(1, 1), (3, 3), (60, 40)])
def test_many_workloads_share_one_table(workloads: int, sections: int) -> None:
    """And the first forty get charts of their own."""
    page = render(make_report(workloads=workloads))
    assert page.count("<section>") == sections
    assert ("<h2>All workloads</h2>" in page) == (workloads > 1)
    assert ("20 more workloads are in the table only." in page) == (workloads == 60)


def test_light_and_dark_have_the_same_colours() -> None:
    """Every colour of a policy is defined twice."""
    assert [STYLE.count(f"--c{index}:#") for index in range(COLOURS)] == [2] * COLOURS
    assert "prefers-color-scheme:dark" in STYLE
