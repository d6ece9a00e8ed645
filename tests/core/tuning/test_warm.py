import pytest
from pydantic import ValidationError

from adapter.core.tuning.warm import WarmTuning

GOOD = {"days": ("mon",), "start": "08:00", "end": "18:00", "zone": "Europe/Berlin", "floor": 1}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"zone": "Europe/Berlln"}, "must be a time zone"),
        ({"start": "8:00"}, "start"),
        ({"end": "24:00"}, "end"),
        ({"end": "08:00"}, "start and end must differ"),
        ({"days": ()}, "days"),
        ({"floor": 0}, "floor"),
    ],
)
def test_what_makes_no_hours_is_refused(change: dict[str, object], message: str) -> None:
    """Each by its own name."""
    with pytest.raises(ValidationError, match=message):
        WarmTuning.model_validate({**GOOD, **change})


def test_times_are_read() -> None:
    """As times of day."""
    hours = WarmTuning.model_validate(GOOD)
    assert (hours.begins.hour, hours.ends.hour) == (8, 18)
