"""JSON shapes of values and errors."""

import re

import pytest

from adapter.core.metric import MetricValue
from adapter.external_metrics.wire import status, timestamp, value_list
from tests.factories import LLAMA, TICK


def _item(value: float) -> dict[str, object]:
    document = value_list("m", workload=LLAMA, value=MetricValue(value=value, target=None, at=TICK))
    items = document["items"]
    assert isinstance(items, list)
    return dict(items[0])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0m"),
        (0.0001, "1m"),
        (1e-9, "1m"),
        (1e-12, "0m"),
        (0.1 + 0.2, "300m"),
        (12.5, "12500m"),
        (8.999, "8999m"),
        (1e9, "1000000000000m"),
    ],
)
def test_value_is_milli_text_rounded_up_from_the_nearest_nano(value: float, text: str) -> None:
    """The text is what the HPA's own arithmetic reads without any further rounding."""
    written = _item(value)["value"]
    assert written == text
    assert re.fullmatch(r"-?\d+m?", str(written))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_value_that_is_no_number_is_never_written(value: float) -> None:
    """NaN and infinity are errors, for a missing or null value would be read as 0."""
    with pytest.raises(ValueError, match="finite"):
        _item(value)


def test_item_has_exactly_the_keys_of_the_api() -> None:
    """The window is called `window`, not by its Go name."""
    assert set(_item(1.0)) == {"metricName", "metricLabels", "timestamp", "window", "value"}


def test_timestamp_has_whole_seconds_and_a_zone() -> None:
    """A time without zone would make the client refuse the whole list."""
    assert timestamp(TICK + 0.999) == "2026-08-20T10:00:00Z"


def test_status_repeats_its_code_and_names_the_reason() -> None:
    """Clients show the message and switch on reason and code."""
    body = status(503, message="no fresh data")
    assert (body["code"], body["reason"], body["message"]) == (503, "ServiceUnavailable", "no fresh data")
    assert (body["kind"], body["apiVersion"], body["status"]) == ("Status", "v1", "Failure")
