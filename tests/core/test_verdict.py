"""The best choice, and when it is good enough to change anything."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from adapter.core.knobs import knobs_of
from adapter.core.tuning import WorkloadTuning
from adapter.core.verdict import Verdict, Worth, best, costs_of, undecided

STANDING = knobs_of(WorkloadTuning())
CHOSEN = knobs_of(WorkloadTuning.model_validate({"margin": 1.25, "hold": {"scale_in": 540}}))
COSTS = arrays(np.float64, st.tuples(st.integers(2, 6), st.integers(2, 7)), elements=st.floats(1.0, 100.0))


def worth(cost: float, attained: float = 0.983) -> Worth:
    """Return what a choice came to."""
    return Worth(replica_hours=cost, attained=attained, cost=cost)


def test_a_bad_day_is_not_made_up_for_by_a_good_one() -> None:
    """2 % may be missed: 4 % on one day and none on the other costs, 2 % on both does not."""
    hours, work = np.full((2, 2), 10.0), np.array([6.0, 6.0])
    missed = np.array([[0.04, 0.0], [0.02, 0.02]])
    costs = costs_of(hours, missed, work_hours=work, agreed=0.98, price=30.0).sum(axis=1)
    assert costs.tolist() == pytest.approx([20.0 + 30 * 0.02 * 6, 20.0])


def test_a_small_gain_changes_nothing() -> None:
    """Four per cent less every day is not five."""
    assert best(np.array([[100.0, 100.0], [96.0, 96.0]]), standing=0, least_gain=0.05) == (
        0,
        "nothing tried costs 5% less",
    )
    assert best(np.array([[100.0, 100.0], [94.0, 94.0]]), standing=0, least_gain=0.05) == (1, "")


def test_luck_changes_nothing() -> None:
    """Half as dear on one day and dearer on the others may be chance."""
    costs = np.array([[100.0, 100.0, 100.0], [50.0, 104.0, 101.0]])
    assert best(costs, standing=0, least_gain=0.05) == (0, "the days differ too much to tell anything better from luck")


def test_the_surer_of_two_equal_gains_is_chosen() -> None:
    """Ten less every day, rather than none and twenty."""
    costs = np.array([[100.0] * 6, [81.0, 99.0] * 3, [90.0, 90.0] * 3])
    assert best(costs, standing=0, least_gain=0.05)[0] == 2


@given(COSTS, st.randoms(use_true_random=False))
def test_the_order_of_choices_and_days_does_not_matter(costs: np.ndarray, random: object) -> None:
    """The same costs are chosen, whichever place they stand in."""
    rows = list(range(1, costs.shape[0]))
    random.shuffle(rows)  # type: ignore[attr-defined]
    order = [0, *rows]
    first, _ = best(costs, standing=0, least_gain=0.05)
    second, _ = best(costs[order], standing=0, least_gain=0.05)
    assert np.allclose(costs[first].mean(), costs[order][second].mean()) or first in (0, order[second])
    flipped, _ = best(costs[:, ::-1], standing=0, least_gain=0.05)
    assert np.isclose(costs[flipped].mean(), costs[first].mean(), rtol=1e-9)


@given(COSTS)
def test_what_is_chosen_is_better_or_the_same(costs: np.ndarray) -> None:
    """On average over the days, by the least gain or more."""
    chosen, why = best(costs, standing=0, least_gain=0.05)
    assert (chosen == 0) == bool(why)
    assert chosen == 0 or costs[chosen].mean() <= 0.95 * costs[0].mean() + 1e-9


def test_a_verdict_is_a_sentence() -> None:
    """With what it is compared to, over how long, at which share."""
    told = Verdict(
        cut=0.0,
        days=7,
        standing=STANDING,
        chosen=CHOSEN,
        reason="",
        before=worth(100.0),
        after=worth(86.0),
        reactive=worth(100.0),
    )
    assert str(told) == (
        "margin 1.25, forecaster mix at P97.5, hold 9 min: 14% cheaper than reactive over your last 7 days at 98.3%, "
        "14% cheaper than margin 1.15, forecaster mix at P97.5, hold 6 min"
    )


def test_a_verdict_that_nothing_can_be_concluded_says_why() -> None:
    """And compares nothing."""
    told = undecided(STANDING, cut=0.0, reason="1 whole day of history can be tried, at least 2 are needed")
    assert str(told).endswith("hold 6 min: kept, 1 whole day of history can be tried, at least 2 are needed")
    assert not told.changes
    assert np.isnan(told.cheaper_than_before)
