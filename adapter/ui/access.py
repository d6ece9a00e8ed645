"""What requests to the JSON API ask for, in the words of Kubernetes' authorisation. Pure.

Workloads are a resource of their own there, `workloads.scaleahead.io`, so that a Role can give a team its namespace:
`get` one workload, with the subresources `explain`, `history` and `decision` for its reasons and its past, and `list`
all of them. The page of a workload is the same as its reasons; what pages are drawn with is open.

Whatever is not known here takes the right to see everything. It is never asked about as a path: every cluster grants
paths below `/api/` to all who are authenticated, by its role `system:discovery`.
"""

from typing import Final

from adapter.access.attributes import ResourceAccess

GROUP: Final = "scaleahead.io"
RESOURCE: Final = "workloads"
_EVERYTHING: Final = ResourceAccess(verb="list", group=GROUP, resource=RESOURCE)
_API: Final = "/api/v1/"
_STATIC: Final = "/static/"


def access_to_json(method: str, path: str, _query: str) -> ResourceAccess | None:
    """Return what a request asks for, None for what is open to everybody.

    Args:
        method: of HTTP.
        path: decoded.

    Example:
        >>> print(access_to_json("GET", "/api/v1/workloads/llm/llama/history", ""))
        get resource "workloads/history" "llama" in API group "scaleahead.io" in the namespace "llm"
        >>> print(access_to_json("GET", "/api/v1/workloads", ""))
        list resource "workloads" in API group "scaleahead.io" at the cluster scope
        >>> access_to_json("GET", "/static/style.css", "") is None
        True
    """
    if method == "GET" and path.startswith(_STATIC):
        return None
    match path.removeprefix(_API).split("/") if method == "GET" else []:
        case ["targets", namespace, name] if namespace and name:
            return _one(namespace, name)
        case ["workloads", namespace, name, subresource] if namespace and name:
            return _one(namespace, name, subresource=subresource)
        case ["", "workloads", namespace, name] if namespace and name:  # the page
            return _one(namespace, name, subresource="explain")
    return _EVERYTHING


def _one(namespace: str, name: str, *, subresource: str = "") -> ResourceAccess:
    return ResourceAccess(
        verb="get", group=GROUP, resource=RESOURCE, namespace=namespace, name=name, subresource=subresource
    )
