"""A real Prometheus that scrapes real expositions, for processes of `scaleahead serve` to read."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.certificates import CertificateFiles, make_certificate
from tests.exporter import Exporter
from tests.expositions import load_exposition
from tests.prometheus_server import PrometheusServer, ScrapeJob, Target
from tests.serve_process import ServeProcess, write_tuning
from tests.waiting import wait_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Scraped:
    """The vLLM pod of the fixture, and the Prometheus that scrapes it and kube-state-metrics."""

    engines: Exporter
    prometheus: PrometheusServer


@contextmanager
def _scraped(folder: Path) -> Iterator[Scraped]:
    with ExitStack() as stack:
        engines = stack.enter_context(Exporter(load_exposition("vllm", "vllm-histograms", "vllm-histograms-2").text))
        state = load_exposition("kube-state-metrics")
        cluster = stack.enter_context(Exporter(state.text))
        pod = Target(address=engines.address, labels=load_exposition("vllm").labels)
        jobs = [
            ScrapeJob(name="vllm", targets=[pod]),
            ScrapeJob(name="state", targets=[Target(address=cluster.address, labels=state.labels)], honor_labels=True),
        ]
        server = stack.enter_context(PrometheusServer(folder, jobs))
        wait_until(lambda: len(server.query("count_over_time(up[10s]) >= 3")) == len(jobs))
        yield Scraped(engines=engines, prometheus=server)


@pytest.fixture(scope="package")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusServer]:
    """A Prometheus whose history shows nothing but the exposition as it is."""
    with _scraped(tmp_path_factory.mktemp("prometheus")) as scraped:
        yield scraped.prometheus


@pytest.fixture
def scraped(tmp_path: Path) -> Iterator[Scraped]:
    """For tests that change what is exported: whoever reads the same history later would see it."""
    with _scraped(tmp_path) as found:
        yield found


@pytest.fixture(scope="package")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> CertificateFiles:
    """What external metrics are served with."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def serve(prometheus: PrometheusServer, tmp_path: Path) -> Iterator[ServeProcess]:
    """A process that has decided at least once."""
    with ServeProcess(tmp_path, write_tuning(tmp_path, prometheus.url)) as process:
        wait_until(lambda: process.get("ops", "/readyz").ok)
        yield process
