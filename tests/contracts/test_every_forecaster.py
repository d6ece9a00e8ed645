"""What every forecaster promises: each expert, each member, the mix of them, and the naive forecast R.

One table of forecasters, one list of promises. A forecaster is a function from histories (n, t) to quantiles of the
peak and of the path, each (n, k, h); steps are ten minutes, so that experts that look at earlier days speak too.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting import STATISTICAL, NotEnoughHistory, forecast, forecast_naive, forecast_one, forecast_statistical
from forecasting.experts import PATH_EXPERTS, PEAK_EXPERTS, ask_experts
from forecasting.members import MEMBERS, Origins, member_forecasts
from forecasting.model_file import shipped_model
from forecasting.window import prepare
from tests.forecasting.loads import counts, history

pytestmark = pytest.mark.timeout(60)  # importing statsmodels takes many seconds on a busy machine

STEP_S = 600.0
HORIZONS = np.array([1, 6])
LEVELS = np.array([0.5, 0.9, 0.95, 0.99])

Answer = dict[str, np.ndarray]
"""Quantiles by the name of what was forecast."""


def experts(values: np.ndarray) -> Answer:
    """Every expert, by kind and name, each of shape (n, k, h)."""
    n, t = values.shape
    window = prepare(history(values, step_s=STEP_S).windows(np.arange(n), np.full(n, t)))
    answers = [ask_experts(window, int(horizon)) for horizon in HORIZONS]
    scale = window.scale[:, None, None]
    peaks = np.stack([answer.peak for answer in answers], axis=3)
    paths = np.stack([answer.path for answer in answers], axis=3)
    named = {f"peak of {name}": peaks[:, i] * scale for i, name in enumerate(PEAK_EXPERTS)}
    return named | {f"path of {name}": paths[:, i] * scale for i, name in enumerate(PATH_EXPERTS)}


def members(values: np.ndarray) -> Answer:
    """The pooled model and the simple ones it competes with."""
    n, t = values.shape
    origins = Origins(rows=np.arange(n), ends=np.full(n, t))
    said = member_forecasts(history(values, step_s=STEP_S), origins, horizons=HORIZONS, model=shipped_model())
    named = {f"peak of {name}": said.peak[:, i] for i, name in enumerate(MEMBERS)}
    return named | {f"path of {name}": said.path[:, i] for i, name in enumerate(MEMBERS)}


def mix(values: np.ndarray) -> Answer:
    """What a user gets."""
    view = forecast(values, step_s=STEP_S, horizons=HORIZONS, quantiles=LEVELS)
    return {"peak": view.peak, "path": view.path}


def naive(values: np.ndarray) -> Answer:
    """R."""
    view = forecast_naive(values, step_s=STEP_S, horizons=HORIZONS, quantiles=LEVELS)
    return {"peak": view.peak, "path": view.path}


def statistical(values: np.ndarray) -> Answer:
    """The classical models, series by series, on the last 400 steps."""
    answer = {}
    for expert in STATISTICAL:
        views = [
            forecast_statistical(row[-400:], expert=expert, step_s=STEP_S, horizons=HORIZONS, quantiles=LEVELS)
            for row in values
        ]
        answer[f"peak of {expert}"] = np.stack([view.peak for view in views])
        answer[f"path of {expert}"] = np.stack([view.path for view in views])
    return answer


FORECASTERS: dict[str, Callable[[np.ndarray], Answer]] = {
    "experts": experts,
    "members": members,
    "mix": mix,
    "naive": naive,
    "statistical": statistical,
}
EVERY = [
    *(("experts", f"peak of {name}") for name in PEAK_EXPERTS),
    *(("experts", f"path of {name}") for name in PATH_EXPERTS),
    *(("members", f"{kind} of {name}") for kind in ("peak", "path") for name in MEMBERS),
    *(("statistical", f"{kind} of {name}") for kind in ("peak", "path") for name in STATISTICAL),
    *((kind, target) for kind in ("mix", "naive") for target in ("peak", "path")),
]
PUBLIC = ("mix", "naive")


def load() -> np.ndarray:
    """Nine days of ten minutes: two busy series and one that is mostly silent."""
    return counts(t=1300)


@cache
def usual(kind: str) -> Answer:
    """The answers to the usual load, worked out once."""
    return FORECASTERS[kind](load())


@cache
def scaled(kind: str, factor: float) -> Answer:
    """The answers to the usual load in another unit."""
    return FORECASTERS[kind](load() * factor)


@cache
def constant(kind: str) -> Answer:
    """The answers to a load that never changes, with gaps: here and there, for half a day, and just now."""
    values = np.full((1, 1300), 7.0)
    values[0, 5::17] = np.nan
    values[0, 900:972] = np.nan
    values[0, -2:] = np.nan
    return FORECASTERS[kind](values)


@pytest.mark.parametrize(("kind", "name"), EVERY)
@pytest.mark.parametrize("factor", [1 / 512, 3.7, 2.0**40])
def test_a_rescaled_series_has_a_rescaled_forecast(kind: str, name: str, factor: float) -> None:
    """Requests, tokens or bytes: the same forecast in another unit."""
    np.testing.assert_allclose(scaled(kind, factor)[name], usual(kind)[name] * factor, rtol=2e-3, atol=1e-4 * factor)


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_quantiles_are_known_never_cross_and_never_fall_below_zero(kind: str, name: str) -> None:
    """A higher level is no lower value; load is not negative."""
    said = usual(kind)[name]
    assert np.isfinite(said).all()
    assert (said >= 0).all()
    assert (np.diff(said, axis=1) >= 0).all()


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_a_constant_with_gaps_is_forecast_to_be_that_constant(kind: str, name: str) -> None:
    """A gap is neither zero nor a change: nothing but 7 was ever seen. The expert `zero` always says zero."""
    expected = 0.0 if name.endswith(" zero") else 7.0
    np.testing.assert_allclose(constant(kind)[name], expected, rtol=1e-5)


@pytest.mark.parametrize("kind", FORECASTERS)
def test_the_same_history_gives_the_same_bytes_alone_and_in_company(kind: str) -> None:
    """No chance, no state, and no neighbour in the batch has a say."""
    whole, again = usual(kind), FORECASTERS[kind](load())
    alone = FORECASTERS[kind](load()[1:2])
    for name, said in whole.items():
        np.testing.assert_array_equal(again[name], said, err_msg=name)
        np.testing.assert_array_equal(alone[name], said[1:2], err_msg=name)


@pytest.mark.parametrize("kind", FORECASTERS)
def test_the_history_is_left_as_it_was(kind: str) -> None:
    """Not a byte of the input changes, gaps included."""
    values = load()
    values[:, 100:110] = np.nan
    before = values.copy()
    FORECASTERS[kind](values)
    np.testing.assert_array_equal(values, before)


@pytest.mark.parametrize("kind", PUBLIC)
@pytest.mark.parametrize("known", [0, 1, 7])
def test_too_little_history_is_refused(kind: str, known: int) -> None:
    """Fewer than eight known steps are no ground for a forecast, however many gaps surround them."""
    values = np.full((1, 400), np.nan)
    values[0, 50 : 50 + known] = 3.0
    assert all(np.isnan(said).all() for said in FORECASTERS[kind](values).values())
    with pytest.raises(NotEnoughHistory, match=f"{known} known steps"):
        forecast_one(values[0], step_s=STEP_S, horizons=HORIZONS, quantiles=LEVELS)


@pytest.mark.parametrize("expert", STATISTICAL)
def test_too_little_history_is_refused_by_the_classical_models(expert: str) -> None:
    """Strictly, as for a single series: gaps are no history."""
    values = np.full(400, np.nan)
    values[300:340] = 3.0
    with pytest.raises(NotEnoughHistory, match=f"40 known steps, the expert {expert} needs"):
        forecast_statistical(values, expert=expert, step_s=STEP_S, horizons=HORIZONS, quantiles=LEVELS)


@pytest.mark.parametrize("kind", ["experts", "members"])
def test_without_any_history_nothing_is_made_up(kind: str) -> None:
    """Below the public calls there is no refusal, so what they are given must be finite: zero."""
    for name, said in FORECASTERS[kind](np.full((1, 400), np.nan)).items():
        np.testing.assert_array_equal(said, 0.0, err_msg=name)


@pytest.mark.parametrize("kind", ["experts", "members", "naive"])
@settings(max_examples=15)
@given(
    level=st.floats(min_value=1e-3, max_value=1e9),
    steps=st.integers(min_value=30, max_value=400),
    gaps=st.lists(st.integers(min_value=0, max_value=400), max_size=20),
)
def test_any_constant_with_any_gaps_stays_that_constant(kind: str, level: float, steps: int, gaps: list[int]) -> None:
    """Short or long, small or large, wherever the collection failed."""
    values = np.full((1, steps), level)
    values[0, [gap for gap in gaps if gap < steps]] = np.nan
    for name, said in FORECASTERS[kind](values).items():
        if not name.endswith(" zero"):
            np.testing.assert_allclose(said, level, rtol=1e-4, err_msg=name)
