"""Twin of adapter/access/chains.py."""

import time
from datetime import timedelta

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from adapter.access.chains import fault_of_chain
from tests.certificates import Authority

_CA, _OTHER = Authority.make("ca"), Authority.make("ca")


def _fault(certificate: x509.Certificate, *cas: Authority, after_s: float = 0.0) -> str | None:
    return fault_of_chain((certificate,), [ca.certificate for ca in cas], now=time.time() + after_s)


def test_what_one_of_the_cas_signed_is_in_order() -> None:
    """Without alternative names or with, with a usage for clients or with none."""
    assert _fault(_CA.sign("jane").certificate, _OTHER, _CA) is None
    assert _fault(_CA.sign("jane", usages=()).certificate, _CA) is None


def test_a_ca_of_the_same_name_is_another_ca() -> None:
    """The signature counts."""
    assert _fault(_CA.sign("jane").certificate, _OTHER) is not None
    assert _fault(_CA.sign("jane").certificate) == "no CA is known"


def test_time_counts_at_each_look() -> None:
    """A connection may be older than its certificate's end."""
    certificate = _CA.sign("jane", lasts=timedelta(minutes=10)).certificate
    assert _fault(certificate, _CA) is None
    assert _fault(certificate, _CA, after_s=700) is not None
    assert _fault(certificate, _CA, after_s=-700) is not None


def test_a_certificate_for_servers_is_none_for_clients() -> None:
    """If it says what it is for, clients must be among it."""
    servers = _CA.sign("jane", usages=[ExtendedKeyUsageOID.SERVER_AUTH]).certificate
    assert _fault(servers, _CA) == "it is not meant for client authentication"
