"""Weights, medians and corrections."""

import numpy as np

from forecasting.mixing import PATH_PRIOR, PEAK_PRIOR, Ahead, learn, mix, weighted_median
from forecasting.ranks import GRID

NEXT = Ahead(delays=np.array([1.0]), far=np.array([False]))
A_DAY = Ahead(delays=np.array([14.0]), far=np.array([True]))


def record(levels: list[float], truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return members that say one number each at every level, and the truths, for one series and horizon."""
    said = np.array(levels, dtype=np.float32)[None, None, :, None, None] * np.ones((1, truth.size, 1, 8, 1), np.float32)
    return said, truth[None, :, None]


def test_the_model_speaks_before_anything_was_scored() -> None:
    """The prior gives it more than half of the weight."""
    said, truth = record([10.0, 1.0, 2.0, 3.0, 4.0], np.full(4, np.nan))
    np.testing.assert_allclose(mix(said[:, -1], learn(said, truth, ahead=NEXT))[0, :, 0], 10.0)


def test_a_member_that_is_right_takes_over_from_a_model_that_is_wrong() -> None:
    """Forty origins at which the third member was right and the model was not."""
    said, truth = record([10.0, 1.0, 5.0, 50.0, 70.0], np.full(40, 5.0))
    np.testing.assert_allclose(mix(said[:, -1], learn(said, truth, ahead=NEXT))[0, 2, 0], 5.0)


def test_one_wild_member_does_not_move_the_median() -> None:
    """A mean would be ruined."""
    said = np.array([5.0, 5.5, 6.0, 6.5, 1e9], dtype=np.float32).reshape(1, 5, 1)
    assert weighted_median(said, np.ones((1, 5, 1)))[0, 0] == 6.0


def test_too_many_misses_widen_and_none_narrow() -> None:
    """The correction moves along the mix's own quantiles, towards its promise."""
    spread = np.arange(8, dtype=np.float32)[None, None, None, :, None] * np.ones((1, 47, 5, 1, 1), np.float32)
    now = spread[:, -1]
    missed = mix(now, learn(spread, np.full((1, 47, 1), 100.0), ahead=NEXT))
    covered = mix(now, learn(spread, np.full((1, 47, 1), 0.0), ahead=NEXT))
    calm = mix(now, learn(spread, np.full((1, 47, 1), np.nan), ahead=NEXT))
    assert (missed[0, 3:, 0] > calm[0, 3:, 0]).all()
    assert (covered[0, 3:, 0] < calm[0, 3:, 0]).all()


def test_an_origin_counts_only_when_its_horizon_is_over() -> None:
    """Ten origins with a horizon of eleven teach nothing yet: the weights are those of the prior."""
    said, truth = record([10.0, 1.0, 5.0, 50.0, 70.0], np.full(10, 5.0))
    late, unscored = Ahead(delays=np.array([11.0]), far=np.array([False])), np.full_like(truth, np.nan)
    untaught = learn(said, unscored, ahead=late).weights
    np.testing.assert_allclose(learn(said, truth, ahead=late).weights, untaught)
    assert not np.allclose(learn(said, truth, ahead=NEXT).weights, learn(said, unscored, ahead=NEXT).weights)


def test_a_day_ahead_the_days_count_as_much_as_the_model_and_the_last_value_more_for_one_step() -> None:
    """Before anything was scored; nearer, the model has more weight than all others together."""
    said, truth = record([10.0, 1.0, 2.0, 3.0, 4.0], np.full(42, np.nan))
    for prior in (PEAK_PRIOR, PATH_PRIOR):
        near = learn(said, truth, ahead=NEXT, prior=prior).weights[0, :, 0, 0]
        assert near[0] > near[1:].sum()
    peak, path = (learn(said, truth, ahead=A_DAY, prior=each).weights[0, :, 0, 0] for each in (PEAK_PRIOR, PATH_PRIOR))
    assert peak[0] == peak[4] > peak[1:4].max()
    assert path.argmax() == 1


def test_the_peak_is_widened_from_the_start_and_most_a_day_ahead() -> None:
    """What mixes are known not to keep is made up for before anything was scored; the median stays where it is."""
    spread = np.arange(8, dtype=np.float32)[None, None, None, :, None] * np.ones((1, 42, 5, 1, 1), np.float32)
    unscored = np.full((1, 42, 1), np.nan)
    near, far = (mix(spread[:, -1], learn(spread, unscored, ahead=ahead))[0, :, 0] for ahead in (NEXT, A_DAY))
    np.testing.assert_allclose([near[2], far[2]], 2.0, atol=1e-5)
    assert (far[3:] > near[3:]).all()
    assert (near[3:] > np.arange(8)[3:]).all()


def test_past_mixes_are_those_that_were_served() -> None:
    """After ten misses in a row the mix of the next origin is wider than that of the first."""
    spread = np.arange(8, dtype=np.float32)[None, None, None, :, None] * np.ones((1, 30, 5, 1, 1), np.float32)
    mixes = learn(spread, np.full((1, 30, 1), 100.0), ahead=NEXT).mixes
    assert (mixes[0, 10, 3:, 0] > mixes[0, 0, 3:, 0]).all()


def test_the_mix_never_crosses() -> None:
    """Levels that were corrected apart are put in order."""
    rng = np.random.default_rng(0)
    said = np.sort(rng.gamma(2, size=(4, 30, 5, GRID.size, 1)), axis=3).astype(np.float32)
    mixed = mix(said[:, -1], learn(said, rng.gamma(2, size=(4, 30, 1)), ahead=NEXT))
    assert (np.diff(mixed, axis=1) >= 0).all()
