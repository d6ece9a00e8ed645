"""The pages in a real Chromium: sort, filter, follow links, go back in time, without an error or a foreign request."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from adapter.core.workload import WorkloadId
from adapter.decision_log import DecisionLog
from adapter.server import HttpServer, Listener
from adapter.ui.app import build_json_app
from adapter.ui.pages import Sources, page_routes
from adapter.ui.past import past_routes
from tests.factories import TICK, Board, FixedClock, decision, hold, snapshot
from tests.serving import served

pytestmark = pytest.mark.browser
_CHROMIUM = shutil.which("chromium")
_PATHS = ("", "workloads/prod/llama", "workloads/prod/qwen", f"workloads/prod/llama?at={TICK + 60}", "system")


@dataclass
class Visit:
    """A page, with whatever went wrong and wherever it went."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Go to a path below the address of the server."""
        self.page.goto(self.url + path)
        return self.page


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server with two hours of decisions on three workloads."""
    log, board, clock = DecisionLog(), Board(), FixedClock(TICK + 7200)
    for minute in range(121):
        at = TICK + 60 * minute
        board.snapshot = snapshot(
            decision(at=at, planned=4 + minute // 30),
            decision(WorkloadId("prod", "mixtral"), at=at, planned=1),
            hold(WorkloadId("prod", "qwen"), at=at),
            at=at,
        )
        log.publish(board.snapshot)
    sources = Sources(reader=board, archive=log, loop=board, clock=clock, release="1.2.3")
    app = build_json_app(board, clock, routers=[past_routes(board, log, clock), page_routes(sources)])
    with served(HttpServer(app, Listener(name="pages", port=0))) as found:
        yield found + "/"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The Chromium that is installed."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def visit(browser: Browser, url: str) -> Iterator[Visit]:
    """A fresh page that takes note of errors and of requests to anywhere else."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    visit = Visit(page=page, url=url)
    page.on("pageerror", lambda error: visit.faults.append(str(error)))
    page.on("console", lambda said: visit.faults.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("request", lambda asked: None if asked.url.startswith(url) else visit.faults.append(asked.url))
    yield visit
    page.close()
    assert visit.faults == []


def _names(page: Page) -> list[str]:
    return page.locator("tbody th a").all_inner_texts()


def test_the_table_is_sorted_and_filtered_by_clicks(visit: Visit) -> None:
    """By links and a form, as everything else."""
    page = visit.open("")
    assert _names(page) == ["prod/llama", "prod/mixtral", "prod/qwen"]

    page.get_by_role("link", name="Planned", exact=True).click()
    assert _names(page) == ["prod/llama", "prod/mixtral", "prod/qwen"]
    page.get_by_role("link", name="Planned").click()
    assert _names(page) == ["prod/mixtral", "prod/llama", "prod/qwen"]

    page.get_by_label("Name or reason").fill("mix")
    page.get_by_role("button", name="Show").click()
    assert _names(page) == ["prod/mixtral"]


def test_a_reader_gets_from_the_table_to_a_decision_of_the_past_and_back(visit: Visit) -> None:
    """The table, the workload, a mark in its chart, and now again."""
    page = visit.open("")
    page.get_by_role("link", name="prod/llama").click()
    assert page.locator(".cards b").first.inner_text() == "8"

    page.locator("svg a").first.click()
    assert "As decided at 2026-08-20 10:00:00 UTC" in page.locator("[role=status]").inner_text()
    assert page.locator(".cards b").first.inner_text() == "4"

    page.get_by_role("link", name="Back to now").click()
    assert page.locator("[role=status]").count() == 0


def test_what_happened_at_a_time_can_be_typed(visit: Visit) -> None:
    """As an SRE asks: at half past ten."""
    page = visit.open("workloads/prod/llama")
    page.get_by_label("What was decided at").fill("2026-08-20T10:45:00Z")
    page.get_by_role("button", name="Show").click()
    assert page.locator(".cards b").first.inner_text() == "5"


def test_a_page_keeps_itself_current_and_says_when_it_cannot(visit: Visit) -> None:
    """Its script is allowed to run and to ask its own server, and nothing more."""
    page = visit.open("system")
    page.evaluate("document.getElementById('main').dataset.old = 'yes'")
    page.evaluate("refresh()")
    page.wait_for_function("document.getElementById('main').dataset.old === undefined")
    page.route("**/system", lambda route: route.abort())
    page.evaluate("refresh()")
    page.wait_for_function("document.body.classList.contains('lost')")
    visit.faults = [each for each in visit.faults if "ERR_FAILED" not in each]


@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_can_be_used_by_everybody(visit: Visit, path: str, scheme: str) -> None:
    """The checker of accessibility has no serious finding, in either colour scheme."""
    visit.page.emulate_media(color_scheme=scheme)
    found = Axe().run(visit.open(path)).response["violations"]
    serious = [each for each in found if each["impact"] in {"serious", "critical"}]
    assert [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in serious] == []


@pytest.mark.parametrize("path", _PATHS)
def test_pages_fit_a_phone(visit: Visit, path: str) -> None:
    """Tables scroll within themselves; the page does not."""
    visit.page.set_viewport_size({"width": 390, "height": 844})
    page = visit.open(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
