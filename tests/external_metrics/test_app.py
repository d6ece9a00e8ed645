"""The aggregated API over HTTPS on a real socket, as the aggregation layer, the HPA and kubectl see it."""

import re
import time
from typing import Any

import httpx
import pytest

from adapter.core.metric import Metric
from adapter.core.signal import Reading, Signal, State
from adapter.core.workload import WorkloadId
from tests.external_metrics.test_discovery import V2, V2_BETA1
from tests.factories import LLAMA, TICK, Board, FixedClock, decision, hold, snapshot

GROUP = "/apis/external.metrics.k8s.io"
GROUP_VERSION = f"{GROUP}/v1beta1"
FAILURES = [
    ("GET /", 404),
    ("GET /api", 404),
    ("GET /apis/", 404),
    ("GET /docs", 404),
    ("GET /openapi.json", 404),
    ("GET /openapi/v2", 404),
    ("GET /openapi/v3", 404),
    (f"GET {GROUP}/", 404),
    (f"GET {GROUP_VERSION}/", 404),
    (f"GET {GROUP_VERSION}/scaleahead-replicas", 404),
    (f"GET {GROUP_VERSION}/namespaces/prod/scaleahead-replicas/", 404),
    (f"GET {GROUP_VERSION}/namespaces/prod/scaleahead-replicas/llama", 404),
    (f"GET {GROUP_VERSION}/namespaces/prod/scaleahead%2Freplicas", 404),
    (f"GET {GROUP_VERSION}/namespaces/prod/scaleahead%2Dreplicas%2500", 404),
    (f"GET {GROUP_VERSION}/namespaces/prod/nothing", 404),
    (f"GET {GROUP_VERSION}/namespaces/dev/scaleahead-replicas", 404),
    (f"GET {GROUP_VERSION}/namespaces/prod/scaleahead-replicas?labelSelector=a+b", 400),
    (f"GET {GROUP_VERSION}/namespaces/prod/scaleahead-replicas?watch=true", 405),
    (f"GET {GROUP_VERSION}/namespaces/prod/scaleahead-gpu-utilization", 503),
    (f"POST {GROUP_VERSION}/namespaces/prod/scaleahead-replicas", 405),
    (f"DELETE {GROUP_VERSION}", 405),
    ("PUT /livez", 405),
]


def _read(client: httpx.Client, metric: str = "scaleahead-replicas", query: str = "") -> httpx.Response:
    return client.get(f"{GROUP_VERSION}/namespaces/prod/{metric}{query}")


