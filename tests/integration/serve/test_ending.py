"""How `scaleahead serve` ends, and what it says when it cannot begin."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import grpc
import pytest

from tests.keda.world import ref
from tests.scripted_server import Reply, ScriptedServer
from tests.serve_process import NAMESPACE, WORKLOAD, ServeProcess, write_tuning
from tests.waiting import wait_until

pytestmark = pytest.mark.integration


def _run(*flags: str) -> subprocess.CompletedProcess[str]:
    ports = [each for name in ("external-metrics", "keda", "api", "ops") for each in (f"--{name}-port", "0")]
    command = [sys.executable, "-m", "adapter", "serve", *ports, "--external-metrics-plain", *flags]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_sigterm_ends_streams_with_ok_and_the_process_with_0(serve: ServeProcess) -> None:
    """KEDA comes back at once after OK, and ever later after a broken stream."""
    with serve.keda() as stub:
        stream = stub.StreamIsActive(ref(WORKLOAD, NAMESPACE))
        assert next(stream).result is True
        begin = time.monotonic()
        code = serve.stop()
        took_s = time.monotonic() - begin
        assert [each.result for each in stream if not each.result] == []
        assert stream.code() is grpc.StatusCode.OK
    assert code == 0
    assert took_s < 10
    assert serve.log()[-1]["event"] == "stopped"


def test_it_ends_in_time_while_prometheus_hangs(tmp_path: Path) -> None:
    """Queries under way are dropped."""
    with (
        ScriptedServer(lambda _: Reply(write=lambda _handler: prometheus.stopping.wait())) as prometheus,
        ServeProcess(tmp_path, write_tuning(tmp_path, prometheus.url, timeout="10s")) as serve,
    ):
        wait_until(lambda: prometheus.received)
        begin = time.monotonic()
        assert serve.stop() == 0
        assert time.monotonic() - begin < 8


def test_a_rejected_document_is_listed_and_nothing_starts(tmp_path: Path) -> None:
    """Every problem with its line, exit code 2, no traceback."""
    config = write_tuning(tmp_path, "ftp://prometheus", workloads="[{namespace: llm, name: a, margn: 2}]")
    ended = _run("--config", str(config))
    assert ended.returncode == 2
    assert f"{config}:2: prometheus.url" in ended.stderr
    assert f"{config}:8: workloads[0].margn" in ended.stderr
    assert "margin" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("listener", ["external-metrics", "keda", "api", "ops"])
def test_a_taken_port_is_said_in_a_sentence(listener: str, tmp_path: Path) -> None:
    """With the address, exit code 3."""
    config = write_tuning(tmp_path, "http://127.0.0.1:9")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = _run("--config", str(config), f"--{listener}-port", str(port))
    assert ended.returncode == 3
    assert f"cannot listen on 127.0.0.1:{port}" in ended.stderr
    assert "Traceback" not in ended.stderr
