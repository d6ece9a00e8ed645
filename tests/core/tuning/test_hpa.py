import pytest
from pydantic import ValidationError

from adapter.core.tuning import HpaTuning


def test_the_defaults_are_those_of_a_cluster() -> None:
    """A tolerance of 0.1, AverageValue, and nothing said of behaviour or bounds."""
    hpa = HpaTuning()
    assert (hpa.tolerance, hpa.target, hpa.scale_up, hpa.scale_down, hpa.min, hpa.max) == (
        0.1,
        "AverageValue",
        None,
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    "policy",
    [
        {"type": "Pods", "value": 0, "period": 9},
        {"type": "Nodes", "value": 1, "period": 9},
        {"type": "Pods", "value": 1, "period": 1801},
    ],
)
def test_what_the_api_server_refuses_is_refused(policy: dict[str, object]) -> None:
    """Values below 1, other types, periods beyond half an hour."""
    with pytest.raises(ValidationError):
        HpaTuning.model_validate({"scale_up": {"policies": (policy,)}})
