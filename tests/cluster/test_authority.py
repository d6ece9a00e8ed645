"""Twin of adapter/cluster/authority.py and adapter/cluster/authority_secret.py."""

import base64
import ssl
import tempfile
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from adapter.cluster.authority import AUTHORITY_DAYS, Authority, due, service_names
from adapter.cluster.authority_secret import Authorities, AuthorityError, read_authorities, secret_data

_NOW = 1787220000.0
_DAY_S = 86_400
_NAMES = service_names("scaleahead", "llm")


def _leaf(authority: Authority, *, now: float = _NOW) -> x509.Certificate:
    return x509.load_pem_x509_certificate(authority.sign(_NAMES, now=now).certificate)


def test_a_certificate_of_ours_is_for_the_names_of_the_service() -> None:
    """The first is what kube-apiserver verifies; OpenSSL takes the pair."""
    authority = Authority.make(now=_NOW)
    leaf = _leaf(authority)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["scaleahead.llm.svc", "scaleahead.llm.svc.cluster.local"]
    leaf.verify_directly_issued_by(authority.certificate)
    pair = authority.sign(_NAMES, now=_NOW)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pair.pem"
        path.write_bytes(pair.key + pair.certificate)
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path)


def test_certificates_are_due_after_four_fifths_of_their_time() -> None:
    """So that whoever is away for a while finds them valid still."""
    leaf = _leaf(Authority.make(now=_NOW))
    assert [due(leaf, now=_NOW + days * _DAY_S) for days in (0, 23, 25)] == [False, False, True]


def test_what_is_written_into_the_secret_is_read_back() -> None:
    """With the CA before, which is believed until its time is over."""
    old, new = Authority.make(now=_NOW), Authority.make(now=_NOW + 300 * _DAY_S)
    after = Authorities(current=old).succeeded(new, now=_NOW + 300 * _DAY_S)
    read = read_authorities({"data": secret_data(after)})
    assert read is not None
    assert (read.current.pem, read.current.key_pem) == (new.pem, new.key_pem)
    assert read.bundle(now=_NOW + 301 * _DAY_S) == new.pem + old.pem
    assert read.bundle(now=_NOW + (AUTHORITY_DAYS + 1) * _DAY_S) == new.pem


@pytest.mark.parametrize("secret", [None, {}, {"data": None}, {"data": {"ca.crt": "", "other": "eA=="}}])
def test_an_empty_secret_holds_no_ca(secret: dict[str, Any] | None) -> None:
    """As the manifests make it."""
    assert read_authorities(secret) is None


def test_a_secret_with_something_else_is_refused() -> None:
    """Garbage, and a key that belongs to another CA."""
    good, other = (secret_data(Authorities(current=Authority.make(now=_NOW))) for _ in range(2))
    garbage = base64.b64encode(b"x").decode()
    for change in ({"ca.crt": garbage}, {"ca.key": other["ca.key"]}, {"ca.key": "?"}):
        with pytest.raises(AuthorityError, match="cannot be used"):
            read_authorities({"data": {**good, **change}})
