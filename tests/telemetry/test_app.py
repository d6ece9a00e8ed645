"""The operations port."""

import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from adapter.probes import build_probes
from adapter.telemetry.app import build_ops_app
from adapter.telemetry.metrics import build_registry
from tests.asking import ask
from tests.factories import Board, FixedClock, decision, snapshot


@pytest.fixture
def app() -> FastAPI:
    """The application over one plan."""
    board, clock = Board(snapshot=snapshot(decision())), FixedClock()
    registry = build_registry(board, board, clock, version="1.2.3")
    return build_ops_app(registry, probes=build_probes(board, board, clock))


def test_metrics_are_served_as_text(app: FastAPI) -> None:
    """What a plain client gets parses, and holds our metrics alone."""
    answer = ask(app, "/metrics")
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, "text/plain")
    families = list(text_string_to_metric_families(answer.text))
    assert all(family.name.startswith("scaleahead_") for family in families)
    assert 'scaleahead_planned_replicas{namespace="prod",workload="llama"} 6.0' in answer.text


def test_metrics_are_served_as_openmetrics_to_those_who_ask(app: FastAPI) -> None:
    """Prometheus asks for it."""
    answer = ask(app, "/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz"])
def test_probes_are_served_beside_the_metrics(app: FastAPI, path: str) -> None:
    """One port for everything that watches us."""
    assert ask(app, path).text == "ok"


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/metrics/"])
def test_nothing_else_is_served(app: FastAPI, path: str) -> None:
    """No documentation pages, no redirects."""
    assert ask(app, path).status_code == 404
