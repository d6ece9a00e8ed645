"""A vote is lost and regained."""

import numpy as np

from forecasting.mixing import Learnt
from forecasting.record import Record
from forecasting.trust import standing


def judged(mine: float, naive: float, truth: np.ndarray, *, unscored: int = 0):  # noqa: ANN201 - a Standing
    """Return the standing of a mix that always said `mine` against a naive forecast that said `naive`.

    It is scored at one horizon; the `unscored` longer ones have no truth yet.
    """
    j, h = truth.size, 1 + unscored
    members = np.full((1, j, 5, 8, h), naive, dtype=np.float32)
    scored = np.full((1, j, h), np.nan)
    scored[0, :, 0] = truth
    record = Record(peak=members, path=members, peak_truth=scored, path_truth=scored)
    mixes = np.full((1, j, 8, h), mine, dtype=np.float32)
    return standing(record, Learnt(weights=np.ones((1, 5, 8, h)), shift=np.zeros((1, 8, h)), mixes=mixes))


def test_a_forecast_worse_than_naive_for_long_loses_its_vote() -> None:
    """Skill is negative and the vote is gone."""
    result = judged(20.0, 11.0, np.full(40, 10.0))
    assert not result.trusted[0]
    assert result.skill[0, 0] < 0


def test_horizons_that_were_never_scored_do_not_shield_a_bad_forecast() -> None:
    """However many of them are asked for."""
    result = judged(14.0, 11.0, np.full(40, 10.0), unscored=20)
    assert not result.trusted[0]
    assert np.isnan(result.skill[0, 1:]).all()


def test_dust_beside_the_load_is_no_difference() -> None:
    """A constant load, forecast to a tenth of a per mille by the one and exactly by the other."""
    result = judged(7.0007, 7.0, np.full(40, 7.0))
    assert result.trusted[0]
    assert result.skill[0, 0] == 0


def test_a_few_bad_origins_do_not_cost_the_vote() -> None:
    """Below the least number of scored origins nothing is concluded."""
    assert judged(20.0, 11.0, np.full(5, 10.0)).trusted[0]


def test_a_vote_is_regained_when_the_newer_half_is_good() -> None:
    """Bad long ago, good lately."""
    truth = np.concatenate([np.full(20, 20.0), np.full(20, 10.0)])
    assert judged(10.0, 14.0, truth).trusted[0]


def test_coverage_counts_scored_origins_only() -> None:
    """Unscored origins are neither hits nor misses."""
    truth = np.array([5.0, np.nan, 15.0, np.nan])
    result = judged(10.0, 10.0, truth)
    np.testing.assert_allclose(result.coverage[0], 0.5)
    assert result.origins[0] == 2


def test_nothing_scored_is_unknown_and_trusted() -> None:
    """A new workload has its vote on the strength of the pooled model."""
    result = judged(10.0, 10.0, np.full(5, np.nan))
    assert np.isnan(result.skill).all()
    assert np.isnan(result.coverage).all()
    assert result.trusted[0]
