"""Who asks: a user with groups, as Kubernetes knows them, told from headers or from a certificate.

Pure. Must not know: whether the headers or the certificate may be believed; that is for `authentication`.

Source: `k8s.io/apiserver/pkg/authentication/request/{headerrequest,x509}`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import unquote

from cryptography import x509
from cryptography.x509.oid import NameOID

from adapter.access.trust import FrontProxy

AUTHENTICATED: Final = "system:authenticated"
MASTERS: Final = "system:masters"

Headers = Sequence[tuple[bytes, bytes]]
"""Names in lower case and values, a repeated header once for each time, as ASGI has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A caller."""

    user: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Further attributes by name, such as the credential's id."""


ANONYMOUS: Final = Identity(user="system:anonymous", groups=("system:unauthenticated",))
"""Who shows nothing."""


def authenticated(identity: Identity) -> Identity:
    """Return a caller who is known, as a member of the group of all who are.

    The aggregator's own requests come without groups; without this they would be refused.
    """
    if AUTHENTICATED in identity.groups:
        return identity
    return replace(identity, groups=(*identity.groups, AUTHENTICATED))


def identity_from_headers(headers: Headers, rules: FrontProxy) -> Identity | None:
    """Return the caller that a front proxy names, None if it names nobody.

    Args:
        headers: of the request.
        rules: how the headers are called.
    """
    user = next(iter(_values(headers, rules.username_headers)), "")
    if not user:
        return None
    uid = next(iter(_values(headers, rules.uid_headers)), "")
    groups = tuple(_values(headers, rules.group_headers))
    return Identity(user=user, uid=uid, groups=groups, extra=_extra(headers, rules.extra_prefixes))


def without_identity_headers(headers: Headers, rules: FrontProxy) -> list[tuple[bytes, bytes]]:
    """Return the headers without those that name a caller, so that nothing behind can take them for true."""
    names = {name.lower().encode() for name in (*rules.username_headers, *rules.uid_headers, *rules.group_headers)}
    prefixes = tuple(prefix.lower().encode() for prefix in rules.extra_prefixes)
    return [(name, value) for name, value in headers if name not in names and not name.startswith(prefixes)]


def identity_from_certificate(certificate: x509.Certificate) -> Identity | None:
    """Return the caller that a certificate names by its common name, with each organisation a group."""
    user = common_name(certificate)
    if not user:
        return None
    organisations = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return Identity(user=user, groups=tuple(_text(each.value) for each in organisations))


def common_name(certificate: x509.Certificate) -> str:
    """Return the common name of the subject, empty if it has none; of several the last, as kube-apiserver reads it."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return _text(names[-1].value) if names else ""


def _values(headers: Headers, names: Iterable[str]) -> list[str]:
    """Return the values that are not empty, name after name."""
    wanted = [name.lower().encode() for name in names]
    found = (_text(value) for name in wanted for header, value in headers if header == name)
    return [value for value in found if value]


def _extra(headers: Headers, prefixes: Iterable[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found: dict[str, list[str]] = {}
    for prefix in (each.lower().encode() for each in prefixes):
        for header, value in headers:
            if header.startswith(prefix):
                found.setdefault(unquote(_text(header[len(prefix) :])), []).append(_text(value))
    return tuple((name, tuple(values)) for name, values in sorted(found.items()))


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")
