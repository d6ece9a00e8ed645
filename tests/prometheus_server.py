"""A real Prometheus server on a loopback port, with its own data folder, for tests that must not be fooled.

A missing binary fails the test: a suite that silently skips its integration tests proves nothing.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests
from ruamel.yaml import YAML

from tests.ports import free_port
from tests.waiting import wait_until

_START_LIMIT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One scraped address and the labels its series get."""

    address: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrapeJob:
    """Targets scraped under one `job` label; with honor_labels the exposition's own labels win."""

    name: str
    targets: Sequence[Target]
    honor_labels: bool = False

    def as_config(self) -> dict[str, Any]:
        """Return this job as an entry of Prometheus' scrape_configs."""
        static = [{"targets": [target.address], "labels": dict(target.labels)} for target in self.targets]
        return {"job_name": self.name, "honor_labels": self.honor_labels, "static_configs": static}


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One element of an instant vector."""

    labels: Mapping[str, str]
    value: float


class PrometheusServer:
    """A Prometheus process: use it as a context manager, or start() and stop() it to play an outage.

    The port and the data stay the same over stop() and start(). Prometheus gathers its targets for 5 s before the
    first scrape, so tests of one module do well to share a server.

    Example:
        with Exporter(text) as exporter:
            target = Target(address=exporter.address, labels={"namespace": "chat", "pod": "llama-0"})
            with PrometheusServer(tmp_path, [ScrapeJob(name="vllm", targets=[target])]) as prometheus:
                prometheus.wait_for('vllm:num_requests_waiting{namespace="chat"}')
    """

    def __init__(
        self,
        folder: Path,
        jobs: Sequence[ScrapeJob] = (),
        *,
        scrape_interval_s: int = 1,
        flags: Sequence[str] = (),
    ) -> None:
        """Write the configuration below `folder`, usually pytest's tmp_path; nothing runs yet.

        Args:
            folder: an existing folder for configuration, data and log.
            jobs: what to scrape; set_jobs() changes it later.
            scrape_interval_s: seconds between scrapes, >= 1.
            flags: more command line flags, for example a --web.config.file for authentication.
        """
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._scrape_interval_s = scrape_interval_s
        self._flags = tuple(flags)
        self._process: subprocess.Popen[bytes] | None = None
        self._write_config(jobs)

    def start(self) -> None:
        """Start the process and return once it answers queries."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command(), stdout=log, stderr=subprocess.STDOUT)
        wait_until(self._is_ready, limit_s=_START_LIMIT_S)

    def stop(self) -> None:
        """Stop the process as a shutdown would; doing it twice is allowed."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=_START_LIMIT_S)
            self._process = None

    def set_jobs(self, jobs: Sequence[ScrapeJob]) -> None:
        """Scrape `jobs` from now on, without a restart."""
        self._write_config(jobs)
        requests.post(f"{self.url}/-/reload", timeout=10).raise_for_status()

    def backfill(self, openmetrics: str) -> None:
        """Load history, before start(): OpenMetrics lines `name{labels} value seconds`, ending in `# EOF`."""
        source = self._folder / "backfill.txt"
        source.write_text(openmetrics)
        command = [binary("promtool"), "tsdb", "create-blocks-from", "openmetrics", str(source), str(self._data)]
        subprocess.run(command, check=True, capture_output=True)

    def query(self, promql: str, *, at: float | None = None) -> list[Series]:
        """Return the instant vector of `promql`, now or at a time in seconds since epoch."""
        form = {"query": promql} | ({} if at is None else {"time": f"{at:.3f}"})
        answer = requests.post(f"{self.url}/api/v1/query", data=form, timeout=10)
        body = json.loads(answer.text)
        if body["status"] != "success":
            raise ValueError(f"{promql}: {body['error']}")
        return [Series(labels=one["metric"], value=float(one["value"][1])) for one in body["data"]["result"]]

    def wait_for(self, promql: str, *, limit_s: float = 30.0) -> list[Series]:
        """Query until at least one series comes back and return the vector."""
        return wait_until(lambda: self.query(promql), limit_s=limit_s)

    def wait_for_absence(self, promql: str, *, limit_s: float = 30.0) -> None:
        """Query until no series comes back; a stopped target's series end with its next failed scrape."""
        wait_until(lambda: self.query(promql), accept=lambda vector: not vector, limit_s=limit_s)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _config(self) -> Path:
        return self._folder / "prometheus.yml"

    @property
    def _data(self) -> Path:
        return self._folder / "prometheus-data"

    @property
    def _log(self) -> Path:
        return self._folder / "prometheus.log"

    def _write_config(self, jobs: Sequence[ScrapeJob]) -> None:
        interval = f"{self._scrape_interval_s}s"
        document = {
            "global": {"scrape_interval": interval, "scrape_timeout": interval},
            "scrape_configs": [job.as_config() for job in jobs],
        }
        with self._config.open("w") as sink:
            YAML(typ="safe").dump(document, sink)

    def _command(self) -> list[str]:
        return [
            binary("prometheus"),
            f"--config.file={self._config}",
            f"--storage.tsdb.path={self._data}",
            "--storage.tsdb.retention.time=90d",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--web.enable-lifecycle",
            "--log.level=warn",
            *self._flags,
        ]

    def _is_ready(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"prometheus ended while starting: {self._log.read_text()[-2000:]}")
        # Any answer below 500 counts: with authentication switched on, readiness itself answers 401.
        return requests.get(f"{self.url}/-/ready", timeout=2).status_code < 500


def binary(name: str) -> str:
    """Return the path of `prometheus` or `promtool`; raises RuntimeError that says how to get it."""
    found = shutil.which(name)
    if found is None:
        raise RuntimeError(f"{name} is not on PATH; `make test` installs it from Debian's package prometheus")
    return found
