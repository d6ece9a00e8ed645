"""What is asked for, in the words of Kubernetes' authorisation: a verb on a resource, or on a path.

Pure. Must not know: who asks, who decides.

Source: `k8s.io/apiserver/pkg/endpoints/request/requestinfo.go`.
"""

from dataclasses import dataclass
from typing import Final

_VERBS: Final = {
    "GET": "get",
    "HEAD": "get",
    "POST": "create",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}
_ON_ALL: Final = {"get": "list", "delete": "deletecollection"}
_GROUP_AT: Final = 3  # apis/GROUP/VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceAccess:
    """A verb on a resource."""

    verb: str
    group: str
    resource: str
    version: str = "*"
    namespace: str = ""
    """Empty for all of them."""
    name: str = ""
    subresource: str = ""

    def __str__(self) -> str:
        """Return it as people read it in a refusal."""
        kind = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        named = f' "{self.name}"' if self.name else ""
        where = f'in the namespace "{self.namespace}"' if self.namespace else "at the cluster scope"
        return f'{self.verb} resource "{kind}"{named} in API group "{self.group}" {where}'


@dataclass(frozen=True, slots=True, kw_only=True)
class PathAccess:
    """A verb on a path that is no resource."""

    verb: str
    path: str

    def __str__(self) -> str:
        """Return it as people read it in a refusal."""
        return f'{self.verb} path "{self.path}"'


Access = ResourceAccess | PathAccess


def access_to_api(method: str, path: str, *, watch: bool = False) -> Access:
    """Return what a request to an aggregated API asks for.

    Args:
        method: of HTTP.
        path: decoded.
        watch: whether changes are to be watched.

    Example:
        >>> print(access_to_api("GET", "/apis/external.metrics.k8s.io/v1beta1/namespaces/llm/queue"))
        list resource "queue" in API group "external.metrics.k8s.io" in the namespace "llm"
        >>> print(access_to_api("GET", "/apis"))
        get path "/apis"
    """
    parts = path.strip("/").split("/")
    if parts[0] != "apis" or len(parts) <= _GROUP_AT:
        return PathAccess(verb=method.lower(), path=path)
    namespace, rest = "", parts[_GROUP_AT:]
    if rest[0] == "namespaces" and len(rest) > 1:
        namespace = rest[1]
        rest = rest[2:] if len(rest) > 2 else rest
    name = rest[1] if len(rest) > 1 else ""
    return ResourceAccess(
        verb=_verb(method, named=bool(name), watch=watch),
        group=parts[1],
        version=parts[2],
        namespace=namespace,
        resource=rest[0].lower(),  # names are matched without regard to case, so rights are too
        name=name,
        subresource="/".join(rest[2:]),
    )


def _verb(method: str, *, named: bool, watch: bool) -> str:
    verb = _VERBS.get(method, method.lower())
    if watch and verb == "get":
        return "watch"
    return verb if named else _ON_ALL.get(verb, verb)
