"""What requests to the JSON API ask for, in the words of Kubernetes' authorisation. Pure.

Workloads are a resource of their own there, `workloads.scaleahead.io`, so that a Role can give a team its namespace:
`get` one workload, with the subresources `explain`, `history` and `decision` for its reasons and its past, and `list`
all of them. The pages are the same to it as what they show; what they are drawn with is open.
"""

from typing import Final

from adapter.access.attributes import Access, PathAccess, ResourceAccess

GROUP: Final = "scaleahead.io"
RESOURCE: Final = "workloads"
_API: Final = "/api/v1"
_STATIC: Final = "/static/"


def access_to_json(method: str, path: str, _query: str) -> Access | None:
    """Return what a request asks for, None for what is open to everybody.

    Args:
        method: of HTTP.
        path: decoded.

    Example:
        >>> print(access_to_json("GET", "/api/v1/workloads/llm/llama/explain", ""))
        get resource "workloads/explain" "llama" in API group "scaleahead.io" in the namespace "llm"
        >>> print(access_to_json("GET", "/api/v1/workloads", ""))
        list resource "workloads" in API group "scaleahead.io" at the cluster scope
        >>> access_to_json("GET", "/static/page.css", "") is None
        True
    """
    if method == "GET" and path.startswith(_STATIC):
        return None
    match path.removeprefix(_API).split("/")[1:] if method == "GET" else []:
        case ["workloads"] | [""] | ["system"]:
            return ResourceAccess(verb="list", group=GROUP, resource=RESOURCE)
        case ["targets" | "workloads", namespace, name] if namespace and name:
            return ResourceAccess(verb="get", group=GROUP, resource=RESOURCE, namespace=namespace, name=name)
        case ["workloads", namespace, name, subresource] if namespace and name:
            return ResourceAccess(
                verb="get",
                group=GROUP,
                resource=RESOURCE,
                namespace=namespace,
                name=name,
                subresource=subresource,
            )
    return PathAccess(verb=method.lower(), path=path)
