"""Twin of adapter/core/tuning/workload.py."""

from typing import Any

import pytest
from pydantic import ValidationError

from adapter.core.tuning.workload import WorkloadTuning


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"replicas": {"min": 3, "max": 2}}, r"min \(3\) must not exceed max \(2\)"),
        ({"capacity": {"promptTokensPerSecond": 5}}, "must be set together"),
        ({"forecast": {"quantile": 0.9, "price": {"sloMinute": 1, "gpuMinute": 1}}}, "exclude each other"),
        ({"freshness": {"staleAfter": "6m"}}, "must not exceed holdAfter"),
        ({"margin": float("nan")}, "finite"),
    ],
)
def test_contradictions_are_refused(fault: dict[str, Any], message: str) -> None:
    """Keys that cannot hold together are told in one sentence."""
    with pytest.raises(ValidationError, match=message):
        WorkloadTuning.model_validate(fault)


def test_defaults_hold_together() -> None:
    """The defaults themselves pass every check, and `act` on `vllm`."""
    tuning = WorkloadTuning.model_validate(WorkloadTuning().model_dump(by_alias=True))
    assert tuning == WorkloadTuning()
    assert (tuning.preset, tuning.mode) == ("vllm", "act")
