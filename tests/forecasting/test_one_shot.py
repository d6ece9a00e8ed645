"""The promises of the documented calls."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting import (
    MIN_STEPS,
    CoarseHistory,
    Forecast,
    NotEnoughHistory,
    Question,
    follow,
    forecast,
    forecast_naive,
    forecast_one,
    load_model,
    shipped_model,
)
from forecasting.model_file import save_model

HORIZONS = np.array([1, 2, 5, 15])
QUANTILES = np.array([0.5, 0.9, 0.95, 0.99])
FACTORS = np.arange(shipped_model().networks[0].offsets[2].size) >= shipped_model().networks[0].offsets[2].size - 16


def ask(history: np.ndarray, **options: object) -> Forecast:
    """Forecast at the horizons and quantiles these tests use."""
    return forecast(history, step_s=60.0, horizons=HORIZONS, quantiles=QUANTILES, **options)


def random_load(n: int = 3, t: int = 120, seed: int = 1) -> np.ndarray:
    """Return Poisson counts around a slow wave."""
    wave = 20 + 10 * np.sin(np.arange(t) / 20)
    return np.random.default_rng(seed).poisson(wave, size=(n, t)).astype(float)


def test_shapes_are_series_by_quantiles_by_horizons() -> None:
    """The contract's shapes hold."""
    view = ask(random_load())
    assert view.path.shape == view.peak.shape == (3, 4, 4)
    assert view.arrival_probability.shape == view.skill.shape == (3, 4)
    assert view.coverage.shape == (3, 4)
    assert view.trusted.shape == view.origins.shape == (3,)


def test_results_are_read_only() -> None:
    """A reader cannot change a shared forecast."""
    with pytest.raises(ValueError, match="read-only"):
        ask(random_load()).peak[0, 0, 0] = 1.0


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_quantiles_do_not_cross_and_the_peak_grows_with_the_horizon(seed: int) -> None:
    """Higher quantiles are never lower; looking further never lowers the peak; the path median is below it."""
    view = ask(random_load(seed=seed))
    assert (np.diff(view.path, axis=1) >= 0).all()
    assert (np.diff(view.peak, axis=1) >= 0).all()
    assert (np.diff(view.peak, axis=2) >= 0).all()
    assert (np.diff(view.arrival_probability, axis=1) >= 0).all()


def test_a_series_gives_the_same_bytes_in_any_batch() -> None:
    """No other series can change a result by a single bit."""
    many = random_load(n=17)
    alone, together = ask(many[4:5]), ask(many)
    assert alone.peak.tobytes() == together.peak[4:5].tobytes()
    assert alone.path.tobytes() == together.path[4:5].tobytes()
    assert alone.arrival_probability.tobytes() == together.arrival_probability[4:5].tobytes()


def test_coverage_is_a_share_beyond_the_levels_that_are_learnt_too() -> None:
    """What is extrapolated stays within what a share can be."""
    view = forecast(random_load(t=600), step_s=60.0, horizons=HORIZONS, quantiles=np.array([0.5, 0.999, 0.99999]))
    assert np.nanmax(view.coverage) <= 1.0


def test_input_stays_untouched() -> None:
    """The caller's arrays are never written to."""
    history, marks = random_load(), np.zeros((3, 120), dtype=bool)
    before = history.copy()
    ask(history, censored=marks)
    np.testing.assert_array_equal(history, before)


def test_a_constant_series_stays_constant() -> None:
    """Nothing ever changed, so nothing is expected to."""
    view = ask(np.full((1, 60), 7.0))
    np.testing.assert_allclose(view.peak, 7.0, rtol=1e-5)
    np.testing.assert_allclose(view.path, 7.0, rtol=1e-5)


@pytest.mark.parametrize(("steps", "horizon"), [(8, 100), (12, 20), (30, 29)])
def test_a_constant_series_stays_constant_where_no_target_was_complete_yet(steps: int, horizon: int) -> None:
    """Further ahead than the series is long, nothing is known but its level."""
    view = forecast(np.full((1, steps), 40.0), step_s=60.0, horizons=np.array([horizon]), quantiles=QUANTILES)
    np.testing.assert_array_equal(view.peak, 40.0)
    np.testing.assert_array_equal(view.path, 40.0)


def test_load_that_is_saturated_for_longer_than_the_window_is_not_taken_for_less() -> None:
    """No demand was seen in it, but at least that much was there."""
    load = np.full((1, 1300), 50.0)
    load[0, :200] = 10.0
    view = ask(load, censored=load == 50.0)
    assert view.peak.min() >= 49.9


def test_scaling_by_a_power_of_two_scales_the_forecast() -> None:
    """Units do not matter."""
    history = random_load()
    np.testing.assert_allclose(ask(history * 4).peak, ask(history).peak * 4, rtol=1e-4)


def test_too_little_history_is_missing_not_zero() -> None:
    """Fewer known steps than the minimum give NaN and no vote, without an error for the rest of the batch."""
    history = random_load(n=2, t=30)
    history[0, : 30 - MIN_STEPS + 1] = np.nan
    view = ask(history)
    assert np.isnan(view.peak[0]).all()
    assert not view.trusted[0]
    assert np.isfinite(view.peak[1]).all()


