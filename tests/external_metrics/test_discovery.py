"""Discovery documents and the choice between them."""

import pytest

from adapter.external_metrics.discovery import Form, choose_form

V2 = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
V2_BETA1 = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, Form.LEGACY),
        ("", Form.LEGACY),
        ("*/*", Form.LEGACY),
        ("application/*", Form.LEGACY),
        ("application/json", Form.LEGACY),
        ("application/vnd.kubernetes.protobuf, */*", Form.LEGACY),
        (V2, Form.V2),
        (V2_BETA1, Form.V2_BETA1),
        (f"{V2_BETA1},{V2}", Form.V2),
        (f"{V2};profile=nopeer,{V2},{V2_BETA1},application/json", Form.V2),
        ("application/json; as=APIGroupDiscoveryList; v=v2; g=apidiscovery.k8s.io", Form.V2),
        ("application/json;g=apidiscovery.k8s.io;v=v3;as=APIGroupDiscoveryList", None),
        ("application/vnd.kubernetes.protobuf;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList", None),
        ("text/html", None),
    ],
)
def test_accept_header_chooses_the_form(accept: str | None, form: Form | None) -> None:
    """Aggregated before legacy, v2 before v2beta1, and nothing at all rather than a form nobody asked for."""
    assert choose_form(accept) is form
