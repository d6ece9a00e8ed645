"""Twin of adapter/cluster/api_service.py."""

import base64
import re

import pytest

from adapter.cluster.api_service import Owner, ca_bundle, ownership, with_ca_bundle


@pytest.mark.parametrize(
    ("found", "owner", "words"),
    [
        (None, Owner.NOBODY, "does not exist"),
        ({"spec": {"service": {"namespace": "llm", "name": "scaleahead"}}}, Owner.OURS, "served by llm/scaleahead"),
        (
            {"spec": {"service": {"namespace": "keda", "name": "keda-metrics-apiserver"}}},
            Owner.OTHER,
            "belongs to keda/keda-metrics-apiserver, not to llm/scaleahead",
        ),
        ({"spec": {}}, Owner.OTHER, r"belongs to \?/\?"),
    ],
)
def test_whose_the_api_service_is_is_told_by_its_service(
    found: dict[str, object] | None, owner: Owner, words: str
) -> None:
    """And the words say who has it instead."""
    told = ownership(found, service="scaleahead", namespace="llm")
    assert told.owner is owner
    assert re.search(words, told.text)


def test_a_bundle_is_read_back_and_replaces_the_skipping_of_checks() -> None:
    """What cannot be read names no CA."""
    change = with_ca_bundle(b"pem")
    assert ca_bundle(change) == b"pem"
    assert change["spec"]["insecureSkipTLSVerify"] is None
    assert base64.b64decode(change["spec"]["caBundle"]) == b"pem"
    assert ca_bundle({"spec": {"caBundle": "?"}}) == b""
