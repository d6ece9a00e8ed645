"""Twin of adapter/core/tuning/problems.py."""

import pytest

from adapter.core.tuning.nodes import read_nodes
from adapter.core.tuning.problems import find, nearest, render_path, show, unknown


@pytest.mark.parametrize(
    ("written", "meant"),
    [("lead_time", "leadTime"), ("leedTime", "leadTime"), ("LEADTIME", "leadTime"), ("zzz", None), ("", None)],
)
def test_the_nearest_name_is_offered(written: str, meant: str | None) -> None:
    """Typing errors, snake case and wrong capitals are recognised."""
    assert nearest(written, ["leadTime", "replicas"]) == meant


def test_without_a_near_name_all_are_listed() -> None:
    """Whoever is far off sees what exists."""
    assert unknown("preset", "zzz", ["vllm", "sglang"]) == "unknown preset, allowed: sglang, vllm"


def test_paths_are_written_as_in_the_document() -> None:
    """Keys with dots between, indices in brackets."""
    assert render_path(("workloads", 2, "replicas", "min")) == "workloads[2].replicas.min"


@pytest.mark.parametrize(
    ("document", "location", "shown"),
    [
        ("prometheus: {auth: {basic: {password: hunter2}}}", ("prometheus", "auth", "basic", "password"), "***"),
        ("prometheus: {auth: hunter2}", ("prometheus", "auth"), "***"),
        ("prometheus: {headers: {X: hunter2}}", ("prometheus", "headers", "X"), "***"),
        ("bearer_token: hunter2", ("bearer_token",), "***"),
        ("defaults: {apiKey: hunter2}", ("defaults", "apiKey"), "***"),
        ("prometheus: {url: 'http://me:hunter2@host'}", ("prometheus", "url"), "http://***@host"),
        ("a: {b: hunter2}", ("a",), "a mapping of 1"),
        ("a: [hunter2]", ("a",), "a list of 1"),
        ("a: '1'", ("a",), '"1"'),
        ("a: |\n  x\n  y\n", ("a",), "x y"),
    ],
)
def test_given_values_are_shown_without_secrets(document: str, location: tuple[str, ...], shown: str) -> None:
    """What may be a credential is masked, sections are summed up, text is put on one line."""
    root = read_nodes(document)
    assert root is not None
    assert show(location, find(root, location).node) == shown


def test_long_values_are_shortened() -> None:
    """A message stays readable whatever was written."""
    root = read_nodes("a: " + "x" * 500)
    assert root is not None
    assert len(show(("a",), find(root, ("a",)).node)) == 60
