"""TLS of a listener whose certificate and client CAs change while it runs.

Each handshake takes the newest context. Certificates of clients are asked for and never required: who has none may show
a token, and kubelets have nothing at all. Sessions are not resumed, so that no handshake is skipped that a withdrawn CA
should fail. Must not know: where certificates come from.

Source: Python's `ssl`, "SSLContext.sni_callback"; it is called for clients that name no server, too.
"""

import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """A serving certificate in PEM."""

    certificate: bytes
    """The chain, leaf first."""
    key: bytes = field(repr=False)


class ServingTls:
    """The contexts of one listener, the newest of which counts.

    Args:
        pair: the serving certificate.
        client_cas: PEM of the CAs that sign clients; without any no certificate is asked for.

    Raises:
        OSError: certificate and key cannot be used (`ssl.SSLError` is one).
    """

    def __init__(self, pair: KeyPair, *, client_cas: str = "") -> None:
        self._pair = pair
        self._client_cas = client_cas
        self._newest = _context(pair, client_cas)
        self.context = _context(pair, client_cas)
        """For the listener; hands each handshake on to the newest."""
        self.context.sni_callback = self._take_newest

    def renew(self, *, pair: KeyPair | None = None, client_cas: str | None = None) -> bool:
        """Use another certificate or other CAs from the next handshake on; return whether anything changed.

        Raises:
            OSError: they cannot be used; what was there goes on.
        """
        wanted = (self._pair if pair is None else pair, self._client_cas if client_cas is None else client_cas)
        if wanted == (self._pair, self._client_cas):
            return False
        self._newest = _context(*wanted)
        self._pair, self._client_cas = wanted
        # A connection's demand for a certificate comes from the listener's context, before another one is taken.
        self.context.verify_mode = self._newest.verify_mode
        return True

    def _take_newest(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = self._newest


def _context(pair: KeyPair, client_cas: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    context.set_alpn_protocols(["http/1.1"])
    if client_cas:
        context.load_verify_locations(cadata=client_cas)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # a bundle may name an intermediate CA
        context.verify_mode = ssl.CERT_OPTIONAL
    with tempfile.TemporaryDirectory(prefix="scaleahead-tls-") as folder:  # Python loads key pairs from files only
        path = Path(folder) / "pair.pem"
        path.touch(mode=0o600)
        path.write_bytes(pair.key + b"\n" + pair.certificate)
        context.load_cert_chain(path)
    return context
