"""From scores to the numbers people compare: cells, their summary, and the JSON form."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from forecasting.evaluation.backtest import Case
from forecasting.evaluation.metrics import geometric_mean, mean, ratio
from forecasting.experts import PEAK_EXPERTS

_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One group of series on one grid at one lead time. `_vs_last` is relative to R: below 1 is better."""

    group: str
    step_s: float
    lead_s: float
    series: int
    origins: int
    peak_wql: float
    path_wql: float
    peak_p95: float
    peak_p99: float
    peak_mae: float
    path_mae: float
    peak_wql_vs_last: float
    path_wql_vs_last: float
    peak_p95_vs_last: float
    peak_p99_vs_last: float
    peak_mae_vs_last: float
    path_mae_vs_last: float
    peak_p95_coverage: float
    peak_p95_coverage_busy: float
    """Only where load came (the peak was above zero)."""
    last_p95_coverage: float
    """Coverage of R on the same origins."""
    best_simple_wql_vs_last: float
    """The best single simple expert of the cell, relative to R; 1 where that is R itself."""
    best_simple: str
    """Its name, see `PEAK_EXPERTS`; R where none is better."""
    cpu_ms_per_forecast: float
    """CPU time of one series at one origin; one forecast gives all lead times, so it is the same at each of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Geometric mean of ratios and mean of coverages over cells."""

    peak_wql_vs_last: float
    path_wql_vs_last: float
    peak_p95_vs_last: float
    peak_p99_vs_last: float
    peak_mae_vs_last: float
    path_mae_vs_last: float
    peak_p95_coverage: float
    peak_p95_coverage_busy: float
    cpu_ms_per_forecast: float
    cells: int


def cells_of(cases: tuple[Case, ...]) -> list[Cell]:
    """Return one cell per group, step and lead time, in that order."""
    keys = sorted({(case.group, case.step_s, case.lead_s) for case in cases})
    found = []
    for key in keys:
        here = [c for c in cases if (c.group, c.step_s, c.lead_s) == key and not np.isnan(c.peak.wql)]
        if here:
            found.append(_cell(here))
    return found


def near_and_far(cells: list[Cell]) -> tuple[list[Cell], list[Cell]]:
    """Return the cells up to an hour ahead, and those further (a day), which are reported apart."""
    return [c for c in cells if c.lead_s <= _HOUR_S], [c for c in cells if c.lead_s > _HOUR_S]


def summarise(cells: list[Cell], cpu_ms_per_forecast: float) -> Summary:
    """Return the summary of the given cells."""
    return Summary(
        peak_wql_vs_last=geometric_mean([c.peak_wql_vs_last for c in cells]),
        path_wql_vs_last=geometric_mean([c.path_wql_vs_last for c in cells]),
        peak_p95_vs_last=geometric_mean([c.peak_p95_vs_last for c in cells]),
        peak_p99_vs_last=geometric_mean([c.peak_p99_vs_last for c in cells]),
        peak_mae_vs_last=geometric_mean([c.peak_mae_vs_last for c in cells]),
        path_mae_vs_last=geometric_mean([c.path_mae_vs_last for c in cells]),
        peak_p95_coverage=mean([c.peak_p95_coverage for c in cells]),
        peak_p95_coverage_busy=mean([c.peak_p95_coverage_busy for c in cells]),
        cpu_ms_per_forecast=cpu_ms_per_forecast,
        cells=len(cells),
    )


def as_json(cells: list[Cell], cpu_ms_per_forecast: float) -> dict[str, object]:
    """Return what `--json` prints: up to an hour ahead, a day ahead, all cells; numbers that are not known are null."""
    near, far = near_and_far(cells)
    return {
        "summary": _known(asdict(summarise(near, cpu_ms_per_forecast))),
        "day_ahead": _known(asdict(summarise(far, cpu_ms_per_forecast))),
        "cells": [_known(asdict(cell)) for cell in cells],
    }


def _cell(cases: list[Case]) -> Cell:
    first = cases[0]

    best, best_name = _best_simple(cases)

    def against(pick: Callable[[Case], tuple[float, float]]) -> float:
        return geometric_mean([ratio(*pick(case)) for case in cases])

    return Cell(
        group=first.group,
        step_s=first.step_s,
        lead_s=first.lead_s,
        series=len(cases),
        origins=sum(case.peak.origins for case in cases),
        peak_wql=mean([case.peak.wql for case in cases]),
        path_wql=mean([case.path.wql for case in cases]),
        peak_p95=mean([case.peak.p95 for case in cases]),
        peak_p99=mean([case.peak.p99 for case in cases]),
        peak_mae=mean([case.peak.mae for case in cases]),
        path_mae=mean([case.path.mae for case in cases]),
        peak_wql_vs_last=against(lambda c: (c.peak.wql, c.naive_peak.wql)),
        path_wql_vs_last=against(lambda c: (c.path.wql, c.naive_path.wql)),
        peak_p95_vs_last=against(lambda c: (c.peak.p95, c.naive_peak.p95)),
        peak_p99_vs_last=against(lambda c: (c.peak.p99, c.naive_peak.p99)),
        peak_mae_vs_last=against(lambda c: (c.peak.mae, c.naive_peak.mae)),
        path_mae_vs_last=against(lambda c: (c.path.mae, c.naive_path.mae)),
        peak_p95_coverage=mean([case.peak.coverage for case in cases]),
        peak_p95_coverage_busy=mean([case.peak.coverage_busy for case in cases]),
        last_p95_coverage=mean([case.naive_peak.coverage for case in cases]),
        best_simple_wql_vs_last=best,
        best_simple=best_name,
        cpu_ms_per_forecast=mean([case.cpu_ms for case in cases]),
    )


def _best_simple(cases: list[Case]) -> tuple[float, str]:
    """Return wQL relative to R and name of whichever simple expert is best, R among them."""
    known = range(len(cases[0].simple))
    alone = [geometric_mean([ratio(case.simple[i], case.naive_peak.wql) for case in cases]) for i in known]
    return min([(1.0, "R"), *zip(alone, PEAK_EXPERTS, strict=False)])


def _known(numbers: dict[str, object]) -> dict[str, object]:
    return {k: None if isinstance(v, float) and np.isnan(v) else v for k, v in numbers.items()}
