import pytest

from adapter.core.tuning import GatewayTuning
from adapter.keda.keys import PATHS


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://me:pw@epp/metrics", "http://epp/metrics?x=1", "epp"])
def test_only_plain_addresses_are_accepted(url: str) -> None:
    """No files, no passwords and no queries in addresses."""
    with pytest.raises(ValueError, match="url"):
        GatewayTuning.model_validate({"url": url})


def test_a_look_is_short_and_its_page_bounded() -> None:
    """Half a second between looks leaves no room for long waits."""
    assert GatewayTuning.model_validate({"url": "http://epp:9090/metrics"}).timeout == 1.0
    with pytest.raises(ValueError, match="timeout"):
        GatewayTuning.model_validate({"url": "http://epp:9090/metrics", "timeout": "6s"})


def test_no_scaled_object_can_name_an_address() -> None:
    """Whoever writes one could have us ask any address inside the cluster."""
    assert not [path for path in PATHS.values() if path[0] in ("gateway", "prometheus")]
