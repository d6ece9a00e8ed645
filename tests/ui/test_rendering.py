"""Twin of adapter/ui/rendering.py."""

import math

import pytest

from adapter.ui.rendering import UNKNOWN, number, page, percent, span


@pytest.mark.parametrize("written", [number(None), number(math.nan), percent(None), percent(math.nan), span(math.nan)])
def test_what_is_not_known_is_a_dash(written: str) -> None:
    """Never a 0."""
    assert written == UNKNOWN


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "0 s"), (119.0, "119 s"), (600.0, "10 min"), (5400.0, "90 min"), (259200.0, "3 d")]
)
def test_durations_are_short(seconds: float, text: str) -> None:
    """In the largest unit that leaves at least two of it."""
    assert span(seconds) == text


def test_words_from_elsewhere_are_escaped_and_the_page_is_closed_to_everything_outside() -> None:
    """A name can carry markup; the browser is told to run nothing of it either."""
    reply = page("error.html", {"base": "./", "code": 404, "message": "<script>alert(1)</script>"}, code=404)

    assert b"<script>alert" not in reply.body
    assert b"&lt;script&gt;alert" in reply.body
    assert reply.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert "unsafe" not in reply.headers["content-security-policy"]
