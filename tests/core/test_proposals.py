from hypothesis import given
from hypothesis import strategies as st

from adapter.core.hpa_behavior import Behavior, Recommendation, ScalingRules, stabilize
from adapter.core.proposals import NOTHING_PROPOSED
from adapter.core.units import Seconds

WINDOWS = st.sampled_from([0.0, 30.0, 90.0, 300.0])


@given(asked=st.lists(st.integers(0, 12), max_size=30), up=WINDOWS, down=WINDOWS, current=st.integers(1, 12))
def test_extremes_are_enough(asked: list[int], up: float, down: float, current: int) -> None:
    """The controller remembers every proposal; the few that are kept here let it go to the same number."""
    behavior = Behavior(
        scale_up=ScalingRules(stabilization_window_s=Seconds(up)),
        scale_down=ScalingRules(stabilization_window_s=Seconds(down)),
    )
    kept, everything = NOTHING_PROPOSED, []
    for tick, proposal in enumerate(asked):
        at = 15.0 * tick
        exact = stabilize(proposal, everything, current=current, behavior=behavior, now=Seconds(at))
        assert kept.stabilized(proposal, current=current, behavior=behavior, now=at) == exact
        everything.append(Recommendation(at=Seconds(at), replicas=proposal))
        kept = kept.noted(proposal, at=at, behavior=behavior)


def test_what_is_kept_stays_small() -> None:
    """An hour of proposals that go up and down leaves a handful."""
    behavior = Behavior(scale_down=ScalingRules(stabilization_window_s=Seconds(3600.0)))
    kept = NOTHING_PROPOSED
    for tick in range(240):
        kept = kept.noted(5 + tick % 7, at=15.0 * tick, behavior=behavior)
    assert len(kept.highest) <= 7
