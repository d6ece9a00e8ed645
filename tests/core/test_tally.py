import math

import pytest

from adapter.core.signal import Signal
from adapter.core.tally import Tally

NAN = math.nan


def test_shares_are_weighed_by_requests() -> None:
    """(0.5 x 100 + 1.0 x 300) / 400."""
    tally = Tally().after(start_s=NAN, arrivals=100.0, attained=0.5).after(start_s=NAN, arrivals=300.0, attained=1.0)
    assert (tally.attained, tally.requests) == (pytest.approx(0.875), 400.0)


def test_the_slowest_start_counts() -> None:
    """Steps without a start change nothing."""
    tally = Tally()
    for start_s in (NAN, 90.0, 200.0, NAN, 120.0):
        tally = tally.after(start_s=start_s, arrivals=NAN, attained=NAN)
    assert tally.slowest_start_s == 200.0


@pytest.mark.parametrize(("arrivals", "attained"), [(NAN, 0.9), (50.0, NAN)])
def test_what_is_not_known_adds_nothing(arrivals: float, attained: float) -> None:
    """Unknown requests are neither met nor missed."""
    tally = Tally().after(start_s=NAN, arrivals=arrivals, attained=attained)
    assert math.isnan(tally.attained)
    assert tally.requests == 0.0


def test_a_mean_is_over_the_steps_that_knew() -> None:
    """A step without the signal counts for nothing, and no step at all gives no mean."""
    tally = Tally()
    for value in (2.0, NAN, 4.0):
        tally = tally.watched({Signal.REPLICAS_READY: value})
    assert tally.mean(Signal.REPLICAS_READY) == 3.0
    assert math.isnan(tally.mean(Signal.QUEUE_DEPTH))
    assert tally.after(start_s=NAN, arrivals=9.0, attained=1.0).mean(Signal.REPLICAS_READY) == 3.0
