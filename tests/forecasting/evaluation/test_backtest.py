"""A back-test end to end."""

import numpy as np

from forecasting.evaluation.backtest import Options, backtest, lead_steps
from forecasting.evaluation.report import as_json, cells_of, summarise
from forecasting.model_file import shipped_model
from forecasting.series_file import SeriesSet
from tests.forecasting.loads import counts


def test_a_backtest_reports_every_group_next_to_the_naive_forecast() -> None:
    """Poisson counts around a slow wave: no worse than the naive one by much, and every cell has its origins."""
    series = SeriesSet(names=("a", "x/aggregate", "b"), values=counts(t=700), step_s=60.0)
    result = backtest(series, Options(model=shipped_model(), origins=40), lambda _: None)
    cells = cells_of(result.cases)
    summary = summarise(cells, result.cpu_ms_per_forecast)
    assert 0.3 < summary.peak_wql_vs_last < 1.2
    assert {cell.group for cell in cells} == {"dense", "aggregate", "sparse"}
    assert all(cell.origins >= 20 for cell in cells)


def test_gaps_are_never_scored() -> None:
    """A series whose second half is a gap has no scored origin there, and no case."""
    values = counts(n=1, t=700)
    values[0, 100:] = np.nan
    result = backtest(
        SeriesSet(names=("a",), values=values, step_s=60.0), Options(model=shipped_model(), origins=40), lambda _: None
    )
    assert result.cases == ()
    assert as_json([], summarise([], float("nan")))["summary"]["peak_wql_vs_last"] is None


def test_lead_times_fit_the_grid() -> None:
    """Short traces are not asked about longer leads than they can show."""
    assert lead_steps(57, 60.0).tolist() == [2, 5, 10, 20]
    assert lead_steps(342, 10.0).tolist() == [12, 30, 60, 120]
