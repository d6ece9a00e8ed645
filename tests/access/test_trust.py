"""Twin of adapter/access/trust.py."""

import pytest

from adapter.access.trust import NOBODY, TrustError, parse_trust
from tests.certificates import Authority

_ONE, _TWO = Authority.make("one"), Authority.make("two")


def test_bundles_and_names_are_read() -> None:
    """A bundle may hold several CAs, and one may be in both."""
    trust = parse_trust(
        {
            "client-ca-file": _ONE.pem + _TWO.pem,
            "requestheader-client-ca-file": _TWO.pem,
            "requestheader-allowed-names": '["a", ""]',
            "requestheader-uid-headers": '["X-Remote-Uid"]',
        }
    )
    assert trust.client_cas == (_ONE.certificate, _TWO.certificate)
    assert trust.front_proxy.cas == (_TWO.certificate,)
    assert (trust.front_proxy.allowed_names, trust.front_proxy.uid_headers) == (("a",), ("X-Remote-Uid",))
    assert trust.pem.count("BEGIN CERTIFICATE") == 2


def test_what_is_missing_is_not_believed() -> None:
    """No CAs and no headers."""
    assert parse_trust({}) == NOBODY
    assert parse_trust({"client-ca-file": " "}).pem == ""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("client-ca-file", "hello"),
        ("requestheader-client-ca-file", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
        ("requestheader-allowed-names", "front-proxy"),
        ("requestheader-username-headers", '"X-Remote-User"'),
        ("requestheader-group-headers", "[1]"),
    ],
)
def test_what_cannot_be_read_is_named(key: str, value: str) -> None:
    """The whole ConfigMap is refused, for half of it could trust too many."""
    with pytest.raises(TrustError, match=f"extension-apiserver-authentication: {key} must"):
        parse_trust({key: value})
