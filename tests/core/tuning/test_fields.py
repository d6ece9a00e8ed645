"""Twin of adapter/core/tuning/fields.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.tuning.fields import format_duration, parse_duration


@given(milliseconds=st.integers(min_value=0, max_value=10**11))
def test_a_duration_survives_being_written_and_read(milliseconds: int) -> None:
    """Reading what was written gives the same seconds, to the millisecond."""
    assert parse_duration(format_duration(milliseconds / 1000)) == pytest.approx(milliseconds / 1000, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "seconds"), [("1h30m", 5400), ("250ms", 0.25), ("1d", 86400), ("1.5h", 5400), (" 90s ", 90), ("0s", 0)]
)
def test_durations_are_read_as_go_and_prometheus_users_write_them(text: str, seconds: float) -> None:
    """Units combine from days to milliseconds."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", " ", "5", "5 minutes", "-5s", "s", "1m1h", "1e3s", "٣s"])
def test_what_is_no_duration_is_refused_with_examples(text: str) -> None:
    """The message shows how a duration is written."""
    with pytest.raises(ValueError, match="such as 30s, 5m, 1h30m or 250ms"):
        parse_duration(text)


def test_a_number_is_seconds_already() -> None:
    """Whatever is no text is left to the type that follows."""
    assert parse_duration(7) == 7
