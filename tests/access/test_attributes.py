"""Twin of adapter/access/attributes.py."""

import pytest

from adapter.access.attributes import Access, PathAccess, ResourceAccess, access_to_api

_GROUP = {"group": "external.metrics.k8s.io", "version": "v1beta1"}


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/namespaces/llm/Queue", ResourceAccess(verb="list", namespace="llm", resource="queue", **_GROUP)),
        (
            "GET",
            "/namespaces/llm",
            ResourceAccess(verb="get", namespace="llm", resource="namespaces", name="llm", **_GROUP),
        ),
        ("GET", "/queue", ResourceAccess(verb="list", resource="queue", **_GROUP)),
        (
            "GET",
            "/namespaces/llm/queue/a/status",
            ResourceAccess(verb="get", namespace="llm", resource="queue", name="a", subresource="status", **_GROUP),
        ),
        ("POST", "/namespaces/llm/queue", ResourceAccess(verb="create", namespace="llm", resource="queue", **_GROUP)),
        ("DELETE", "/queue", ResourceAccess(verb="deletecollection", resource="queue", **_GROUP)),
        ("GET", "", PathAccess(verb="get", path="/apis/external.metrics.k8s.io/v1beta1")),
    ],
)
def test_resources_are_told_from_paths(method: str, path: str, expected: Access) -> None:
    """As kube-apiserver tells them."""
    assert access_to_api(method, f"/apis/external.metrics.k8s.io/v1beta1{path}") == expected


def test_watching_is_a_verb_of_its_own() -> None:
    """Who may read may not watch."""
    access = access_to_api("GET", "/apis/g/v1/namespaces/llm/queue", watch=True)
    assert isinstance(access, ResourceAccess)
    assert access.verb == "watch"


@pytest.mark.parametrize("path", ["/", "/apis", "/apis/g", "/version", "/openapi/v2", "/healthz/loop"])
def test_everything_else_is_a_path(path: str) -> None:
    """With the method as verb."""
    assert access_to_api("GET", path) == PathAccess(verb="get", path=path)
