"""The examples: short, valid, and about what is served."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import kubernetes_validate
import pytest
import yaml

from adapter.core.metric import Metric
from adapter.core.tuning import Tuning, WorkloadTuning, parse_tuning
from adapter.core.workload import WorkloadId
from adapter.keda.metadata import parse_trigger
from adapter.prometheus.preset import preset_names
from tests.manifests.rendered import MANIFESTS, Json, overlay

_SCALERS = ("HorizontalPodAutoscaler", "ScaledObject")


def _documents() -> Iterator[Any]:
    for path in sorted((MANIFESTS / "examples").glob("*.yaml")):
        for text in path.read_text(encoding="utf-8").split("\n---\n"):
            yield pytest.param(text, id=f"{path.stem}:{yaml.safe_load(text)['kind']}")


def _of(kind: str) -> list[Any]:
    return [each for each in _documents() if yaml.safe_load(each.values[0])["kind"] == kind]


@pytest.mark.parametrize("text", list(_documents()))
def test_an_example_fits_on_a_screen(text: str) -> None:
    """Fifteen lines for what scales, forty for anything else; comments and blank lines do not count."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert len(lines) <= (15 if yaml.safe_load(text)["kind"] in _SCALERS else 40)


@pytest.mark.parametrize("text", _of("HorizontalPodAutoscaler"))
def test_an_hpa_is_valid_and_reads_a_metric_that_is_served(text: str) -> None:
    """With the target that belongs to it."""
    item: Json = yaml.safe_load(text)
    kubernetes_validate.validate(item, "1.37", strict=True)
    [metric] = [each["external"] for each in item["spec"]["metrics"]]
    assert Metric(metric["metric"]["name"]) is Metric.REPLICAS
    assert metric["target"] == {"type": "AverageValue", "averageValue": "1"}


@pytest.mark.parametrize("text", _of("HorizontalPodAutoscaler"))
def test_the_workload_of_an_hpa_is_in_the_tuning_document_with_the_same_target(text: str) -> None:
    """Names and kinds agree."""
    item: Json = yaml.safe_load(text)
    [metric] = [each["external"]["metric"] for each in item["spec"]["metrics"]]
    known = {(each.workload.id.namespace, each.workload.id.name): each.workload.target for each in _tuning().workloads}
    target = known[item["metadata"]["namespace"], metric["selector"]["matchLabels"]["workload"]]
    asked = item["spec"]["scaleTargetRef"]
    assert (target.kind.value, target.name) == (asked["kind"], asked["name"])


@pytest.mark.parametrize("text", _of("ScaledObject"))
def test_the_trigger_of_a_scaled_object_is_one_that_the_scaler_takes(text: str) -> None:
    """Each key of it, and the address or the URL is that of a Service in the manifests."""
    item: Json = yaml.safe_load(text)
    [trigger] = item["spec"]["triggers"]
    services = {each["metadata"]["name"]: each["spec"] for each in overlay("keda") if each["kind"] == "Service"}
    if trigger["type"] == "metrics-api":
        url = urlsplit(trigger["metadata"]["url"])
        assert url.path == f"/api/v1/targets/{item['metadata']['namespace']}/{item['metadata']['name']}"
        host, port = str(url.hostname), url.port
    else:
        asker = WorkloadId(item["metadata"]["namespace"], item["metadata"]["name"])
        parse_trigger(asker, trigger["metadata"], defaults=WorkloadTuning(), presets=preset_names())
        host, _, number = trigger["metadata"]["scalerAddress"].partition(":")
        port = int(number)
    name, _, namespace = host.partition(".")
    assert (namespace, port in [each["port"] for each in services[name]["ports"]]) == ("scaleahead", True)


def test_the_image_is_built_from_the_lock_and_runs_as_nobody() -> None:
    """Non-root, from the lock, and nothing else is asked for at build time."""
    text = (MANIFESTS / "image" / "Containerfile").read_text(encoding="utf-8")
    assert "--require-hashes" in text
    assert text.count("\nUSER 65532:65532\n") == 1
    assert text.rstrip().splitlines()[-2:] == ['ENTRYPOINT ["/usr/bin/python3", "-m", "adapter"]', 'CMD ["serve"]']


def _tuning() -> Tuning:
    [text] = [each.values[0] for each in _of("ConfigMap")]
    document = yaml.safe_load(text)["data"]["config.yaml"]
    return parse_tuning(document, file="config-map.yaml", presets=preset_names())
