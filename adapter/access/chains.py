"""Which CA a client's certificate comes from.

The handshake has let in only what one of all CAs signed. Which of them, and whether that CA is still trusted, is asked
here again at each request, for a connection may outlive a certificate and a CA. Pure.

Source: RFC 5280; key usage as in `k8s.io/apiserver/pkg/authentication/request/x509` (client authentication).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID

_CLIENT: Final = frozenset({ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE})
# Kubernetes' own CAs and clients lack what web servers must have, such as alternative names and key identifiers.
_CA_POLICY: Final = verification.ExtensionPolicy.permit_all().require_present(
    x509.BasicConstraints, verification.Criticality.AGNOSTIC, None
)
_CLIENT_POLICY: Final = verification.ExtensionPolicy.permit_all()


def fault_of_chain(chain: Sequence[x509.Certificate], cas: Sequence[x509.Certificate], *, now: float) -> str | None:
    """Return why a client's certificate does not come from one of some CAs, or None if it does.

    Args:
        chain: what the client has shown, its own certificate first.
        cas: those that count.
        now: seconds since the epoch; certificates outside of their time do not count.
    """
    if not cas:
        return "no CA is known"
    if not _for_clients(chain[0]):
        return "it is not meant for client authentication"
    verifier = (
        verification.PolicyBuilder()
        .store(verification.Store(list(cas)))
        .time(datetime.fromtimestamp(now, UTC))
        .extension_policies(ca_policy=_CA_POLICY, ee_policy=_CLIENT_POLICY)
        .build_client_verifier()
    )
    try:
        verifier.verify(chain[0], list(chain[1:]))
    except verification.VerificationError as error:
        return str(error).partition(" (encountered")[0]
    return None


def _for_clients(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return True
    except ValueError:  # extensions that cannot be read
        return False
    return not _CLIENT.isdisjoint(usage.value)
