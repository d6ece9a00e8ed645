"""Twin of adapter/cluster/tuning_config_map.py; of a running process in tests/integration/serve/test_config_map.py."""

import base64

import pytest

from adapter.cluster.api import KubernetesClient
from adapter.cluster.tuning_config_map import document_of, open_config_map
from adapter.core.errors import TuningError
from tests.kube_api import KubeApiServer

_FILE = "ConfigMap llm/tuning"
_MAPS = "/api/v1/namespaces/llm/configmaps"
_GOOD = "apiVersion: scaleahead/v1alpha1\nprometheus: {url: 'http://p:9090'}\n"


def test_text_and_binary_data_are_read_alike() -> None:
    """Kubectl writes whatever is no UTF-8 as binary data."""
    assert document_of({"data": {"config.yaml": "text"}}, file=_FILE) == b"text"
    binary = base64.b64encode(b"\xff").decode()
    assert document_of({"binaryData": {"config.yaml": binary}}, file=_FILE) == b"\xff"


@pytest.mark.parametrize(
    ("config_map", "words"),
    [
        (None, "ConfigMap llm/tuning: does not exist"),
        ({"data": {"config.yml": "", "b": ""}}, r"under the key config.yaml; its keys are: b, config.yml"),
        ({}, "its keys are: none"),
        ({"binaryData": {"config.yaml": "?"}}, "must be base64"),
    ],
)
def test_what_holds_no_document_is_named(config_map: dict[str, dict[str, str]] | None, words: str) -> None:
    """And what it holds instead."""
    with pytest.raises(TuningError, match=words):
        document_of(config_map, file=_FILE)


async def test_without_a_good_document_at_the_start_there_is_nothing_to_fall_back_on(
    kube: KubeApiServer, api: KubernetesClient
) -> None:
    """A missing ConfigMap, one without rights, and a bad one."""
    with pytest.raises(TuningError, match="ConfigMap llm/tuning: cannot be read: kube-apiserver answered 404"):
        await open_config_map(api, namespace="llm", name="tuning", presets=["vllm"], now=0.0)
    kube.put(_MAPS, "tuning", data={"config.yaml": _GOOD + "tick: {interval: 31s}\n"})
    with pytest.raises(TuningError, match=r"ConfigMap llm/tuning:3: tick\.interval"):
        await open_config_map(api, namespace="llm", name="tuning", presets=["vllm"], now=0.0)
