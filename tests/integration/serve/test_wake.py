"""Workloads that sleep wake between two ticks: on demand in a real Prometheus, and on the page of a real gateway."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from adapter.keda._generated import externalscaler_pb2 as pb
from tests.exporter import Exporter
from tests.expositions import load_exposition
from tests.keda.world import ref
from tests.prometheus_server import PrometheusServer, ScrapeJob, Target
from tests.serve_process import NAMESPACE, ServeProcess
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

_LABELS = {"namespace": NAMESPACE}
_SCRAPED, _DIRECT = "mistral-24b", "qwen-7b"
"""One whose demand Prometheus shows, one whose gateway is asked itself, before any scrape of it."""
_EMPTY = "".join(
    f'llm_d_epp_flow_control_pool_saturation{{inference_pool="{name}-pool",stage="effective"}} 0\n'
    for name in (_SCRAPED, _DIRECT)
)
_ASLEEP = "".join(
    f'{metric}{{namespace="{NAMESPACE}",deployment="{name}"}} 0\n'
    for metric in (
        "kube_deployment_spec_replicas",
        "kube_deployment_status_replicas",
        "kube_deployment_status_replicas_ready",
    )
    for name in (_SCRAPED, _DIRECT)
)
# Ticks look at what was ten seconds ago, so that for ten seconds none of them can have seen what comes.
_TUNING = """\
apiVersion: scaleahead/v1alpha1
prometheus: {{url: "{url}", rateWindow: 10s}}
tick: {{interval: 5s, settlingDelay: 10s}}
defaults: {{replicas: {{min: 0}}}}
workloads:
  - {{namespace: llm, name: {scraped}}}
  - {{namespace: llm, name: {direct}, gateway: {{url: "http://{gateway}/metrics"}}}}
"""


def _held(name: str, requests: int) -> str:
    labels = f'inference_pool="{name}-pool",model_name="{name}",target_model_name="{name}",priority="0"'
    return f"{_EMPTY}llm_d_epp_flow_control_queue_size{{{labels}}} {requests}\n"


def _explained(serve: ServeProcess, name: str) -> dict[str, Any]:
    answer: dict[str, Any] = serve.get("api", f"/api/v1/workloads/{NAMESPACE}/{name}/explain").json()
    return answer


@pytest.mark.timeout(120)
def test_demand_is_pushed_before_any_tick_can_see_it_and_ticks_agree(tmp_path: Path) -> None:
    """`true` goes out with the reason, stays, and is in the end what ticks say by themselves."""
    with ExitStack() as stack:
        picker, gateway, cluster = (stack.enter_context(Exporter(text)) for text in (_EMPTY, _EMPTY, _ASLEEP))
        jobs = [
            ScrapeJob(name="epp", targets=[Target(address=picker.address, labels=_LABELS)]),
            ScrapeJob(name="state", targets=[Target(address=cluster.address)], honor_labels=True),
        ]
        prometheus = stack.enter_context(PrometheusServer(tmp_path, jobs))
        config = tmp_path / "tuning.yaml"
        config.write_text(_TUNING.format(url=prometheus.url, scraped=_SCRAPED, direct=_DIRECT, gateway=gateway.address))
        serve = stack.enter_context(ServeProcess(tmp_path, config))
        stub = stack.enter_context(serve.keda())
        for name in (_SCRAPED, _DIRECT):
            wait_until(lambda name=name: _explained(serve, name).get("active") is False, limit_s=60)

        for name, page, where in ((_SCRAPED, picker, "Prometheus"), (_DIRECT, gateway, "the gateway at http://")):
            stream: Iterator[pb.IsActiveResponse] = iter(stub.StreamIsActive(ref(name, NAMESPACE)))
            assert not next(stream).result
            page.set_text(_held(name, 2))
            assert next(stream).result
            first = _explained(serve, name)["steps"][0]
            assert (first["name"], first["reason"].startswith(f"2 requests seen in {where}")) == ("wake", True)

        picker.set_text(_held(_SCRAPED, 2) + _held(_DIRECT, 2).removeprefix(_EMPTY))
        for name in (_SCRAPED, _DIRECT):
            wait_until(lambda name=name: _tick_agrees(serve, name), limit_s=60)
        assert serve.own_metric("scaleahead_wakes_total") == 2.0


def _tick_agrees(serve: ServeProcess, name: str) -> bool:
    """Tell whether a tick decides by itself what was pushed; it must never say anything else."""
    explained = _explained(serve, name)
    assert explained["active"] is True
    return bool(explained["steps"][0]["name"] != "wake")


def test_the_fixture_has_the_names_that_these_pages_use() -> None:
    """What is written here by hand is what an endpoint picker exports."""
    real = load_exposition("llm-d-epp-zero").text
    assert all(line.split("{")[0] in real for line in _held(_SCRAPED, 1).splitlines())
