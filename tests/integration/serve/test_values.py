"""What HPAs and KEDA read from `scaleahead serve`, while engines report and after they have gone."""

from pathlib import Path

import grpc
import pytest
import requests

from adapter.keda._generated import externalscaler_pb2 as pb
from tests.certificates import CertificateFiles
from tests.integration.serve.conftest import Scraped
from tests.keda.world import metrics, ref
from tests.prometheus_server import PrometheusServer
from tests.serve_process import NAMESPACE, WORKLOAD, ServeProcess, write_tuning
from tests.waiting import wait_until

pytestmark = pytest.mark.integration

# vllm.prom says 31 running and 9 waiting. The tuning of these tests sizes for 8 requests in flight per replica with a
# margin of 1.1: (31 + 9) x 1.1 / 8 = 5.5, which takes 6 replicas.
_REPLICAS = 6
_QUEUE = 9
_ASKED = metrics(ref(WORKLOAD, NAMESPACE))


def test_hpa_and_keda_read_what_hand_arithmetic_on_the_exposition_gives(
    prometheus: PrometheusServer, certificate: CertificateFiles, tmp_path: Path
) -> None:
    """Over HTTPS, over gRPC and as JSON it is the same number."""
    flags = ["--external-metrics-tls-cert", str(certificate.certificate)]
    flags += ["--external-metrics-tls-key", str(certificate.key)]
    with ServeProcess(tmp_path, write_tuning(tmp_path, prometheus.url), *flags) as serve:
        wait_until(lambda: serve.get("ops", "/readyz").ok)
        replicas = serve.metric("scaleahead-replicas", verify=str(certificate.certificate))
        queue = serve.metric("scaleahead-queue-depth", verify=str(certificate.certificate))
        with serve.keda() as stub:
            answer = stub.GetMetrics(_ASKED)
            active = stub.IsActive(ref(WORKLOAD, NAMESPACE))
        target = serve.get("api", f"/api/v1/targets/{NAMESPACE}/{WORKLOAD}").json()

    assert serve.url("metrics").startswith("https://")
    assert replicas.json()["items"][0]["value"] == f"{_REPLICAS * 1000}m"
    assert queue.json()["items"][0]["value"] == f"{_QUEUE * 1000}m"
    values = [(each.metricName, each.metricValueFloat) for each in answer.metricValues]
    assert values == [("scaleahead-replicas", float(_REPLICAS))]
    assert active == pb.IsActiveResponse(result=True)
    assert (target["value"], target["planned"]) == (float(_REPLICAS), _REPLICAS)


def test_after_the_exporter_has_stopped_nobody_reads_zero_and_both_say_why(scraped: Scraped, tmp_path: Path) -> None:
    """Bridged at first, then an error with the reason; when the engines are back, so is the number."""
    values = []

    def asked() -> requests.Response:
        answer = serve.metric("scaleahead-replicas")
        values.extend(each["value"] for each in answer.json().get("items", []))
        return answer

    config = write_tuning(tmp_path, scraped.prometheus.url)
    with ServeProcess(tmp_path, config) as serve, serve.keda() as stub:
        wait_until(lambda: asked().ok)
        told = len(serve.events("holding"))  # a start that takes longer than a tick holds at first
        scraped.engines.stop()
        held = wait_until(asked, accept=lambda answer: answer.status_code == 503, limit_s=40)
        with pytest.raises(grpc.RpcError) as refused:
            stub.GetMetrics(_ASKED)
        explained = serve.explain().json()
        assert len(serve.events("holding")) == told + 1
        scraped.engines.start()
        wait_until(lambda: asked().ok)

    assert set(values) == {f"{_REPLICAS * 1000}m"}
    assert held.json()["kind"] == "Status"
    for text in (held.json()["message"], refused.value.details(), explained["hold_reason"]):
        assert "queue_depth is absent" in text
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    assert (explained["planned"], explained["active"]) == (None, None)


def test_a_scaled_object_alone_is_enough(prometheus: PrometheusServer, tmp_path: Path) -> None:
    """Defined by its own metadata: unavailable until the next tick has decided, then a number."""
    config = write_tuning(tmp_path, prometheus.url, workloads="[]")
    inline = metrics(ref(WORKLOAD, NAMESPACE, preset="vllm", concurrency="10", margin="1", maxReplicas="20"))
    with ServeProcess(tmp_path, config) as serve, serve.keda() as stub:
        wait_until(lambda: serve.get("ops", "/readyz").ok)
        with pytest.raises(grpc.RpcError) as refused:
            stub.GetMetrics(inline)
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        assert "no decision yet" in refused.value.details()

        def asked() -> pb.GetMetricsResponse | None:
            try:
                return stub.GetMetrics(inline)
            except grpc.RpcError:
                return None

        answer = wait_until(asked)
    assert answer is not None
    assert answer.metricValues[0].metricValueFloat == 4.0  # (31 + 9) x 1 / 10


def test_questions_that_nobody_can_answer_say_what_is_wrong_with_them(serve: ServeProcess) -> None:
    """Unknown workloads, metrics and selectors, over every door."""
    unknown = serve.metric("scaleahead-replicas", workload="nobody")
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "NotFound")
    assert WORKLOAD in unknown.json()["message"]
    selector = serve.metric("scaleahead-replicas", workload="a,b in")
    assert (selector.status_code, selector.json()["reason"]) == (400, "BadRequest")
    metric = serve.metric("scaleahead-nothing")
    assert (metric.status_code, "scaleahead-queue-depth" in metric.json()["message"]) == (404, True)
    for path in (f"/api/v1/targets/{NAMESPACE}/nobody", f"/api/v1/workloads/{NAMESPACE}/nobody/explain"):
        answer = serve.get("api", path)
        assert (answer.status_code, WORKLOAD in answer.json()["error"]["message"]) == (404, True)
    with serve.keda() as stub, pytest.raises(grpc.RpcError) as refused:
        stub.GetMetrics(metrics(ref("nobody", NAMESPACE)))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    with serve.keda() as stub, pytest.raises(grpc.RpcError) as refused:
        stub.GetMetrics(metrics(ref(WORKLOAD, NAMESPACE, preset="vllm", maxReplica="3")))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "maxReplicas" in refused.value.details()


def test_callers_of_the_json_api_must_show_what_the_file_of_credentials_holds(
    prometheus: PrometheusServer, tmp_path: Path
) -> None:
    """Without a credential 401, with one of each form an answer; nobody else is asked for any."""
    secrets = tmp_path / "credentials"
    secrets.write_text("# for KEDA\nkey first\nbearer second\nbasic keda:third:3\n")
    config = write_tuning(tmp_path, prometheus.url)
    with ServeProcess(tmp_path, config, "--api-credentials", str(secrets)) as serve:
        wait_until(lambda: serve.get("ops", "/readyz").ok)
        path = f"/api/v1/targets/{NAMESPACE}/{WORKLOAD}"
        codes = [
            serve.get("api", path).status_code,
            serve.get("api", path, headers={"X-API-KEY": "second"}).status_code,
            serve.get("api", path, headers={"X-API-KEY": "first"}).status_code,
            serve.get("api", f"{path}?api_key=first").status_code,
            serve.get("api", path, headers={"Authorization": "Bearer second"}).status_code,
            serve.get("api", path, auth=("keda", "third:3")).status_code,
        ]

    assert codes == [401, 401, 200, 200, 200, 200]
