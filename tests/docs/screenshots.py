"""Make the pictures of the documentation: `python -m tests.docs.screenshots`.

The demo is replayed for as long as a picture needs, and its pages are photographed by the Chromium that is installed.
"""

import asyncio
import shutil
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, async_playwright

from adapter.demo.replay import play
from adapter.demo.scenario import bundled_services
from adapter.demo.stage import open_stage
from tests.docs.pages import ROOT

FOLDER: Final = ROOT / "docs" / "images"
_AT_S: Final = 2400.0
_WIDTH: Final = 1200
_PAGES: Final = (("workloads.png", "", 330), ("workload.png", "workloads/llm/code?span=1h", 1300))
"""File, path, and height in pixels."""


async def _photograph(browser: Browser, url: str, path: Path, *, height: int) -> None:
    page = await browser.new_page(viewport={"width": _WIDTH, "height": height})
    await page.goto(url)
    await page.screenshot(path=path)
    await page.close()


async def main() -> None:
    """Replay, stop at the moment, and photograph each page."""
    async with async_playwright() as playwright, open_stage(bundled_services(), speed=100_000) as stage:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        async for frame in play(stage):
            if frame.at_s >= _AT_S:
                break
        for name, path, height in _PAGES:
            await _photograph(browser, f"{stage.addresses.json_api}/{path}", FOLDER / name, height=height)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
