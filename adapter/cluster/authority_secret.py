"""What the Secret of our own CA holds: the CA that signs, its key, and the CA before it. Pure.

The one before stays until its time is over, so that certificates which it signed are believed while processes change
over to the next one.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from adapter.cluster.api import Json
from adapter.cluster.authority import Authority, due, still_valid
from adapter.core.errors import ScaleaheadError

CERTIFICATE, KEY, PREVIOUS = "ca.crt", "ca.key", "ca-previous.crt"


class AuthorityError(ScaleaheadError):
    """The Secret holds something that is no CA."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorities:
    """The CA that signs, and those that are still believed."""

    current: Authority
    previous: tuple[x509.Certificate, ...] = ()

    def bundle(self, *, now: float) -> bytes:
        """Return all that are believed in PEM, the newest first."""
        return bundled((self.current.certificate, *still_valid(self.previous, now=now)))

    def due(self, *, now: float) -> bool:
        """Tell whether another CA should take over."""
        return due(self.current.certificate, now=now)

    def succeeded(self, successor: Authority, *, now: float) -> "Authorities":
        """Return what is there after another CA has taken over."""
        kept = still_valid((self.current.certificate, *self.previous), now=now)
        return Authorities(current=successor, previous=tuple(kept))


def read_authorities(secret: Json | None) -> Authorities | None:
    """Return what a Secret holds, None if it is empty or does not exist.

    Raises:
        AuthorityError: it holds something else.
    """
    data = {} if secret is None else secret.get("data") or {}
    if not data.get(CERTIFICATE) and not data.get(KEY):
        return None
    try:
        current = Authority.read(_decoded(data, CERTIFICATE), _decoded(data, KEY))
        previous = _decoded(data, PREVIOUS)
        others = x509.load_pem_x509_certificates(previous) if previous.strip() else []
    except (ValueError, TypeError, binascii.Error) as error:
        raise AuthorityError(f"{CERTIFICATE}, {KEY} or {PREVIOUS} cannot be used: {error}") from error
    return Authorities(current=current, previous=tuple(others))


def secret_data(authorities: Authorities) -> dict[str, str]:
    """Return the data of the Secret."""
    values = {
        CERTIFICATE: authorities.current.pem,
        KEY: authorities.current.key_pem,
        PREVIOUS: bundled(authorities.previous),
    }
    return {key: base64.b64encode(value).decode() for key, value in values.items()}


def bundled(certificates: Sequence[x509.Certificate]) -> bytes:
    """Return certificates in PEM, one after another."""
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


def _decoded(data: dict[str, str], key: str) -> bytes:
    return base64.b64decode(data.get(key) or "", validate=True)
