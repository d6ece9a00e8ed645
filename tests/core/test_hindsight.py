import numpy as np

from adapter.core.hindsight import look_back
from adapter.core.history import Tier, TierSpec
from adapter.core.recent import NOTHING_RECENT
from tests.factories import TICK
from tests.fakes import tuned


def test_changes_are_kept_for_those_whose_hpa_counts_them() -> None:
    """The same three turns in both rows; only the second says what its HPA's policies are."""
    values = np.array([[3.0, 2.0] * 4] * 2, dtype=np.float32)
    tier = Tier(spec=TierSpec(step_s=15.0, columns=8), end=TICK, values=values)
    plain, paced = look_back(tier, [tuned("a"), tuned("b", hpa={"scale_up": {}})], at=TICK)
    assert (plain.turns, plain.changes) == (3, ())
    assert [(TICK - each.at, each.change) for each in paced.changes] == [(0.0, -1)]


def test_without_memory_there_is_nothing() -> None:
    """One for each workload all the same."""
    assert look_back(None, [tuned("a"), tuned("b")], at=TICK) == [NOTHING_RECENT] * 2
