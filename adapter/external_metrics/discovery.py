"""Discovery documents of the API group, legacy and aggregated, and which of them an Accept header asks for.

The documents depend on nothing but the list of metrics, so they are made once and answered from memory: one of them
is the availability probe of the aggregation layer. Verbs are `get` alone, because the namespace deleter and the garbage
collector call every resource that advertises `delete`. Must not know: decisions, workloads, who asks.

Source: `k8s.io/kube-aggregator/pkg/apiserver/handler_discovery.go`, `k8s.io/api/apidiscovery/v2/types.go`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

import orjson

from adapter.external_metrics.wire import GROUP, GROUP_VERSION, LIST_KIND, VERSION

JSON: Final = "application/json"
_AGGREGATED: Final = "APIGroupDiscoveryList"
_VERSIONS: Final = [{"groupVersion": GROUP_VERSION, "version": VERSION}]


class Form(Enum):
    """Forms of the group list that `/apis` can take."""

    V2 = "v2"
    V2_BETA1 = "v2beta1"
    LEGACY = "legacy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A finished answer."""

    content_type: str
    body: bytes

    @property
    def etag(self) -> str:
        """Quoted hash of the body."""
        return f'"{hashlib.sha256(self.body).hexdigest()}"'


def choose_form(accept: str | None) -> Form | None:
    """Return the form of `/apis` that an Accept header asks for, None when we have none of what it allows.

    Aggregators of 1.26 to 1.28 fall back to legacy discovery on 406 alone, so an Accept that holds only aggregated
    types is never answered with a legacy document.

    Args:
        accept: value of the header; several headers joined by commas; None when absent.

    Example:
        >>> choose_form("application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io,application/json")
        <Form.V2: 'v2'>
        >>> choose_form("application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList") is None
        True
    """
    if accept is None or not accept.strip():
        return Form.LEGACY
    offers = [_media_range(part) for part in accept.split(",")]
    for form in (Form.V2, Form.V2_BETA1):
        if any(_asks_for(form, media, parameters) for media, parameters in offers):
            return form
    plain = {media for media, parameters in offers if "as" not in parameters}
    return Form.LEGACY if plain & {JSON, "application/*", "*/*"} else None


def group_documents(metrics: Sequence[str]) -> dict[Form, Document]:
    """Return the answers of `/apis`, one for each form."""
    group = {key: value for key, value in _group().items() if key not in ("kind", "apiVersion")}
    legacy = {"kind": "APIGroupList", "apiVersion": "v1", "groups": [group]}
    aggregated = {form: _aggregated(form, metrics) for form in (Form.V2, Form.V2_BETA1)}
    return {Form.LEGACY: _document(legacy), **aggregated}


def group_document() -> Document:
    """Return the answer of `/apis/{group}`."""
    return _document(_group())


def resource_document(metrics: Sequence[str]) -> Document:
    """Return the answer of `/apis/{group}/{version}`: one resource for each metric."""
    resources = [
        {"name": name, "singularName": "", "namespaced": True, "kind": LIST_KIND, "verbs": ["get"]} for name in metrics
    ]
    body = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": GROUP_VERSION, "resources": resources}
    return _document(body)


def _group() -> dict[str, object]:
    return {
        "kind": "APIGroup",
        "apiVersion": "v1",
        "name": GROUP,
        "versions": _VERSIONS,
        "preferredVersion": _VERSIONS[0],
    }


def _aggregated(form: Form, metrics: Sequence[str]) -> Document:
    resources = [_aggregated_resource(name) for name in metrics]
    version = {"version": VERSION, "freshness": "Current", "resources": resources}
    body = {
        "kind": _AGGREGATED,
        "apiVersion": f"apidiscovery.k8s.io/{form.value}",
        "metadata": {},
        "items": [{"metadata": {"name": GROUP}, "versions": [version]}],
    }
    return _document(body, content_type=f"{JSON};g=apidiscovery.k8s.io;v={form.value};as={_AGGREGATED}")


def _aggregated_resource(name: str) -> dict[str, object]:
    return {
        "resource": name,
        "responseKind": {"group": GROUP, "version": VERSION, "kind": LIST_KIND},  # old clients crash on null
        "scope": "Namespaced",
        "singularResource": "",
        "verbs": ["get"],
    }


def _document(body: object, *, content_type: str = JSON) -> Document:
    return Document(content_type=content_type, body=orjson.dumps(body))


def _media_range(text: str) -> tuple[str, dict[str, str]]:
    media, *parameters = (part.strip() for part in text.split(";"))
    pairs = (parameter.partition("=") for parameter in parameters)
    return media.lower(), {key.strip().lower(): value.strip().strip('"') for key, _, value in pairs}


def _asks_for(form: Form, media: str, parameters: dict[str, str]) -> bool:
    wanted = {"as": _AGGREGATED, "v": form.value, "g": "apidiscovery.k8s.io"}
    given = {"g": "apidiscovery.k8s.io", **parameters}
    return media == JSON and all(given.get(key) == value for key, value in wanted.items())
