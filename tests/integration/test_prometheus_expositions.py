"""Real expositions, scraped by a real Prometheus, read as signals: hand arithmetic on the fixtures must come out."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from adapter.core.signal import FleetReadings, Grid, Signal, State
from adapter.core.tuning import PrometheusTuning
from adapter.core.workload import Workload
from adapter.prometheus.signals import PrometheusSignalSource
from tests.exporter import Exporter
from tests.expositions import load_exposition
from tests.fleets import SIGNALS_AT_TICKS, make_workload
from tests.prometheus_server import PrometheusServer, ScrapeJob, Target
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

_ENDPOINTS = {
    "vllm": ("vllm", "vllm-histograms", "vllm-histograms-2"),
    "dp2": ("vllm-dp2",),
    "legacy": ("vllm-legacy-0.8",),
    "dcgm": ("dcgm",),
    "state": ("kube-state-metrics",),
    "epp": ("llm-d-epp",),
    "epp-zero": ("llm-d-epp-zero",),
    "lws": ("lws",),
}
_WORKLOADS = {
    "llama": make_workload("llama-70b-vllm"),
    "llama by model": make_workload(
        "by-model",
        scale_target={"name": "llama-70b-vllm"},
        match={"model_name": "meta-llama/Llama-3.1-70B-Instruct"},
    ),
    "two engines": make_workload("qwen3-30b-vllm-dp2"),
    "old names": make_workload("legacy-vllm"),
    "at zero": make_workload("mistral-24b"),
    "groups": make_workload("deepseek-r1", scale_target={"kind": "LeaderWorkerSet"}),
    "stranger": make_workload("nobody"),
}


def _read(prometheus: PrometheusServer, *workloads: Workload, at: float | None = None) -> FleetReadings:
    grid = Grid(start=time.time() if at is None else at, step_s=1.0)
    with PrometheusSignalSource(PrometheusTuning.model_validate({"url": prometheus.url})) as source:
        return asyncio.run(source.read(workloads, grid=grid, window_s=10.0))


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetReadings]:
    """All fixtures, scraped twice at least, read once."""
    with ExitStack() as stack:
        jobs = []
        for name, files in _ENDPOINTS.items():
            exposition = load_exposition(*files)
            target = Target(
                address=stack.enter_context(Exporter(exposition.text)).address, labels=dict(exposition.labels)
            )
            jobs.append(ScrapeJob(name=name, targets=[target], honor_labels=name in ("state", "lws")))
        prometheus = stack.enter_context(PrometheusServer(tmp_path_factory.mktemp("fixtures"), jobs))
        wait_until(lambda: len(prometheus.query("count_over_time(up[10s]) >= 2")) == len(jobs))
        yield _read(prometheus, *_WORKLOADS.values())


@pytest.mark.parametrize(
    ("workload", "signal", "value"),
    [
        ("llama", Signal.QUEUE_DEPTH, 9.0),
        ("llama", Signal.REQUESTS_RUNNING, 31.0),
        ("llama", Signal.KV_CACHE_USAGE, 0.8731),
        ("llama", Signal.GPU_UTILIZATION, 0.975),  # GPUs 0 and 1: 98 and 97 percent
        ("llama", Signal.REPLICAS_REQUESTED, 2.0),
        ("llama", Signal.REPLICAS_READY, 1.0),
        ("llama", Signal.PROMPT_TOKENS_RATE, 0.0),  # a file that stands still has rate 0, which is a true 0
        ("llama", Signal.ARRIVAL_RATE, 0.0),
        ("llama by model", Signal.QUEUE_DEPTH, 9.0),
        ("llama by model", Signal.GPU_UTILIZATION, 0.975),
        ("llama by model", Signal.DEMAND_AT_ZERO, 3.0),
        ("two engines", Signal.QUEUE_DEPTH, 5.0),
        ("two engines", Signal.REQUESTS_RUNNING, 40.0),
        ("two engines", Signal.KV_CACHE_USAGE, 0.6945),  # mean of 0.412 and 0.977
        ("old names", Signal.QUEUE_DEPTH, 0.0),
        ("old names", Signal.REQUESTS_RUNNING, 4.0),
        ("old names", Signal.KV_CACHE_USAGE, 0.12),
        ("at zero", Signal.REPLICAS_REQUESTED, 0.0),
        ("at zero", Signal.REPLICAS_READY, 0.0),
        ("at zero", Signal.DEMAND_AT_ZERO, 4.0),
        ("groups", Signal.REPLICAS_REQUESTED, 2.0),
        ("groups", Signal.REPLICAS_READY, 2.0),
    ],
)
def test_signal_is_what_hand_arithmetic_gives(
    fleet: FleetReadings, workload: str, signal: Signal, value: float
) -> None:
    """Fresh, young, completely covered, and the right number."""
    cell = fleet.readings[signal].cell(list(_WORKLOADS).index(workload), 0)

    assert cell.state is State.FRESH
    assert cell.value == pytest.approx(value)
    assert 0.0 <= cell.age_s < 5.0
    assert cell.coverage == 1.0


@pytest.mark.parametrize(
    ("workload", "signal"),
    [
        ("llama", Signal.TTFT),  # nothing finished in the window
        ("llama", Signal.PREFIX_CACHE_HIT_RATIO),  # no lookups in the window
        ("llama", Signal.DEMAND_AT_ZERO),  # its pool is named otherwise, and it does not match on a model
        ("at zero", Signal.QUEUE_DEPTH),  # no engine, no series
        ("two engines", Signal.REPLICAS_READY),  # kube-state-metrics does not list it
        *(("stranger", signal) for signal in sorted(SIGNALS_AT_TICKS)),
    ],
)
def test_what_is_not_there_is_absent_and_not_zero(fleet: FleetReadings, workload: str, signal: Signal) -> None:
    """Absence carries no number."""
    cell = fleet.readings[signal].cell(list(_WORKLOADS).index(workload), 0)

    assert cell.state is State.ABSENT
    assert np.isnan(cell.value)


def test_real_prometheus_answers_every_query(fleet: FleetReadings) -> None:
    """No query failed, and none was complained about."""
    assert fleet.failed == frozenset()
    assert fleet.problems == ()


@pytest.mark.parametrize("honor_labels", [True, False])
def test_exporters_of_others_are_understood_with_and_without_honored_labels(honor_labels: bool, tmp_path: Path) -> None:
    """Names arrive as `namespace` or as `exported_namespace`; both are taken."""
    with ExitStack() as stack:
        jobs = []
        for name in ("dcgm", "kube-state-metrics"):
            exposition = load_exposition(name)
            address = stack.enter_context(Exporter(exposition.text)).address
            target = Target(address=address, labels=exposition.labels)
            jobs.append(ScrapeJob(name=name, targets=[target], honor_labels=honor_labels))
        prometheus = stack.enter_context(PrometheusServer(tmp_path, jobs))
        wait_until(lambda: len(prometheus.query("up == 1")) == 2)
        fleet = _read(prometheus, _WORKLOADS["llama"])

    assert fleet.readings[Signal.GPU_UTILIZATION].cell(0, 0).value == pytest.approx(0.975)
    assert fleet.readings[Signal.REPLICAS_REQUESTED].cell(0, 0).value == 2.0


def test_stopped_target_is_partial_then_absent_and_never_zero(tmp_path: Path) -> None:
    """One of two pods dies: half the truth. Both die: no value. Discovery drops them: nothing is expected any more."""
    text = load_exposition("vllm").text
    pods = [f"llama-70b-vllm-7c9f8d6b5-x2x7{letter}" for letter in "ab"]
    workload = _WORKLOADS["llama"]
    with Exporter(text) as one, Exporter(text) as two:
        targets = [
            Target(address=exporter.address, labels={"namespace": "llm", "pod": pod})
            for exporter, pod in zip((one, two), pods, strict=True)
        ]
        with PrometheusServer(tmp_path, [ScrapeJob(name="vllm", targets=targets)]) as prometheus:
            wait_until(lambda: len(prometheus.query("count_over_time(up[10s]) >= 2")) == 2)
            both = _read(prometheus, workload).readings
            assert (both[Signal.QUEUE_DEPTH].cell(0, 0).state, both[Signal.QUEUE_DEPTH].value[0, 0]) == (
                State.FRESH,
                18,
            )

            one.stop()
            wait_until(lambda: len(prometheus.query("up == 0")) == 1)
            half = _read(prometheus, workload).readings[Signal.QUEUE_DEPTH].cell(0, 0)
            assert (half.state, half.value, half.coverage) == (State.PARTIAL, 9.0, 0.5)

            prometheus.set_jobs([ScrapeJob(name="vllm", targets=targets[1:])])
            wait_until(lambda: len(prometheus.query("up")) == 1)
            scaled_in = _read(prometheus, workload).readings[Signal.QUEUE_DEPTH].cell(0, 0)
            assert (scaled_in.state, scaled_in.value, scaled_in.coverage) == (State.FRESH, 9.0, 1.0)

            two.stop()
            wait_until(lambda: len(prometheus.query("up == 0")) == 1)
            # The rate still sees samples in its window, so only the anchor knows that nobody is there.
            assert prometheus.query("rate(vllm:prompt_tokens_total[10s])") != []
            gone = _read(prometheus, workload).readings
            assert {gone[signal].cell(0, 0).state for signal in gone} == {State.ABSENT}
            assert np.isnan(gone[Signal.PROMPT_TOKENS_RATE].value).all()
            assert gone[Signal.QUEUE_DEPTH].coverage.tolist() == [[0.0]]


_WEB_CONFIG = """
basic_auth_users:
  scaleahead: $2b$04$iHc7fACZ5yVpRL./Qc14WuMSTGUumCEU9JZ.OduewXBdWSZK7nS9.
