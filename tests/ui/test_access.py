"""Twin of adapter/ui/access.py."""

import pytest

from adapter.ui.access import access_to_json

_EVERYTHING = 'list resource "workloads" in API group "scaleahead.io" at the cluster scope'


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("/api/v1/targets/llm/llama", "workloads"),
        ("/api/v1/workloads/llm/llama/explain", "workloads/explain"),
        ("/api/v1/workloads/llm/llama/history", "workloads/history"),
        ("/workloads/llm/llama", "workloads/explain"),
    ],
)
def test_what_is_of_one_workload_takes_a_right_on_it(path: str, resource: str) -> None:
    """The page shows the reasons, so it takes the right to them: who may read the number alone does not see it."""
    where = 'in API group "scaleahead.io" in the namespace "llm"'
    assert str(access_to_json("GET", path, "")) == f'get resource "{resource}" "llama" {where}'


@pytest.mark.parametrize(
    "request_line",
    [
        "GET /",
        "GET /system",
        "GET /api/v1/workloads",
        "GET /api/v1/workloads\n",
        "GET /api/v1/tuning",
        "GET /api/v1/tuning\n",
        "GET //api/v1/tuning",
        "GET /api/v1/whatever/comes/next",
        "GET /api/v1/targets//llama",
        "GET /api/v1/targets/llm",
        "GET /api/v1/workloads/llm/llama/explain/more",
        "GET /workloads/llm/",
        "POST /api/v1/targets/llm/llama",
        "HEAD /static/style.css",
        "GET /metrics",
    ],
)
def test_everything_else_takes_the_right_to_see_everything(request_line: str) -> None:
    """Never a right on a path, which everybody has below `/api/`; a router takes a line's end for nothing."""
    method, path = request_line.split(" ", 1)
    assert str(access_to_json(method, path, "")) == _EVERYTHING


def test_what_pages_are_drawn_with_is_open() -> None:
    """It tells nothing of anybody."""
    assert access_to_json("GET", "/static/style.css", "") is None
