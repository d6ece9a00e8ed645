"""A CA of our own and what it signs, for clusters without cert-manager.

Keys are made here, so this is no pure module, but it touches neither network nor clock.

Source: RFC 5280; kube-apiserver verifies with the name `SERVICE.NAMESPACE.svc`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from adapter.serving_tls import KeyPair

AUTHORITY_DAYS: Final = 365
LEAF_DAYS: Final = 30
_RENEWED_AT: Final = 0.8  # of its time; what is left is for whoever was away
_SKEW: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A CA with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def make(cls, *, now: float) -> Self:
        """Return a new one.

        Args:
            now: seconds since the epoch.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"scaleahead {math.floor(now)}")])
        certificate = (
            _builder(name, name, key.public_key(), now=now, days=AUTHORITY_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        return cls(certificate=certificate, key=key)

    @classmethod
    def read(cls, certificate: bytes, key: bytes) -> Self:
        """Return the one that PEM describes.

        Raises:
            ValueError: it is none, or the key is another's.
        """
        found = x509.load_pem_x509_certificate(certificate)
        private = load_pem_private_key(key, password=None)
        if not isinstance(private, ec.EllipticCurvePrivateKey) or private.public_key() != found.public_key():
            raise ValueError("the key does not belong to the certificate")
        return cls(certificate=found, key=private)

    @property
    def pem(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The key."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, names: Sequence[str], *, now: float) -> KeyPair:
        """Return a serving certificate for some DNS names, with a key of its own."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        certificate = (
            _builder(subject, self.certificate.subject, key.public_key(), now=now, days=LEAF_DAYS)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(identifier, critical=False)
            .sign(self.key, hashes.SHA256())
        )
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return KeyPair(certificate=certificate.public_bytes(Encoding.PEM), key=pem)


def service_names(service: str, namespace: str) -> tuple[str, ...]:
    """Return the names by which a Service is called; kube-apiserver uses the first.

    Example:
        >>> service_names("scaleahead", "llm")
        ('scaleahead.llm.svc', 'scaleahead.llm.svc.cluster.local')
    """
    return (f"{service}.{namespace}.svc", f"{service}.{namespace}.svc.cluster.local")


def due(certificate: x509.Certificate, *, now: float) -> bool:
    """Tell whether a certificate should be replaced: four fifths of its time are over."""
    starts, ends = certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp()
    return now >= starts + _RENEWED_AT * (ends - starts)


def still_valid(certificates: Sequence[x509.Certificate], *, now: float) -> list[x509.Certificate]:
    """Return the certificates whose time is not over."""
    return [each for each in certificates if each.not_valid_after_utc.timestamp() > now]


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, now: float, days: int
) -> x509.CertificateBuilder:
    at = datetime.fromtimestamp(now, UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - _SKEW)
        .not_valid_after(at + timedelta(days=days))
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
