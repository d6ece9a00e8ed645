"""How settings are chosen by back-testing: what may be written."""

from typing import Any

import pytest
from pydantic import ValidationError

from adapter.core.tuning import TuneTuning


def test_settings_do_not_change_by_themselves_unless_asked_to() -> None:
    """Nor is a week of every workload's history read each day for advice that nobody has asked for."""
    assert TuneTuning().mode == "off"


@pytest.mark.parametrize(
    "written", [{"mode": "on"}, {"days": 1}, {"days": 14}, {"price": 0}, {"leastGain": -0.1}, {"leastGain": 1.1}]
)
def test_what_makes_no_sense_is_refused(written: dict[str, Any]) -> None:
    """A day alone tells nothing, and a Prometheus keeps fifteen by default."""
    with pytest.raises(ValidationError):
        TuneTuning.model_validate(written)
