import pytest

from adapter.core.lead_time import HORIZON_LADDER_S, rung


@pytest.mark.parametrize(("lead_s", "horizon_s"), [(0, 60), (60, 60), (61, 120), (3600, 3600), (99_999, 7200)])
def test_lead_times_are_read_at_the_next_rung_up(lead_s: float, horizon_s: float) -> None:
    """Rounding up errs on the side of capacity; beyond the ladder its last rung counts."""
    assert HORIZON_LADDER_S[rung(lead_s, HORIZON_LADDER_S)] == horizon_s


def test_the_ladder_lies_on_the_minute_grid() -> None:
    """Horizons are whole minutes, rising."""
    assert all(each % 60 == 0 for each in HORIZON_LADDER_S)
    assert list(HORIZON_LADDER_S) == sorted(set(HORIZON_LADDER_S))
