"""A rule instead of a list: a running process finds its workloads, and serves them as if they were listed."""

from pathlib import Path

import pytest

from tests.prometheus_server import PrometheusServer
from tests.serve_process import ServeProcess, write_tuning
from tests.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(150)]


def test_workload_that_a_rule_covers_is_found_and_served(prometheus: PrometheusServer, tmp_path: Path) -> None:
    """(31 + 9) x 1.1 / 8 are 6 replicas, and an HPA reads them."""
    config = write_tuning(tmp_path, prometheus.url, workloads="[]\ndiscover: [{namespaces: {regex: ll.}}]")
    with ServeProcess(tmp_path, config) as serve:
        wait_until(lambda: serve.metric("scaleahead-replicas").ok, limit_s=90.0)
        value = serve.metric("scaleahead-replicas").json()["items"][0]["value"]

        assert value == "6000m"
        assert [event["event"] for event in serve.events("found workload llm/llama-70b-vllm")] != []
