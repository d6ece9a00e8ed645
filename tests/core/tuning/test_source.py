"""Twin of adapter/core/tuning/source.py."""

from typing import Any

import pytest
from pydantic import ValidationError

from adapter.core.tuning.source import PrometheusTuning, TickTuning

_BASIC = {"username": "me", "passwordFile": "/p"}


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"url": "http://me:pw@p"}, "set auth.basic instead"),
        ({"url": "http://p?x=1"}, "must be a base URL"),
        ({"url": "unix:///p"}, "http"),
        ({"auth": {"basic": _BASIC, "bearerTokenFile": "/t"}}, "exclude each other"),
        ({"auth": {"basic": {"username": "me"}}}, "exactly one of password and passwordFile"),
        ({"auth": {"basic": {**_BASIC, "password": "x"}}}, "exactly one of password and passwordFile"),
        ({"auth": {"clientCertificate": {"certFile": "/c"}}}, "keyFile"),
        ({"auth": {"bearerTokenFile": "/t"}, "headers": {"authorization": "x"}}, "excludes auth.bearerTokenFile"),
        ({"headers": {"X-A": "two\nlines"}}, "pattern"),
        ({"timeout": "61s"}, "less than or equal"),
    ],
)
def test_contradictions_and_dangers_are_refused(fault: dict[str, Any], message: str) -> None:
    """What could not work, or would put a secret where it does not belong, is no setting."""
    with pytest.raises(ValidationError, match=message):
        PrometheusTuning.model_validate({"url": "http://p"} | fault)


def test_the_path_of_the_url_is_kept() -> None:
    """Mimir and others serve Prometheus' API below a prefix."""
    tuning = PrometheusTuning.model_validate({"url": "https://mimir/prometheus"})
    assert str(tuning.url) == "https://mimir/prometheus"


def test_a_password_is_not_shown() -> None:
    """Not in a representation, and so not in a log."""
    auth = {"basic": {"username": "me", "password": "hunter2"}}
    assert "hunter2" not in repr(PrometheusTuning.model_validate({"url": "http://p", "auth": auth}))


@pytest.mark.parametrize("seconds", [1, 2, 5, 7.5, 10, 12, 15, 20, 30, 60])
def test_intervals_that_divide_a_minute_are_good(seconds: float) -> None:
    """Ticks and the 60 s grid of the history meet."""
    assert TickTuning(interval=seconds).interval == seconds


@pytest.mark.parametrize("seconds", [7, 25, 45])
def test_other_intervals_are_refused(seconds: float) -> None:
    """They would drift against the grid."""
    with pytest.raises(ValidationError, match="must divide 60s"):
        TickTuning(interval=seconds)
