"""Work that arrives at twice what a fleet can serve, told from what its engines and its gateway show."""

import numpy as np
import pytest

from adapter.core.saturation import piled_up
from adapter.core.signal import Signal
from adapter.simulation.profiles import MODELS, RequestShape
from tests.simulation.overloads import overloaded


@pytest.mark.parametrize("gateway", [False, True], ids=["engines alone", "with a gateway"])
@pytest.mark.parametrize("model", ["8b", "70b"])
def test_arriving_work_is_known_within_a_tenth_at_twice_the_capacity(model: str, gateway: bool) -> None:
    """On average over five minutes, and in nine of ten ticks; tokens served show half of it."""
    seen = overloaded(MODELS[model], RequestShape(prompt_tokens=1000, output_tokens=200), gateway=gateway)
    assert all(
        piled_up(each[Signal.QUEUE_DEPTH] + each.get(Signal.DEMAND_AT_ZERO, 0.0), each[Signal.REQUESTS_RUNNING]).item()
        for each in seen.shown
    )
    assert seen.estimated.mean() == pytest.approx(seen.true.mean(), rel=0.1)
    assert np.mean(np.abs(seen.estimated / seen.true - 1) <= 0.1) >= 0.9
    assert seen.served.mean() < 0.6 * seen.true.mean()
