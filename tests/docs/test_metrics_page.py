"""The page on our own metrics is generated, and current."""

import re

from tests.docs.metrics_page import PAGE, families, render


def test_page_is_current() -> None:
    """When this fails: make update."""
    assert PAGE.read_text(encoding="utf-8") == render()


def test_every_exposed_metric_has_a_row() -> None:
    """Under the name that a scrape shows, with nothing made up."""
    exposed = {sample.name for family in families() for sample in family.samples}
    listed = set(re.findall(r"^\| `(\w+)` \|", render(), re.MULTILINE))

    assert exposed <= listed
    assert len(listed) == len(families())
