"""When histories are cut, and when what follows takes effect."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from adapter.core.cuts import DAY_S, GRACE_S, cut_in_force, last_cut, phase_of
from adapter.core.workload import WorkloadId

CHAT = WorkloadId("prod", "chat")


@given(st.floats(1e9, 2e9))
def test_a_cut_takes_effect_an_hour_after_it_and_for_a_day(at: float) -> None:
    """Whenever one looks, the cut in force is between an hour and twenty-five hours old, on its minute."""
    cut = cut_in_force(CHAT, at=at)
    assert GRACE_S <= at - cut < DAY_S + GRACE_S
    assert cut % DAY_S == phase_of(CHAT)
    assert last_cut(CHAT, at=at) in (cut, cut + DAY_S)


def test_workloads_are_spread_over_the_day() -> None:
    """No ten minutes get more than a few of a thousand."""
    phases = Counter(phase_of(WorkloadId("prod", f"model-{each}")) for each in range(1000))
    assert all(phase % 600 == 0 and 0 <= phase < DAY_S for phase in phases)
    assert max(phases.values()) <= 20