"""


def test_password_of_a_real_prometheus_opens_it_and_a_wrong_one_says_so(tmp_path: Path) -> None:
    """Its own basic authentication, set up by its web configuration."""
    web = tmp_path / "web.yml"
    web.write_text(_WEB_CONFIG)
    seen = []
    with PrometheusServer(tmp_path, flags=[f"--web.config.file={web}"]) as prometheus:
        for password in ("open sesame", "wrong"):
            auth = {"basic": {"username": "scaleahead", "password": password}}
            tuning = PrometheusTuning.model_validate({"url": prometheus.url, "auth": auth})
            with PrometheusSignalSource(tuning) as source:
                grid = Grid(start=time.time(), step_s=1.0)
                seen.append(asyncio.run(source.read([_WORKLOADS["llama"]], grid=grid, window_s=10.0)))
    right, wrong = seen

    assert (right.failed, right.problems) == (frozenset(), ())
    assert wrong.failed == SIGNALS_AT_TICKS
    assert all("refused our credentials" in problem.message for problem in wrong.problems)


def test_stopped_prometheus_is_unavailable_and_then_seen_again(tmp_path: Path) -> None:
    """An outage is no zero, and needs no restart of ours."""
    exposition = load_exposition("vllm")
    workload = _WORKLOADS["llama"]
    states = []
    with Exporter(exposition.text) as exporter:
        target = Target(address=exporter.address, labels=exposition.labels)
        prometheus = PrometheusServer(tmp_path, [ScrapeJob(name="vllm", targets=[target])])
        with PrometheusSignalSource(PrometheusTuning.model_validate({"url": prometheus.url})) as source:
            for running in (True, False, True):
                if running:
                    prometheus.start()
                    prometheus.wait_for("vllm:num_requests_waiting")
                grid = Grid(start=time.time(), step_s=1.0)
                fleet = asyncio.run(source.read([workload], grid=grid, window_s=10.0))
                states.append(fleet.readings[Signal.QUEUE_DEPTH].cell(0, 0).state)
                prometheus.stop()

    assert states == [State.FRESH, State.UNAVAILABLE, State.FRESH]
