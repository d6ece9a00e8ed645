"""Twin of adapter/core/tuning/workload.py."""

from typing import Any

import pytest
from pydantic import ValidationError

from adapter.core.tuning.workload import LabelPattern, WorkloadTuning

_UNTIL = {"until": "2030-01-01T00:00:00Z", "author": "me"}
_EVENT = {"name": "x", "start": "2030-01-01T00:00:00Z", "end": "2030-01-02T00:00:00Z", "floor": 1}


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"replicas": {"min": 3, "max": 2}}, r"min \(3\) must not exceed max \(2\)"),
        ({"capacity": {"promptTokensPerSecond": 5}}, "must be set together"),
        ({"forecast": {"quantile": 0.9, "price": {"sloMinute": 1, "gpuMinute": 1}}}, "exclude each other"),
        ({"freshness": {"staleAfter": "6m"}}, "must not exceed holdAfter"),
        ({"override": _UNTIL}, "at least one of floor, ceiling and freeze"),
        ({"override": {**_UNTIL, "floor": 3, "ceiling": 2}}, r"floor \(3\) must not exceed ceiling \(2\)"),
        ({"override": {"freeze": True, "author": "me"}}, "until"),
        ({"override": {"freeze": True, "until": "2030-01-01T00:00:00Z"}}, "author"),
        ({"override": {**_UNTIL, "freeze": True, "until": "2030-01-01T00:00:00"}}, "timezone"),
        ({"events": [{**_EVENT, "end": _EVENT["start"]}]}, "start must be before end"),
        ({"margin": float("nan")}, "finite"),
    ],
)
def test_contradictions_are_refused(fault: dict[str, Any], message: str) -> None:
    """Keys that cannot hold together are told in one sentence."""
    with pytest.raises(ValidationError, match=message):
        WorkloadTuning.model_validate(fault)


def test_a_label_is_matched_by_text_or_by_pattern() -> None:
    """Both forms are read from a document, and both can be built in code."""
    tuning = WorkloadTuning.model_validate({"match": {"app": "x", "pod": {"regex": "x-.*"}}})
    assert tuning.match == {"app": "x", "pod": LabelPattern(regex="x-.*")}
    assert WorkloadTuning(match=tuning.match).match == tuning.match


def test_defaults_hold_together() -> None:
    """The defaults themselves pass every check, and `act` on `vllm`."""
    tuning = WorkloadTuning.model_validate(WorkloadTuning().model_dump(by_alias=True))
    assert tuning == WorkloadTuning()
    assert (tuning.preset, tuning.mode) == ("vllm", "act")
