"""A throw-away certificate authority for TLS tests."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate for 127.0.0.1 and its private key, as PEM."""

    certificate: bytes
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """An authority that signs certificates valid for an hour."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    pem: bytes

    @classmethod
    def make(cls, name: str) -> "Authority":
        """Return a self-signed authority."""
        key, full = ec.generate_private_key(ec.SECP256R1()), _name(name)
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        signed = _builder(full, full, key).add_extension(constraints, critical=True).sign(key, hashes.SHA256())
        return cls(name=full, key=key, pem=signed.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str) -> Issued:
        """Return a certificate that this authority signed."""
        key = ec.generate_private_key(ec.SECP256R1())
        address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        builder = _builder(_name(name), self.name, key).add_extension(address, critical=False)
        encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        return Issued(
            certificate=builder.sign(self.key, hashes.SHA256()).public_bytes(encoding),
            key=key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain),
        )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
    )
