import numpy as np

from adapter.core.history import Tier, TierSpec
from adapter.core.recent import extremes


def test_only_the_span_counts() -> None:
    """Both ends of it; older counts and unknown ones do not."""
    values = np.array([[1.0, 9.0, 4.0, np.nan, 5.0, 3.0]], dtype=np.float32)
    tier = Tier(spec=TierSpec(step_s=15.0, columns=6), end=75.0, values=values)
    assert extremes(tier, at=75.0) == [(3, 9)]
    assert extremes(tier, at=90.0) == [(3, 5)]
    assert extremes(tier, at=75.0, span_s=15.0) == [(3, 5)]
    assert extremes(tier, at=500.0) == [None]
