"""Twin of adapter/serving_tls.py; with clients in tests/integration/serve/test_security.py."""

import ssl
import tempfile
from pathlib import Path

import pytest

from adapter.serving_tls import KeyPair, ServingTls
from tests.certificates import Authority, Signed

_CA, _CLIENTS = Authority.make("serving"), Authority.make("clients")


def _pair(signed: Signed) -> KeyPair:
    return KeyPair(certificate=signed.pem.encode(), key=signed.key_pem)


def _handshake(tls: ServingTls, *, shown: Signed | None = None) -> tuple[bytes, str]:
    """Return the server's certificate, and the client's common name as the server sees it; all in memory."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = tls.context.wrap_bio(incoming, outgoing, server_side=True)
    context = ssl.create_default_context(cadata=_CA.pem)
    if shown is not None:
        context = _with_pair(context, shown)
    client = context.wrap_bio(outgoing, incoming, server_hostname="localhost")
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    subject = dict(each[0] for each in (server.getpeercert() or {}).get("subject", ()))
    return client.getpeercert(binary_form=True) or b"", str(subject.get("commonName", ""))


def _with_pair(context: ssl.SSLContext, signed: Signed) -> ssl.SSLContext:
    with tempfile.TemporaryDirectory() as folder:
        files = signed.write(Path(folder))
        context.load_cert_chain(files.certificate, files.key)
    return context


def _der(signed: Signed) -> bytes:
    return ssl.PEM_cert_to_DER_cert(signed.pem)


def test_a_key_is_never_shown() -> None:
    """Whatever ends up in a log or in a traceback."""
    assert "PRIVATE" not in repr(_pair(_CA.sign("localhost")))


def test_the_next_handshake_takes_the_newest_certificate() -> None:
    """What changes nothing says so."""
    old, new = _CA.sign("localhost"), _CA.sign("localhost")
    tls = ServingTls(_pair(old))
    assert _handshake(tls)[0] == _der(old)
    assert (tls.renew(pair=_pair(new)), tls.renew(pair=_pair(new))) == (True, False)
    assert _handshake(tls)[0] == _der(new)


def test_clients_may_show_a_certificate_of_a_known_ca_and_need_not() -> None:
    """From the moment on that a CA is known."""
    tls = ServingTls(_pair(_CA.sign("localhost")))
    jane = _CLIENTS.sign("jane")
    assert _handshake(tls, shown=jane)[1] == ""
    tls.renew(client_cas=_CLIENTS.pem)
    assert (_handshake(tls, shown=jane)[1], _handshake(tls)[1]) == ("jane", "")


def test_a_ca_that_is_withdrawn_ends_its_clients_handshakes() -> None:
    """The other one's go on."""
    other = Authority.make("others")
    tls = ServingTls(_pair(_CA.sign("localhost")), client_cas=_CLIENTS.pem + other.pem)
    tls.renew(client_cas=other.pem)
    assert _handshake(tls, shown=other.sign("joe"))[1] == "joe"
    with pytest.raises(ssl.SSLError, match=r"(?i)verify failed|unknown ca"):
        _handshake(tls, shown=_CLIENTS.sign("jane"))


def test_a_pair_that_does_not_fit_changes_nothing() -> None:
    """One half may be written before the other."""
    old = _CA.sign("localhost")
    tls = ServingTls(_pair(old))
    with pytest.raises(ssl.SSLError):
        tls.renew(pair=KeyPair(certificate=_CA.sign("localhost").pem.encode(), key=old.key_pem))
    assert _handshake(tls)[0] == _der(old)