def test_a_single_series_with_too_little_history_is_refused_by_name() -> None:
    """The strict call says how many steps there are and how many it needs."""
    with pytest.raises(NotEnoughHistory, match=f"3 known steps.*at least {MIN_STEPS}"):
        forecast_one(np.ones(3), step_s=60.0, horizons=HORIZONS, quantiles=QUANTILES)


def test_a_gap_is_not_taken_for_zero() -> None:
    """Losing samples of a steady load does not lower, widen or raise its forecast."""
    history = np.full((1, 80), 9.0)
    history[0, 30:50] = np.nan
    history[0, -1] = np.nan
    np.testing.assert_allclose(ask(history).peak, 9.0, rtol=1e-5)


def test_saturated_steps_are_not_scored_as_demand() -> None:
    """Twenty steps at 10 in a load of 30: marked, they were saturated and no drop anybody has to expect.

    Unmarked, the same drop is one, and the low quantiles fifteen steps ahead know it. R expects it as it was; how much
    of it the mix expects is learnt, but marked it must be nearly none, and unmarked a good part.
    """
    history = np.full((1, 80), 30.0)
    history[0, 20:40] = 10.0
    marks = (history == 10.0) & (np.arange(80) < 40)
    asked = {"step_s": 60.0, "horizons": np.array([15]), "quantiles": np.array([0.05])}

    assert forecast_naive(history, censored=marks, **asked).path.item() == 30.0
    assert forecast_naive(history, **asked).path.item() == 10.0
    marked, unmarked = forecast(history, censored=marks, **asked), forecast(history, **asked)
    assert marked.path.item() > 27.0
    assert unmarked.path.item() < 24.0


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"horizons": np.array([2, 1])}, "horizons"),
        ({"horizons": np.array([0, 1])}, "horizons"),
        ({"quantiles": np.array([0.5, 1.0])}, "quantiles"),
        ({"step_s": 0.0}, "step_s"),
        ({"history": np.ones(5)}, "history"),
        ({"history": -np.ones((1, 9))}, "history"),
        ({"censored": np.zeros((1, 2), dtype=bool)}, "censored"),
    ],
)
def test_a_meaningless_argument_is_refused_by_name(options: dict[str, object], complaint: str) -> None:
    """The message names what was wrong."""
    asked = {"history": np.ones((1, 9)), "step_s": 60.0, "horizons": HORIZONS, "quantiles": QUANTILES} | options
    history = asked.pop("history")
    with pytest.raises(ValueError, match=complaint):
        forecast(history, **asked)


def ask_naive(history: np.ndarray) -> Forecast:
    """Ask R at the horizons and quantiles these tests use."""
    return forecast_naive(history, step_s=60.0, horizons=HORIZONS, quantiles=QUANTILES)


def test_the_naive_forecast_is_the_last_value_while_nothing_ever_changed() -> None:
    """A constant series has no errors: every quantile is that constant, and load is certain to arrive."""
    view = ask_naive(np.full((2, 60), 7.0))

    assert (view.peak == 7.0).all()
    assert (view.arrival_probability > 0.9).all()
    assert view.trusted.all()


def test_the_naive_forecast_does_not_depend_on_the_batch() -> None:
    """A series gets the same bytes alone and among others."""
    load = random_load()

    assert ask_naive(load).peak[1].tobytes() == ask_naive(load[1:2]).peak[0].tobytes()


def test_the_naive_forecast_of_too_little_history_is_missing() -> None:
    """Fewer known steps than MIN_STEPS give NaN and no vote."""
    view = ask_naive(np.full((1, MIN_STEPS - 1), 3.0))

    assert np.isnan(view.peak).all()
    assert not view.trusted.any()


def test_lists_are_as_good_as_arrays() -> None:
    """Whoever has no numpy at hand writes numbers."""
    load = random_load()
    written = forecast(load.tolist(), step_s=60.0, horizons=HORIZONS.tolist(), quantiles=QUANTILES.tolist())
    assert written.peak.tobytes() == ask(load).peak.tobytes()
    coarse = CoarseHistory(values=load.tolist(), step_s=600.0)
    assert np.isfinite(forecast(load.tolist(), step_s=60.0, horizons=[2], quantiles=[0.5], coarse=coarse).peak).all()
    assert forecast_one(load[0].tolist(), step_s=60.0, horizons=[2], quantiles=[0.5]).peak.shape == (1, 1, 1)


def test_another_model_gives_another_answer(tmp_path: Path) -> None:
    """Trained to double the mix: the model of the caller is asked, in one shot and step by step, and ours is not."""
    doubled = [
        replace(network, offsets=(*network.offsets[:2], network.offsets[2] + np.float32(3.0) * FACTORS))
        for network in shipped_model().networks
    ]
    save_model(tmp_path / "own.npz", replace(shipped_model(), networks=tuple(doubled)), {})
    own, load = load_model(tmp_path / "own.npz"), random_load()
    assert (ask(load, model=own).peak > ask(load).peak).all()
    question = Question(step_s=60.0, horizons=HORIZONS, quantiles=QUANTILES, model=own)
    ours = follow(None, load[:, :-1], replace(question, model=None), last_step=118)
    followed = follow(ours, load, question, last_step=119)
    assert followed.forecast().peak.tobytes() == ask(load, model=own).peak.tobytes()
