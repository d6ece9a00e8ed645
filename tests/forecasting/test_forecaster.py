"""Appending equals starting over."""

import numpy as np
import pytest

from forecasting import CoarseHistory, Forecast, Forecaster, Question, forecast
from forecasting.forecaster import begin, kept_steps
from tests.forecasting.loads import counts, history

ASK = Question(step_s=60.0, horizons=np.array([1, 5, 20]), quantiles=np.array([0.5, 0.95]))


def same(one: Forecast, other: Forecast) -> bool:
    """Tell whether two forecasts are equal to the last bit."""
    names = ("path", "peak", "arrival_probability", "skill", "coverage", "origins", "trusted")
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in names)


def test_appending_gives_what_starting_over_gives() -> None:
    """Over two strides, with a gap and saturation on the way, from a history as long as it needs to be."""
    values = counts(n=2, t=1475)
    values[0, 1460] = np.nan
    marks = np.zeros(values.shape, dtype=bool)
    marks[1, 1465] = True
    grown = begin(history(values[:, :1452]), ASK)
    for step in range(1452, 1475):
        grown = grown.append(values[:, step], censored=marks[:, step])
    whole = history(values)
    whole.censored[:] = marks
    assert same(grown.forecast(), begin(whole, ASK).forecast())


def test_a_young_series_grows_up_the_same_way() -> None:
    """From the first steps on."""
    values = counts(n=2, t=47)
    grown = begin(history(values[:, :3]), ASK)
    for step in range(3, 47):
        grown = grown.append(values[:, step])
    assert same(grown.forecast(), begin(history(values), ASK).forecast())


def test_the_coarse_history_ages_with_the_steps() -> None:
    """Appending without a new one is the same as handing the old one in with its age."""
    values = counts(n=1, t=120)
    coarse = CoarseHistory(values=counts(n=1, t=600), step_s=600.0)
    grown = begin(history(values[:, :-1], coarse=coarse), ASK).append(values[:, -1])
    aged = CoarseHistory(values=coarse.values, step_s=600.0, age_s=60.0)
    assert same(grown.forecast(), begin(history(values, coarse=aged), ASK).forecast())


def test_appending_leaves_the_old_forecaster_as_it_was() -> None:
    """A forecaster is a value."""
    old = begin(history(counts(n=1, t=109)), ASK)
    before = old.forecast()
    old.append(np.array([1e6]))
    assert same(old.forecast(), before)


def test_steps_beyond_the_window_change_nothing() -> None:
    """Learnt state is a function of a bounded window."""
    values = counts(n=1, t=kept_steps(60.0) + 200)
    other = values.copy()
    other[:, :200] = 1e6
    one, two = (begin(history(v), ASK).forecast() for v in (values, other))
    assert same(one, two)


def test_a_step_of_another_number_of_series_is_refused() -> None:
    """The error says how many values are allowed, also those of the coarse grid."""
    old = begin(history(counts(n=2, t=40)), ASK)
    with pytest.raises(ValueError, match=r"values must have shape \(2,\), one per series, got \(3,\)"):
        old.append(np.ones(3))
    with pytest.raises(ValueError, match=r"censored must have shape \(2,\)"):
        old.append(np.ones(2), censored=np.zeros((2, 1)))
    with pytest.raises(ValueError, match=r"values must have shape \(2,\), one per series, got \(\)"):
        old.append(1.0)
    with pytest.raises(ValueError, match=r"coarse\.values must have shape \(2, time\)"):
        old.append(np.ones(2), coarse=CoarseHistory(values=np.ones((3, 40)), step_s=600.0))


def test_a_forecaster_is_started_from_the_top_of_the_package_with_lists() -> None:
    """Plain lists in, the numbers of `forecast` out, from an empty history on."""
    loads = counts(n=2, t=30).tolist()
    asked = {"step_s": 60.0, "horizons": [1, 5], "quantiles": [0.5, 0.95]}
    grown = Forecaster.start([[], []], Question(**asked))
    for step in range(30):
        grown = grown.append([loads[0][step], loads[1][step]], censored=[False, False])
    assert same(grown.forecast(), forecast(loads, **asked))
    assert same(Forecaster.start(loads, Question(**asked)).forecast(), forecast(loads, **asked))
