"""The whole product, as processes: a real Prometheus scrapes real expositions, `scaleahead serve` answers from it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from adapter.keda._generated import externalscaler_pb2 as pb
from tests.certificates import CertificateFiles, make_certificate
from tests.exporter import Exporter
from tests.expositions import load_exposition
from tests.keda.world import metrics, ref
from tests.prometheus_server import PrometheusServer, ScrapeJob, Target
from tests.serve_process import ServeProcess
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

_NAMESPACE, _WORKLOAD = "llm", "llama-70b-vllm"
_TUNING = """\
apiVersion: scaleahead/v1alpha1
prometheus: {{url: "{url}", rateWindow: 10s, timeout: 2s}}
tick: {{interval: 2s, settlingDelay: 2s}}
defaults:
  targets: {{concurrency: 8}}
  margin: 1.1
  freshness: {{staleAfter: 5s, holdAfter: 10s}}
workloads:
  - {{namespace: llm, name: llama-70b-vllm}}
"""
# vllm.prom says 31 running and 9 waiting; with the tuning above (31 + 9) x 1.1 / 8 = 5.5, which takes 6 replicas.
_REPLICAS = 6
_QUEUE = 9


def tuning_file(folder: Path, url: str) -> Path:
    """Write the tuning document of these tests."""
    path = folder / "tuning.yaml"
    path.write_text(_TUNING.format(url=url))
    return path


@pytest.fixture(scope="module")
def engines() -> Iterator[Exporter]:
    """The vLLM pod of the fixture."""
    with Exporter(load_exposition("vllm", "vllm-histograms", "vllm-histograms-2").text) as exporter:
        yield exporter


@pytest.fixture(scope="module")
def prometheus(engines: Exporter, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    """A Prometheus that scrapes the pod and kube-state-metrics."""
    with ExitStack() as stack:
        state = load_exposition("kube-state-metrics")
        cluster = stack.enter_context(Exporter(state.text))
        pod = Target(address=engines.address, labels=load_exposition("vllm").labels)
        jobs = [
            ScrapeJob(name="vllm", targets=[pod]),
            ScrapeJob(name="state", targets=[Target(address=cluster.address, labels=state.labels)], honor_labels=True),
        ]
        server = stack.enter_context(PrometheusServer(tmp_path_factory.mktemp("prometheus"), jobs))
        wait_until(lambda: len(server.query("count_over_time(up[10s]) >= 3")) == len(jobs))
        yield server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> CertificateFiles:
    """What external metrics are served with."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def serve(prometheus: PrometheusServer, certificate: CertificateFiles, tmp_path: Path) -> Iterator[ServeProcess]:
    """A process that has decided at least once."""
    flags = ["--external-metrics-tls-cert", str(certificate.certificate), "--external-metrics-tls-key"]
    with ServeProcess(tmp_path, tuning_file(tmp_path, prometheus.url), *flags, str(certificate.key)) as process:
        wait_until(lambda: process.get("ops", "/readyz").ok)
        yield process


def test_hpa_and_keda_read_what_hand_arithmetic_on_the_exposition_gives(
    serve: ServeProcess, certificate: CertificateFiles
) -> None:
    """Over HTTPS, over gRPC and as JSON it is the same number."""
    trusted = {"verify": str(certificate.certificate)}
    asked = serve.metric(_NAMESPACE, "scaleahead-replicas", _WORKLOAD, **trusted)
    queue = serve.metric(_NAMESPACE, "scaleahead-queue-depth", _WORKLOAD, **trusted)
    assert asked.json()["items"][0]["value"] == f"{_REPLICAS * 1000}m"
    assert queue.json()["items"][0]["value"] == f"{_QUEUE * 1000}m"

    channel, stub = serve.keda()
    with channel:
        answer = stub.GetMetrics(metrics(ref(_WORKLOAD, _NAMESPACE, workload=_WORKLOAD)))
        active = stub.IsActive(ref(_WORKLOAD, _NAMESPACE, workload=_WORKLOAD))
    assert [(each.metricName, each.metricValueFloat) for each in answer.metricValues] == [
        ("scaleahead-replicas", float(_REPLICAS))
    ]
    assert active == pb.IsActiveResponse(result=True)

    target = serve.get("api", f"/api/v1/targets/{_NAMESPACE}/{_WORKLOAD}").json()
    assert (target["value"], target["planned"]) == (float(_REPLICAS), _REPLICAS)
