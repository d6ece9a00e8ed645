"""Twin of adapter/core/tuning/interventions.py."""

from typing import Any

import pytest
from pydantic import ValidationError

from adapter.core.tuning.interventions import EventTuning, OverrideTuning

_UNTIL = {"until": "2030-01-01T00:00:00Z", "author": "me"}
_EVENT = {"name": "x", "start": "2030-01-01T00:00:00Z", "end": "2030-01-02T00:00:00Z", "floor": 1}


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (_UNTIL, "at least one of floor, ceiling and freeze"),
        ({**_UNTIL, "floor": 3, "ceiling": 2}, r"floor \(3\) must not exceed ceiling \(2\)"),
        ({"freeze": True, "author": "me"}, "until"),
        ({"freeze": True, "until": "2030-01-01T00:00:00Z"}, "author"),
        ({**_UNTIL, "freeze": True, "until": "2030-01-01T00:00:00"}, "timezone"),
    ],
)
def test_an_override_says_what_who_and_until_when(fault: dict[str, Any], message: str) -> None:
    """One that does nothing, contradicts itself or never ends is refused, and one for a while is not."""
    with pytest.raises(ValidationError, match=message):
        OverrideTuning.model_validate(fault)
    assert OverrideTuning.model_validate({**_UNTIL, "floor": 2, "ceiling": 2}).floor == 2


def test_an_event_starts_before_it_ends() -> None:
    """One that ends as it starts is refused."""
    assert EventTuning.model_validate(_EVENT).floor == 1
    with pytest.raises(ValidationError, match="start must be before end"):
        EventTuning.model_validate({**_EVENT, "end": _EVENT["start"]})
