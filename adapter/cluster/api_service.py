"""The APIService that makes kube-apiserver send requests here: whose it is, and which CA it names.

There is one for the whole cluster, and KEDA or another adapter may own it. That is told, and never changed: only an
APIService that points to our Service gets our CA. Decisions are pure; what is written, `ServingAuthority` writes.

Source: `k8s.io/kube-aggregator/pkg/apis/apiregistration/v1/types.go`.
"""

import base64
import binascii
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from adapter.cluster.api import Json
from adapter.cluster.object_watch import ObjectRef

NAME: Final = "v1beta1.external.metrics.k8s.io"
API_SERVICE_REF: Final = ObjectRef(collection="/apis/apiregistration.k8s.io/v1/apiservices", name=NAME)


class Owner(StrEnum):
    """Whose an APIService is."""

    OURS = "ours"
    NOBODY = "nobody"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """Whose the APIService is, in words for people, too."""

    owner: Owner
    text: str


def ownership(found: Json | None, *, service: str, namespace: str) -> Ownership:
    """Return whose an APIService is.

    Args:
        found: the APIService, None if there is none.
        service: our Service.
        namespace: of our Service.
    """
    if found is None:
        return Ownership(owner=Owner.NOBODY, text=f"APIService {NAME} does not exist: no HPA can read external metrics")
    named = (found.get("spec") or {}).get("service") or {}
    place = f"{named.get('namespace', '?')}/{named.get('name', '?')}"
    if place == f"{namespace}/{service}":
        return Ownership(owner=Owner.OURS, text=f"APIService {NAME} is served by {place}")
    text = (
        f"APIService {NAME} belongs to {place}, not to {namespace}/{service}: HPAs do not reach scaleahead, KEDA does"
    )
    return Ownership(owner=Owner.OTHER, text=text)


def ca_bundle(found: Json) -> bytes:
    """Return the PEM bundle that an APIService names, empty if it names none that can be read."""
    try:
        return base64.b64decode((found.get("spec") or {}).get("caBundle") or "", validate=True)
    except (binascii.Error, ValueError):
        return b""


def with_ca_bundle(bundle: bytes) -> Json:
    """Return the change that makes an APIService name a bundle."""
    return {"spec": {"caBundle": base64.b64encode(bundle).decode(), "insecureSkipTLSVerify": None}}
