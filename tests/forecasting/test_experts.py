"""What every expert promises."""

import numpy as np
import pytest

from forecasting.experts import PATH_EXPERTS, PEAK_EXPERTS, RANKED, Answers, ask_experts
from forecasting.window import prepare
from tests.forecasting.loads import counts, history


def answers(values: np.ndarray, horizon: int = 10) -> tuple[Answers, np.ndarray]:
    """Return the experts' answers after the last step and the scale they are in."""
    n, t = values.shape
    window = prepare(history(values).windows(np.arange(n), np.full(n, t)))
    return ask_experts(window, horizon), window.scale[:, None, None]


@pytest.mark.parametrize("horizon", [1, 2, 10, 60, 144, 1440])
def test_shapes_and_order_hold_at_every_horizon(horizon: int) -> None:
    """One row per name, eight levels, none below zero, ranked ones not crossing."""
    view, _ = answers(counts(), horizon)
    assert view.peak.shape == (3, len(PEAK_EXPERTS), 8)
    assert view.path.shape == (3, len(PATH_EXPERTS), 8)
    assert (view.peak >= 0).all()
    assert (view.path >= 0).all()
    assert (np.diff(view.peak[:, :RANKED], axis=2) >= 0).all()
    assert (np.diff(view.path[:, :RANKED], axis=2) >= 0).all()


def test_every_expert_follows_a_rescaling() -> None:
    """Requests or tokens, the answers differ by the factor alone."""
    small, small_scale = answers(counts())
    large, large_scale = answers(counts() * 1024)
    np.testing.assert_allclose(large.peak * large_scale, small.peak * small_scale * 1024, rtol=1e-4)
    np.testing.assert_allclose(large.path * large_scale, small.path * small_scale * 1024, rtol=1e-4)


def test_every_expert_but_zero_says_constant_of_a_constant() -> None:
    """Nothing ever changed, so every expert expects the same again."""
    view, scale = answers(np.full((1, 1200), 7.0))
    np.testing.assert_allclose((view.peak * scale)[:, :-1], 7.0, rtol=1e-5)
    np.testing.assert_allclose((view.path * scale)[:, :-1], 7.0, rtol=1e-5)


def test_a_gap_changes_nothing_on_a_constant_series() -> None:
    """A gap is neither zero nor a change."""
    values = np.full((1, 1200), 7.0)
    values[0, 1000:1100] = np.nan
    view, scale = answers(values)
    np.testing.assert_allclose((view.peak * scale)[:, :-1], 7.0, rtol=1e-5)


def test_last_value_and_rolling_maximum_are_what_their_names_say() -> None:
    """Plain arithmetic on the last steps."""
    values = counts()
    view, scale = answers(values)
    np.testing.assert_allclose((view.peak * scale)[:, PEAK_EXPERTS.index("now"), 0], values[:, -1], rtol=1e-5)
    highest = values[:, -10:].max(axis=1)
    np.testing.assert_allclose((view.peak * scale)[:, PEAK_EXPERTS.index("max_horizon"), 0], highest, rtol=1e-5)


def test_past_peaks_equal_those_of_a_plain_loop() -> None:
    """The median of the peaks that came after evenly spread origins."""
    values = counts()
    view, scale = answers(values)
    stride = (960 - 10) // 96
    ends = [1199 - 10 - stride * i for i in range(96)]
    peaks = [values[0, e + 1 : e + 11].max() for e in ends]
    expected = np.quantile(peaks, 0.5, method="weibull")
    np.testing.assert_allclose((view.peak * scale)[0, PEAK_EXPERTS.index("past_peaks"), 2], expected, rtol=1e-5)


def test_past_loads_before_the_first_step_count_for_nothing() -> None:
    """A series of thirty steps is answered from those alone."""
    view, scale = answers(np.full((1, 30), 4.0))
    np.testing.assert_allclose((view.peak * scale)[:, :-1], 4.0, rtol=1e-5)


def test_experts_learn_from_windows_of_which_little_is_missing() -> None:
    """A gap every twenty steps leaves no hour complete; what is known of the hours is nearly all there is to know."""
    values = np.random.default_rng(0).poisson(100, (1, 1200)).astype(float)
    values[0, ::20] = np.nan
    view, scale = answers(values, 60)
    median = (view.peak * scale)[0, PEAK_EXPERTS.index("past_peaks"), 2]
    assert 121 < median < 129  # the median of the highest of 60 is 125


def test_experts_learn_nothing_from_windows_of_which_much_is_missing() -> None:
    """Every second step missing is no peak, however high the rest."""
    values = np.full((1, 1200), 5.0)
    values[0, ::2] = np.nan
    assert np.isnan(answers(values, 10)[0].truths).all()


def test_a_series_with_gaps_does_not_change_its_neighbours() -> None:
    """A young row without gaps gives the same bytes beside one with gaps."""
    values = counts()
    values[0, :700] = np.nan
    alone, _ = answers(values[:1])
    values[1, 1100] = np.nan
    beside, _ = answers(values)
    assert alone.peak[0].tobytes() == beside.peak[0].tobytes()
