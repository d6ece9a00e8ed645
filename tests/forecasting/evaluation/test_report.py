"""Cells and their summary."""

from dataclasses import replace

import numpy as np

from forecasting.evaluation.backtest import Case
from forecasting.evaluation.metrics import Score
from forecasting.evaluation.report import as_json, cells_of, near_and_far, summarise
from forecasting.experts import PEAK_EXPERTS


def scored(wql: float) -> Score:
    """Return a score with one number."""
    return Score(wql=wql, p95=wql, p99=wql, coverage=0.95, coverage_busy=0.9, mae=wql, origins=30)


def case(name: str, wql: float, lead_s: float = 600.0) -> Case:
    """Return a case against a naive forecast with a loss of 1."""
    return Case(
        series=name,
        group="dense",
        step_s=60.0,
        lead_s=lead_s,
        peak=scored(wql),
        path=scored(wql),
        naive_peak=scored(1.0),
        naive_path=scored(1.0),
        simple=(0.8, 0.9),
        cpu_ms=0.3,
    )


def test_series_are_averaged_geometrically_and_days_stay_apart() -> None:
    """0.5 and 2 make 1; a day ahead is a cell but not in the summary."""
    cells = cells_of((case("a", 0.5), case("b", 2.0), case("a", 0.1, lead_s=86_400.0)))
    near, far = near_and_far(cells)
    summary = summarise(near, 0.4)
    np.testing.assert_allclose(summary.peak_wql_vs_last, 1.0)
    assert len(cells) == 2
    assert summary.cells == 1
    np.testing.assert_allclose(summarise(far, 0.4).peak_wql_vs_last, 0.1)
    np.testing.assert_allclose(cells[0].best_simple_wql_vs_last, 0.8)
    assert cells[0].best_simple == PEAK_EXPERTS[0]


def test_r_is_the_best_simple_expert_where_none_is_better() -> None:
    """Also where no expert was asked, as for classical models."""
    for simple in ((1.2, 1.1), ()):
        cell = cells_of((replace(case("a", 0.5), simple=simple),))[0]
        assert (cell.best_simple_wql_vs_last, cell.best_simple) == (1.0, "R")


def test_the_json_has_the_documented_keys() -> None:
    """People's scripts read them: the summary, the day ahead and every cell alike."""
    cells = cells_of((case("a", 0.5),))
    printed = as_json(cells, float("nan"))
    keys = {"peak_wql_vs_last", "path_wql_vs_last", "peak_p95_vs_last", "peak_p99_vs_last", "peak_p95_coverage"}
    keys |= {"cpu_ms_per_forecast", "peak_p95_coverage_busy", "peak_mae_vs_last", "path_mae_vs_last"}
    assert keys <= printed["summary"].keys()
    assert keys <= printed["day_ahead"].keys()
    assert keys <= printed["cells"][0].keys()
    assert printed["summary"]["cpu_ms_per_forecast"] is None
    assert printed["cells"][0]["cpu_ms_per_forecast"] == 0.3