def _item(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    (item,) = response.json()["items"]
    return dict(item)


def test_resource_list_is_what_the_availability_probe_and_clients_expect(client: httpx.Client) -> None:
    """One read-only, namespaced resource for each metric."""
    response = client.get(GROUP_VERSION)
    body = response.json()
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert (body["kind"], body["groupVersion"]) == ("APIResourceList", "external.metrics.k8s.io/v1beta1")
    assert {each["name"] for each in body["resources"]} == set(Metric)
    assert all(each["verbs"] == ["get"] and each["namespaced"] is True for each in body["resources"])
    assert {each["kind"] for each in body["resources"]} == {"ExternalMetricValueList"}


@pytest.mark.parametrize("accept", [None, "*/*", "application/vnd.kubernetes.protobuf, */*", "text/html"])
def test_resource_list_does_not_depend_on_accept_or_on_backends(
    client: httpx.Client, board: Board, accept: str | None
) -> None:
    """With nothing decided yet, every client still gets the same JSON."""
    expected = client.get(GROUP_VERSION).content
    board.snapshot = None
    response = client.get(GROUP_VERSION, headers={} if accept is None else {"Accept": accept})
    assert (response.status_code, response.content) == (200, expected)


@pytest.mark.parametrize(("accept", "version"), [(V2, "v2"), (V2_BETA1, "v2beta1"), (f"{V2},{V2_BETA1}", "v2")])
def test_aggregated_discovery_is_served_with_its_full_type(client: httpx.Client, accept: str, version: str) -> None:
    """An aggregator compares the whole type; `responseKind` is never null."""
    response = client.get("/apis", headers={"Accept": accept})
    assert (
        response.headers["content-type"]
        == f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    )
    assert response.headers["vary"] == "Accept"
    body = response.json()
    assert (body["kind"], body["apiVersion"]) == ("APIGroupDiscoveryList", f"apidiscovery.k8s.io/{version}")
    (served,) = body["items"][0]["versions"]
    assert (body["items"][0]["metadata"]["name"], served["freshness"]) == ("external.metrics.k8s.io", "Current")
    assert all(each["responseKind"]["kind"] == "ExternalMetricValueList" for each in served["resources"])
    assert all(each["scope"] == "Namespaced" and each["verbs"] == ["get"] for each in served["resources"])


def test_aggregated_discovery_known_to_the_client_is_answered_304(client: httpx.Client) -> None:
    """The tag is quoted, stable, and different for another form."""
    first = client.get("/apis", headers={"Accept": V2})
    tag = first.headers["etag"]
    assert re.fullmatch(r'"[0-9a-f]+"', tag)
    again = client.get("/apis", headers={"Accept": V2, "If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = client.get("/apis", headers={"Accept": V2_BETA1, "If-None-Match": tag})
    assert other.status_code == 200


def test_unknown_aggregated_form_is_answered_406(client: httpx.Client) -> None:
    """Never a legacy body under 200, and never 503: old aggregators fall back on 406 alone."""
    response = client.get("/apis", headers={"Accept": V2.replace("v=v2", "v=v9")})
    assert (response.status_code, response.json()["reason"]) == (406, "NotAcceptable")


def test_legacy_group_documents_are_served(client: httpx.Client) -> None:
    """Plain clients get the group list and the group."""
    groups = client.get("/apis", headers={"Accept": "application/json"}).json()
    group = client.get(GROUP).json()
    assert (groups["kind"], group["kind"]) == ("APIGroupList", "APIGroup")
    assert groups["groups"][0]["name"] == group["name"] == "external.metrics.k8s.io"
    assert group["preferredVersion"] == {"groupVersion": "external.metrics.k8s.io/v1beta1", "version": "v1beta1"}
    assert "kind" not in groups["groups"][0]


@pytest.mark.parametrize("path", ["/healthz", "/livez", "/readyz"])
def test_probes_answer_ok_without_credentials(client: httpx.Client, path: str) -> None:
    """Kubelets come without credentials."""
    response = client.get(path)
    assert (response.status_code, response.text) == (200, "ok")


def test_version_is_told(client: httpx.Client) -> None:
    """A JSON object of strings, as Kubernetes servers give it."""
    body = client.get("/version").json()
    assert (body["major"], body["minor"], body["gitVersion"]) == ("1", "2", "v1.2.3")
    assert all(isinstance(value, str) for value in body.values())


@pytest.mark.parametrize(("request_line", "code"), FAILURES)
def test_every_failure_is_a_status_with_the_same_code(client: httpx.Client, request_line: str, code: int) -> None:
    """No redirect, no Retry-After, always JSON."""
    response = client.request(*request_line.split())
    assert response.status_code == code
    assert response.headers["content-type"] == "application/json"
    assert "retry-after" not in response.headers
    body = response.json()
    assert (body["kind"], body["status"], body["code"]) == ("Status", "Failure", code)
    assert body["message"]


def test_metric_read_returns_exactly_one_item(client: httpx.Client) -> None:
    """Keys, time and value as the HPA reads them; the list says what it is."""
    response = _read(client)
    item = _item(response)
    assert set(item) == {"metricName", "metricLabels", "timestamp", "window", "value"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", item["timestamp"])
    assert (item["metricName"], item["value"]) == ("scaleahead-replicas", "6000m")
    assert item["metricLabels"] == {"workload": "llama", "namespace": "prod"}
    assert (response.json()["kind"], response.headers["content-type"]) == (
        "ExternalMetricValueList",
        "application/json",
    )


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("scaleahead-demand", "5400m"),
        ("scaleahead-queue-depth", "12500m"),
        ("scaleahead-queue-depth-forecast", "20250m"),
        ("scaleahead-tokens-per-second", "1750000m"),
    ],
)
def test_other_metrics_are_read_the_same_way(client: httpx.Client, metric: str, value: str) -> None:
    """Demand is replicas times capacity, the raw signals are as measured."""
    assert _item(_read(client, metric))["value"] == value


def test_metric_names_match_whatever_their_case(client: httpx.Client) -> None:
    """client-go lower-cases the path, people do not; the answer repeats the name as asked."""
    assert _item(_read(client, "ScaleAhead-Replicas"))["metricName"] == "ScaleAhead-Replicas"


@pytest.mark.parametrize(
    "selector",
    [
        "",
        "workload%3Dllama",
        "workload=llama",
        "namespace%3Dprod%2Cworkload%3Dllama",
        "workload+in+%28llama%29",
        "workload%20in%20(llama)",
        "workload+notin+%28x%2Cy%29",
        "workload",
        "%21canary",
    ],
)
def test_selectors_are_read_as_clients_encode_them(client: httpx.Client, board: Board, selector: str) -> None:
    """Blanks come as `+` or `%20`, commas and brackets encoded or not."""
    board.snapshot = snapshot(decision(), decision(WorkloadId("dev", "other")))
    assert _item(_read(client, query=f"?labelSelector={selector}"))["metricLabels"]["workload"] == "llama"


def test_selector_that_fits_several_is_refused_with_what_to_write(client: httpx.Client, board: Board) -> None:
    """The HPA would add both up."""
    board.snapshot = snapshot(decision(), decision(WorkloadId("prod", "qwen")))
    response = _read(client)
    assert (response.status_code, response.json()["reason"]) == (400, "BadRequest")
    assert "llama, qwen" in response.json()["message"]


def test_unknown_metric_is_answered_with_the_names_there_are(client: httpx.Client, board: Board) -> None:
    """404, even before the first decision."""
    board.snapshot = None
    response = _read(client, "scaleahead-replica")
    assert (response.status_code, response.json()["reason"]) == (404, "NotFound")
    assert "scaleahead-queue-depth-forecast" in response.json()["message"]


def test_hold_is_answered_503_with_its_reason(client: httpx.Client, board: Board) -> None:
    """The reason of the decision becomes the event of the HPA; nothing looks like a zero."""
    board.snapshot = snapshot(hold(reason="queue_depth is unavailable for 120 s"))
    response = _read(client)
    assert (response.status_code, response.json()["reason"]) == (503, "ServiceUnavailable")
    assert response.json()["message"] == "prod/llama: queue_depth is unavailable for 120 s"


def test_decision_that_grew_old_is_answered_503(client: httpx.Client, clock: FixedClock) -> None:
    """Three missed ticks are the limit; before it the value stands."""
    clock.at = TICK + 45
    assert _read(client).status_code == 200
    clock.at = TICK + 46
    response = _read(client)
    assert response.status_code == 503
    assert "46 s old" in response.json()["message"]


def test_nothing_decided_yet_is_answered_503(client: httpx.Client, board: Board) -> None:
    """The time before the first tick is no zero either."""
    board.snapshot = None
    response = _read(client)
    assert (response.status_code, "first tick" in response.json()["message"]) == (503, True)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_value_that_is_no_number_is_an_error(client: httpx.Client, board: Board, value: float) -> None:
    """A signal that claims to be fresh but holds no number is our own fault: 500, as a Status without internals."""
    broken = {Signal.QUEUE_DEPTH: Reading(state=State.FRESH, value=value)}
    board.snapshot = snapshot(decision(signals=broken))
    response = _read(client, "scaleahead-queue-depth")
    assert (response.status_code, response.json()["code"]) == (500, 500)
    assert response.json()["message"] == "internal error of scaleahead; its log has the details"


def test_metric_names_are_usable_with_the_hpa() -> None:
    """Lower case, no path separators, and none of the words that Kubernetes takes for a namespace subresource."""
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", metric) for metric in Metric)
    assert not {"status", "finalize", ".", ".."} & set(Metric)


def test_identity_headers_open_nothing(client: httpx.Client) -> None:
    """Nobody vouches for them here, so they change nothing."""
    claimed = client.get(GROUP_VERSION, headers={"X-Remote-User": "admin", "X-Remote-Group": "system:masters"})
    assert claimed.content == client.get(GROUP_VERSION).content


def test_reads_are_answered_without_waiting_for_acknowledgements(client: httpx.Client) -> None:
    """Nagle's algorithm against delayed acknowledgement costs 40 ms on every read of an open connection."""
    seconds = []
    for _ in range(25):
        started = time.perf_counter()
        _item(_read(client, query=f"?labelSelector=workload={LLAMA.name}"))
        seconds.append(time.perf_counter() - started)
    assert min(seconds[10:]) < 0.035  # the best of many: a busy machine slows some reads down, the stall slows all
