"""The test bench itself: a real Prometheus sees what the exporter says, and sees it go."""

import time
from pathlib import Path

import pytest

from tests.exporter import Exporter
from tests.prometheus_server import PrometheusServer, ScrapeJob, Target

pytestmark = pytest.mark.integration

_LABELS = {"namespace": "chat", "pod": "llama-0"}


def _job(exporter: Exporter, *, honor_labels: bool = False) -> ScrapeJob:
    target = Target(address=exporter.address, labels=_LABELS)
    return ScrapeJob(name="vllm", targets=[target], honor_labels=honor_labels)


def test_scraped_text_is_queried_back_and_follows_the_exporter(tmp_path: Path) -> None:
    """Value and target labels arrive, a change arrives, and a dead target's series end with up at 0."""
    with Exporter("waiting 3\n") as exporter, PrometheusServer(tmp_path, [_job(exporter)]) as prometheus:
        [series] = prometheus.wait_for("waiting")
        assert series.value == 3
        assert series.labels["job"] == "vllm"
        assert series.labels.items() >= _LABELS.items()

        exporter.set_text("waiting 7\n")
        assert len(prometheus.wait_for("waiting == 7")) == 1

        exporter.stop()
        prometheus.wait_for_absence("waiting")
        assert [one.value for one in prometheus.query("up")] == [0]


@pytest.mark.parametrize(("honor_labels", "namespace"), [(True, "own"), (False, "chat")])
def test_honor_labels_decides_whose_namespace_wins(tmp_path: Path, honor_labels: bool, namespace: str) -> None:
    """Exposed labels win only in jobs that honor them, as with kube-state-metrics."""
    with Exporter('replicas{namespace="own"} 2\n') as exporter:
        jobs = [_job(exporter, honor_labels=honor_labels)]
        with PrometheusServer(tmp_path, jobs) as prometheus:
            [series] = prometheus.wait_for("replicas")
            assert series.labels["namespace"] == namespace


def test_backfilled_history_survives_an_outage_on_the_same_port(tmp_path: Path) -> None:
    """History loaded before the start is there after a stop and a start, under the same address."""
    at = int(time.time()) - 3600
    prometheus = PrometheusServer(tmp_path)
    prometheus.backfill(f'# TYPE waiting gauge\nwaiting{{namespace="chat"}} 5 {at}\n# EOF\n')
    for _ in range(2):
        with prometheus:
            assert [one.value for one in prometheus.query("waiting", at=at)] == [5]
