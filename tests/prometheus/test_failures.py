"""The table of failures is complete and picks the most specific row."""

import inspect

import pytest
import requests
import urllib3.exceptions

from adapter.core.errors import SignalError
from adapter.prometheus.failures import ERRORS, public_url, shorten, translate

_REQUESTS_ERRORS = [
    error
    for _, error in inspect.getmembers(requests.exceptions, inspect.isclass)
    if issubclass(error, requests.RequestException)
]


_URLLIB3_ERRORS = [
    error
    for _, error in inspect.getmembers(urllib3.exceptions, inspect.isclass)
    if issubclass(error, urllib3.exceptions.HTTPError)
]


@pytest.mark.parametrize("error", [*_REQUESTS_ERRORS, *_URLLIB3_ERRORS])
def test_every_error_of_the_http_libraries_is_translated(error: type[Exception]) -> None:
    """No exception of requests or urllib3 gets through, whatever they add later."""
    instance = error.__new__(error)

    assert isinstance(translate(instance, url="http://prom", query="up"), SignalError)


def test_no_row_hides_behind_a_more_general_one() -> None:
    """Of two related rows the special one comes first."""
    classes = [row[0] for row in ERRORS]
    hidden = [
        (special, general)
        for index, special in enumerate(classes)
        for general in classes[:index]
        if issubclass(special, general)
    ]

    assert hidden == []


def test_cause_deep_inside_decides() -> None:
    """Requests wraps what urllib3 wraps what the system said."""
    refused = urllib3.exceptions.NewConnectionError(None, "x")  # type: ignore[arg-type]  # no connection is needed
    refused.__cause__ = ConnectionRefusedError()
    outer = requests.ConnectionError(urllib3.exceptions.MaxRetryError(None, "/", refused))  # type: ignore[arg-type]

    assert "connection refused" in str(translate(outer, url="http://prom", query="up"))


def test_bug_is_not_translated() -> None:
    """An error that nobody foresaw stays what it is."""
    with pytest.raises(KeyError):
        translate(KeyError("x"), url="http://prom", query="up")


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://me:secret@prom:9090/path/?token=1#x", "https://prom:9090/path"),
        ("http://prom", "http://prom"),
    ],
)
def test_public_address_has_no_secrets(url: str, public: str) -> None:
    """User information and query are cut."""
    assert public_url(url) == public


def test_long_words_are_shortened_to_one_line() -> None:
    """A log line stays a log line."""
    assert shorten("a\n b") == "a b"
    assert len(shorten("x" * 1000)) == 300
