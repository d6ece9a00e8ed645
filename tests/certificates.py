"""Throw-away certificates for TLS tests: self-signed ones, and CAs with what they sign."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

_LOOPBACK = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")])


@dataclass(frozen=True)
class CertificateFiles:
    """PEM files of a self-signed certificate for 127.0.0.1, which is also what clients trust."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Signed:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        """The certificate as text."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> bytes:
        """The key as bytes."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def write(self, folder: Path, name: str = "tls") -> CertificateFiles:
        """Write both to files."""
        files = CertificateFiles(certificate=folder / f"{name}.crt", key=folder / f"{name}.key")
        files.certificate.write_text(self.pem)
        files.key.write_bytes(self.key_pem)
        return files


@dataclass(frozen=True)
class Authority(Signed):
    """A CA."""

    @classmethod
    def make(cls, name: str) -> Self:
        """Return a new one."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(name), _name(name), key, lasts=timedelta(days=1))
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        return cls(builder.add_extension(constraints, critical=True).sign(key, hashes.SHA256()), key)

    def sign(
        self,
        name: str,
        *organisations: str,
        lasts: timedelta = timedelta(hours=1),
        usages: Sequence[ObjectIdentifier] = (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH),
    ) -> Signed:
        """Return a certificate for clients and for servers on loopback; one that lasts no time at all has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(name, *organisations), self.certificate.subject, key, lasts=lasts)
        if usages:
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        builder = builder.add_extension(_LOOPBACK, critical=False)
        return Signed(builder.sign(self.key, hashes.SHA256()), key)


def make_certificate(folder: Path) -> CertificateFiles:
    """Write a certificate that is valid for an hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("scaleahead test")
    builder = _builder(name, name, key, lasts=timedelta(hours=1))
    builder = builder.add_extension(_LOOPBACK, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return Signed(builder.sign(key, hashes.SHA256()), key).write(folder)


def _name(common: str, *organisations: str) -> x509.Name:
    groups = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, each) for each in organisations]
    return x509.Name([*groups, *([x509.NameAttribute(NameOID.COMMON_NAME, common)] if common else [])])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, lasts: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + lasts)
    )
