"""What a service account may do, by the Roles and ClusterRoles of some manifests."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
_VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}

BUILT_IN = {
    ("ClusterRole", "system:auth-delegator"): [
        {"apiGroups": ["authentication.k8s.io"], "resources": ["tokenreviews"], "verbs": ["create"]},
        {"apiGroups": ["authorization.k8s.io"], "resources": ["subjectaccessreviews"], "verbs": ["create"]},
    ],
    ("Role", "extension-apiserver-authentication-reader"): [
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "resourceNames": ["extension-apiserver-authentication"],
            "verbs": ["get", "list", "watch"],
        }
    ],
}
"""Rules of roles that every cluster has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A right that a request needs."""

    verb: str
    group: str
    resource: str
    namespace: str
    name: str


def need(method: str, path: str, query: Mapping[str, str]) -> Need:
    """Return what a request needs; a list or a watch of one name is one of this name."""
    parts = path.strip("/").split("/")
    group, rest = ("", parts[2:]) if parts[0] == "api" else (parts[1], parts[3:])
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    name = rest[1] if len(rest) > 1 else query.get("fieldSelector", "").removeprefix("metadata.name=")
    verb = "watch" if query.get("watch") == "true" else _VERBS[method]
    verb = "list" if verb == "get" and len(rest) == 1 else verb
    return Need(verb=verb, group=group, resource=rest[0], namespace=namespace, name=name)


def granted(wanted: Need, objects: list[Json], *, account: str) -> bool:
    """Tell whether some bindings give a service account a right."""
    return any(_fits(wanted, rule) for rule in _rules(wanted, objects, account=account))


def _rules(wanted: Need, objects: list[Json], *, account: str) -> Iterator[Json]:
    for binding in objects:
        if binding["kind"] not in ("RoleBinding", "ClusterRoleBinding"):
            continue
        mine = any(f"{each.get('namespace')}/{each['name']}" == account for each in binding["subjects"])
        there = binding["kind"] == "ClusterRoleBinding" or binding["metadata"].get("namespace") == wanted.namespace
        if mine and there:
            yield from rules_of(binding["roleRef"], binding["metadata"].get("namespace"), objects)


def rules_of(ref: Json, namespace: str | None, objects: list[Json]) -> list[Json]:
    """Return the rules of a role that a binding names."""
    built_in = BUILT_IN.get((ref["kind"], ref["name"]))
    if built_in is not None:
        return built_in
    [role] = [
        each
        for each in objects
        if (each["kind"], each["metadata"]["name"]) == (ref["kind"], ref["name"])
        and (ref["kind"] == "ClusterRole" or each["metadata"].get("namespace") == namespace)
    ]
    return list(role["rules"])


def _fits(wanted: Need, rule: Json) -> bool:
    named = rule.get("resourceNames")
    return (
        wanted.group in rule["apiGroups"]
        and (wanted.resource in rule["resources"] or rule["resources"] == ["*"])
        and wanted.verb in rule["verbs"]
        and (named is None or wanted.name in named)
    )
