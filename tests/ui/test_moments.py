"""Twin of adapter/ui/moments.py."""

import pytest
from fastapi import HTTPException, Request

from adapter.ui.moments import moment, moment_text

TEN_O_CLOCK = 1787220000.0


def _asked(query: str) -> Request:
    return Request({"type": "http", "query_string": query.encode(), "headers": []})


@pytest.mark.parametrize(
    "text", ["1787220000", "2026-08-20T10:00:00Z", "2026-08-20T12:00:00%2B02:00", "2026-08-20T12:00:00+02:00"]
)
def test_times_are_seconds_or_have_a_zone(text: str) -> None:
    """A plus sign may have been left as it is."""
    assert moment(_asked(f"at={text}"), "at", otherwise=0.0) == TEN_O_CLOCK


def test_what_is_not_asked_for_is_taken_from_elsewhere() -> None:
    """The newest, as a rule."""
    assert moment(_asked(""), "at", otherwise=7.0) == 7.0


@pytest.mark.parametrize("text", ["2026-08-20T10:00:00", "yesterday", "nan", "inf", "-1", "1e300", ""])
def test_what_is_no_time_is_refused_with_what_is_allowed(text: str) -> None:
    """Without a zone it could be any of many."""
    with pytest.raises(HTTPException, match="allowed are") as refused:
        moment(_asked(f"at={text}"), "at", otherwise=0.0)
    assert refused.value.status_code == 400


def test_times_are_written_in_utc() -> None:
    """And say so."""
    assert moment_text(TEN_O_CLOCK) == "2026-08-20 10:00:00 UTC"
