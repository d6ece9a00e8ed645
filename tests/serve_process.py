"""`scaleahead serve` as a real process: started, found by its log, asked, stopped, killed."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import grpc
import requests

from adapter.keda._generated import externalscaler_pb2_grpc as pb_grpc
from tests.waiting import wait_until

NAMESPACE, WORKLOAD = "llm", "llama-70b-vllm"
"""The workload of the exposition `vllm.prom`."""

_START_LIMIT_S = 90.0
_TUNING = """\
apiVersion: scaleahead/v1alpha1
prometheus: {{url: "{url}", rateWindow: 10s, timeout: {timeout}}}
tick: {{interval: 2s, settlingDelay: 2s}}
defaults:
  targets: {{concurrency: 8}}
  margin: 1.1
  freshness: {{staleAfter: 5s, holdAfter: {hold_after}}}
workloads: {workloads}
"""
_LISTENERS = {
    "metrics": r"serving external metrics on (\S+?),? ",
    "api": r"serving the JSON API on (\S+?),? ",
    "ops": r"serving metrics and probes on (\S+?),? ",
    "keda": r"serving the KEDA scaler on \S+ port (\d+),",
}


def write_tuning(
    folder: Path,
    url: str,
    *,
    timeout: str = "2s",
    hold_after: str = "10s",
    workloads: str = f"[{{namespace: {NAMESPACE}, name: {WORKLOAD}}}]",
) -> Path:
    """Write `tuning.yaml` into a folder and return its path: quick ticks, short patience."""
    path = folder / "tuning.yaml"
    path.write_text(_TUNING.format(url=url, timeout=timeout, hold_after=hold_after, workloads=workloads))
    return path


class ServeProcess:
    """One process on ports of its own; a context manager that ends it in the end.

    Args:
        folder: where its log goes; one process at a time.
        config: the tuning document; None leaves it to the flags.
        environment: further variables.
        flags: more flags; external metrics are plain when no certificate is among them.
    """

    def __init__(
        self, folder: Path, config: Path | None, *flags: str, environment: Mapping[str, str] | None = None
    ) -> None:
        self._log = folder / "serve.log"
        self._environment = environment or {}
        self._config = config
        self._flags: Sequence[str] = flags if _encrypted(flags, environment) else (*flags, _PLAIN)
        self._process: subprocess.Popen[bytes] | None = None
        self._found: dict[str, str] = {}

    def start(self) -> None:
        """Start the process and return once all listeners are up."""
        ports = [each for name in ("external-metrics", "keda", "api", "ops") for each in (f"--{name}-port", "0")]
        config = [] if self._config is None else ["--config", str(self._config)]
        command = [sys.executable, "-m", "adapter", "serve", *config, "--log-format", "json"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, *ports, *self._flags], stderr=log, env={**os.environ, **_QUIET, **self._environment}
            )
        wait_until(self._is_listening, limit_s=_START_LIMIT_S)

    def log(self) -> list[dict[str, Any]]:
        """Return the log so far; every line must be JSON."""
        lines = self._log.read_text().split("\n")
        return [json.loads(line) for line in lines[:-1]]  # the last one may not be complete

    def events(self, event: str) -> list[dict[str, Any]]:
        """Return the log lines of one event."""
        return [line for line in self.log() if line["event"].startswith(event)]

    def url(self, listener: str) -> str:
        """Return the address of `metrics`, `api` or `ops`."""
        return self._found[listener]

    def get(self, listener: str, path: str, **more: Any) -> requests.Response:
        """Send one GET request."""
        return requests.get(self._found[listener] + path, timeout=10, **more)

    def explain(self) -> requests.Response:
        """Ask for the decision on the workload, and its reasons."""
        return self.get("api", f"/api/v1/workloads/{NAMESPACE}/{WORKLOAD}/explain")

    def metric(self, metric: str, *, workload: str = WORKLOAD, **more: Any) -> requests.Response:
        """Ask for an external metric as an HPA does."""
        path = f"/apis/external.metrics.k8s.io/v1beta1/namespaces/{NAMESPACE}/{metric}"
        return self.get("metrics", path, params={"labelSelector": f"workload={workload}"}, **more)

    @contextmanager
    def keda(self) -> Iterator[pb_grpc.ExternalScalerStub]:
        """Yield a stock client of the scaler."""
        with grpc.insecure_channel(f"127.0.0.1:{self._found['keda']}") as channel:
            yield pb_grpc.ExternalScalerStub(channel)

    def own_metric(self, name: str) -> float:
        """Return the value of one of its own metrics that has no labels."""
        found = re.search(rf"^{name} (\S+)$", self.get("ops", "/metrics").text, re.MULTILINE)
        assert found is not None, f"{name} is not exported"
        return float(found[1])

    def kill(self) -> None:
        """Kill it, as a node that dies."""
        self._end(signal.SIGKILL)

    def stop(self) -> int | None:
        """Ask it to end, and return its exit code; None if it was not running."""
        return self._end(signal.SIGTERM)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def _end(self, how: signal.Signals) -> int | None:
        if self._process is None:
            return None
        process, self._process = self._process, None
        process.send_signal(how)
        return process.wait(timeout=30)

    def _is_listening(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"scaleahead ended while starting: {self._log.read_text()[-2000:]}")
        text = self._log.read_text()
        found = {name: re.search(pattern, text) for name, pattern in _LISTENERS.items()}
        self._found = {name: match[1] for name, match in found.items() if match is not None}
        return len(self._found) == len(_LISTENERS)


_PLAIN = "--external-metrics-plain"
_ENCRYPTED = {"--external-metrics-tls-cert", "--serving-secret"}


def _encrypted(flags: Sequence[str], environment: Mapping[str, str] | None) -> bool:
    return bool(_ENCRYPTED.intersection(flags)) or "SCALEAHEAD_SERVING_SECRET" in (environment or {})


_QUIET = {"GRPC_VERBOSITY": "NONE"}
