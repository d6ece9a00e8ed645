"""Whom to believe: the CAs of clients and of the front proxy, and what the proxy's headers are called.

It is read from the ConfigMap `extension-apiserver-authentication`, in which kube-apiserver says all this. What is not
there is not believed: without CAs no certificate counts, and without header names no header does. Pure.

Source: `k8s.io/apiserver/pkg/server/options/authentication.go`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from adapter.core.errors import ScaleaheadError

CONFIG_MAP: Final = "extension-apiserver-authentication"
NAMESPACE: Final = "kube-system"


class TrustError(ScaleaheadError):
    """The ConfigMap says something that cannot be used; what it said before stays in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontProxy:
    """Who may say in headers who asks, and in which."""

    cas: tuple[x509.Certificate, ...] = ()
    allowed_names: tuple[str, ...] = ()
    """Common names of its certificate; empty allows every name that the CAs signed."""
    username_headers: tuple[str, ...] = ()
    group_headers: tuple[str, ...] = ()
    extra_prefixes: tuple[str, ...] = ()
    uid_headers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Trust:
    """Whose certificates are believed, and in what."""

    front_proxy: FrontProxy = FrontProxy()
    client_cas: tuple[x509.Certificate, ...] = ()

    @cached_property
    def pem(self) -> str:
        """All CAs, for the handshake: a certificate that none of them signed does not get past it."""
        cas = dict.fromkeys((*self.front_proxy.cas, *self.client_cas))
        return "".join(ca.public_bytes(Encoding.PEM).decode() for ca in cas)


NOBODY: Final = Trust()
"""What is trusted while nothing has been read: no certificate and no header."""


def parse_trust(data: Mapping[str, str]) -> Trust:
    """Return what the data of the ConfigMap says.

    Raises:
        TrustError: a value cannot be read; names its key.
    """
    return Trust(
        front_proxy=FrontProxy(
            cas=_certificates(data, "requestheader-client-ca-file"),
            allowed_names=_names(data, "requestheader-allowed-names"),
            username_headers=_names(data, "requestheader-username-headers"),
            group_headers=_names(data, "requestheader-group-headers"),
            extra_prefixes=_names(data, "requestheader-extra-headers-prefix"),
            uid_headers=_names(data, "requestheader-uid-headers"),
        ),
        client_cas=_certificates(data, "client-ca-file"),
    )


def _certificates(data: Mapping[str, str], key: str) -> tuple[x509.Certificate, ...]:
    text = data.get(key, "").strip()
    if not text:
        return ()
    try:
        return tuple(x509.load_pem_x509_certificates(text.encode()))
    except ValueError as error:
        raise TrustError(f"{NAMESPACE}/{CONFIG_MAP}: {key} must hold PEM certificates: {error}") from error


def _names(data: Mapping[str, str], key: str) -> tuple[str, ...]:
    text = data.get(key, "").strip()
    if not text:
        return ()
    try:
        found = json.loads(text)
    except ValueError as error:
        raise TrustError(f"{NAMESPACE}/{CONFIG_MAP}: {key} must be a JSON array of texts: {error}") from error
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise TrustError(f"{NAMESPACE}/{CONFIG_MAP}: {key} must be a JSON array of texts, is {text[:100]}")
    return tuple(each for each in found if each)
