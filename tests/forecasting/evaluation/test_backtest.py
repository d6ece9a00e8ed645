"""A back-test end to end."""

import numpy as np
import pytest
from scipy.stats import poisson

from forecasting.evaluation.backtest import Options, backtest, group_of, lead_steps, tasks_of
from forecasting.evaluation.metrics import LEVELS, score
from forecasting.evaluation.report import as_json, cells_of, summarise
from forecasting.model_file import shipped_model
from forecasting.series_file import SeriesSet
from forecasting.targets import peak_ahead
from tests.forecasting.loads import counts


def test_a_backtest_reports_every_group_next_to_the_naive_forecast() -> None:
    """Poisson counts around a slow wave: better than the naive one, and every cell has its origins."""
    series = SeriesSet(names=("a", "x/aggregate", "b"), values=counts(t=700), step_s=60.0)
    result = backtest(series, Options(model=shipped_model(), origins=40), lambda _: None)
    cells = cells_of(result.cases)
    summary = summarise(cells, result.cpu_ms_per_forecast)
    assert 0.5 < summary.peak_wql_vs_last < 0.95
    assert {cell.group for cell in cells} == {"dense", "aggregate", "sparse"}
    assert all(cell.origins >= 20 for cell in cells)


def test_on_load_of_a_known_law_the_forecast_is_nearly_the_best_there_is() -> None:
    """Independent Poisson counts: nobody can beat the quantiles of their maximum, and the forecast comes close."""
    series = SeriesSet(
        names=("a", "b"), values=np.random.default_rng(3).poisson(30, (2, 1500)).astype(float), step_s=60.0
    )
    options = Options(model=shipped_model(), origins=60)
    ends = tasks_of(series, options)[0].ends
    for case in backtest(series, options, lambda _: None).cases:
        steps = round(case.lead_s / series.step_s)
        truth = peak_ahead(series.values, steps)[series.names.index(case.series), ends - 1]
        best = np.tile(poisson(30).ppf(LEVELS ** (1 / steps)), (ends.size, 1))
        wql = score(truth, best, ~np.isnan(truth)).wql
        assert 0.95 * wql < case.peak.wql < 1.4 * wql < case.naive_peak.wql


def test_gaps_are_never_scored() -> None:
    """A series whose second half is a gap has no scored origin there, and no case."""
    values = counts(n=1, t=700)
    values[0, 100:] = np.nan
    result = backtest(
        SeriesSet(names=("a",), values=values, step_s=60.0), Options(model=shipped_model(), origins=40), lambda _: None
    )
    assert result.cases == ()
    assert as_json([], float("nan"))["summary"]["peak_wql_vs_last"] is None


def test_lead_times_fit_the_grid() -> None:
    """Short traces are not asked about longer leads than they can show."""
    assert lead_steps(57, 60.0).tolist() == [2, 5, 10, 20]
    assert lead_steps(342, 10.0).tolist() == [12, 30, 60, 120]


def test_groups_are_found_on_any_file() -> None:
    """By name, by length and by how often nothing comes; a gap is not nothing."""
    idle = np.array([0.0, 0.0, 3.0] * 1000)
    assert group_of("x/Aggregate", idle, 60.0) == "aggregate"
    assert group_of("x", idle, 60.0) == "sparse"
    assert group_of("x", np.where(idle == 0, np.nan, idle), 60.0) == "dense"
    assert group_of("x/aggregate", idle[:120], 60.0) == "trace"


def test_series_are_mapped_by_the_caller() -> None:
    """A mapping of one's own gets one task per series and gives the same numbers."""
    series = SeriesSet(names=("a", "b"), values=counts(n=2, t=300), step_s=60.0)
    options = Options(model=shipped_model(), origins=25)
    seen: list[str] = []

    def mapped(function, tasks):  # noqa: ANN001, ANN202 - generic, as Mapped says
        seen.extend(task.name for task in tasks)
        return [function(task) for task in tasks]

    shares: list[float] = []
    one = backtest(series, options, shares.append, mapped=mapped)
    assert seen == ["a", "b"]
    assert shares == [0.5, 1.0]
    assert repr(one.cases) == repr(backtest(series, options, lambda _: None).cases)  # repr: NaN equals itself


@pytest.mark.parametrize("steps", [2, 10, 15])
def test_series_too_short_to_test_are_refused_with_what_is_needed(steps: int) -> None:
    """No score can be had from a handful of steps."""
    series = SeriesSet(names=("a",), values=np.ones((1, steps)), step_s=60.0)
    with pytest.raises(ValueError, match="at least 16 steps"):
        backtest(series, Options(model=shipped_model()), lambda _: None)


@pytest.mark.parametrize("load", [0.0, 5.0, 1e15])
def test_constant_series_are_forecast_to_the_number(load: float) -> None:
    """Nothing is lost on a constant, and a series of zeros has no loss to relate to."""
    series = SeriesSet(names=("a",), values=np.full((1, 400), load), step_s=10.0)
    cases = backtest(series, Options(model=shipped_model(), origins=25), lambda _: None).cases
    assert len(cases) >= 3
    assert all(case.peak.wql < 1e-6 for case in cases) or load == 0
    assert (cells_of(cases) == []) == (load == 0)


def test_nothing_before_the_first_day_asked_for_is_scored() -> None:
    """An honest split: with training on eight of ten days, no origin lies in those eight."""
    series = SeriesSet(names=("a",), values=counts(n=1, t=1440), step_s=600.0)
    asked = tasks_of(series, Options(model=shipped_model(), from_s=8 * 86_400.0))[0]
    assert asked.ends.min() * 600.0 >= 8 * 86_400.0
    assert asked.ends.max() > 1400
    usual = tasks_of(series, Options(model=shipped_model()))[0]
    assert 86_400.0 <= usual.ends.min() * 600.0 < 100_000.0


def test_a_first_day_after_the_end_is_refused() -> None:
    """With how long the series are."""
    series = SeriesSet(names=("a",), values=counts(n=1, t=1440), step_s=600.0)
    with pytest.raises(ValueError, match="within the 10 days of the series, got day 12"):
        tasks_of(series, Options(model=shipped_model(), from_s=12 * 86_400.0))


def test_the_rolling_maximum_is_among_the_simple_experts_it_is_held_against() -> None:
    """Bursts every seventh step that fade: the highest of the last ten steps is what comes."""
    values = np.where(np.arange(400) % 7 == 0, np.linspace(90.0, 30.0, 400), 1.0)[None, :]
    series = SeriesSet(names=("a",), values=values, step_s=60.0)
    cells = cells_of(backtest(series, Options(model=shipped_model(), origins=25), lambda _: None).cases)
    ten_minutes = next(cell for cell in cells if cell.lead_s == 600.0)
    assert ten_minutes.best_simple == "max_horizon"
    assert ten_minutes.best_simple_wql_vs_last < 0.2
