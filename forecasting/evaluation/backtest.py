"""Back-test the forecaster on recorded load: one call, one report.

Why apart from reading files and showing tables: the same functions serve the command line, the documentation's
benchmarks and a cluster of machines.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from forecasting.arrays import FloatArray, IntArray
from forecasting.contract import Question
from forecasting.evaluation.metrics import FEWEST, LEVELS, Score, score
from forecasting.evaluation.reference import naive_at
from forecasting.evaluation.rolling import Rolled, roll, scored_ends, with_days
from forecasting.members import MEMBERS
from forecasting.naive import NaiveForecast
from forecasting.pooled import PooledModel
from forecasting.series_file import SeriesSet
from forecasting.targets import load_ahead, peak_ahead

_HOUR_S, _DAY_S = 3600.0, 86_400.0
_LEADS_S = (120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, _DAY_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One series at one lead time."""

    series: str
    group: str
    """aggregate, dense, sparse, or trace (up to two hours long)."""
    step_s: float
    lead_s: float
    peak: Score
    path: Score
    naive_peak: Score
    naive_path: Score
    simple: tuple[float, ...]
    """wQL of the peak of each simple member."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to test."""

    model: PooledModel
    from_s: float = _DAY_S
    """First origin, seconds from the start."""
    origins: int = 220
    """Origins per series."""
    clock: Callable[[], float] | None = None
    """CPU seconds used so far; None = do not measure."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Backtest:
    """Everything a report needs."""

    cases: tuple[Case, ...]
    cpu_ms_per_forecast: float
    """CPU time of one series at one origin, all lead times and quantiles; NaN if not measured."""
    rolled: Rolled
    horizons: IntArray
    history_values: FloatArray
    names: tuple[str, ...]
    step_s: float


def lead_steps(steps: int, step_s: float) -> IntArray:
    """Return the horizons that are tested: 2 min to 1 h as the grid allows, and a day where a day has many steps.

    Example:
        >>> lead_steps(2016, 600.0).tolist(), lead_steps(20160, 60.0).tolist()
        ([1, 2, 3, 6, 144], [2, 5, 10, 20, 30, 60])
    """
    ahead = {round(lead / step_s) for lead in _LEADS_S if lead >= step_s}
    longest = steps // 7 if step_s >= 300 else round(_HOUR_S / step_s)
    return np.array(sorted(step for step in ahead if step <= min(longest, steps // 2)), dtype=np.int64)


def backtest(series: SeriesSet, options: Options, done: Callable[[float], None]) -> Backtest:
    """Return how the forecaster and R did on every series at every lead time.

    Args:
        series: recorded load.
        options: model, first origin, number of origins, clock.
        done: told the share of the work that is done, 0..1.
    """
    steps = series.values.shape[1]
    question = Question(step_s=series.step_s, horizons=lead_steps(steps, series.step_s), quantiles=LEVELS)
    from_s = min(options.from_s, steps * series.step_s / 4)
    ends = scored_ends(steps, series.step_s, from_s=from_s, wanted=options.origins)
    before = options.clock() if options.clock else 0.0
    rolled = roll(with_days(series), ends, question, model=options.model, done=lambda share: done(0.7 * share))
    used = (options.clock() - before) if options.clock else np.nan
    cases: list[Case] = []
    for row in range(len(series.names)):
        naive = naive_at(series.values[row], ends, question)
        cases += _cases(series, row, question, rolled=rolled, naive=naive)
        done(0.7 + 0.3 * (row + 1) / len(series.names))
    return Backtest(
        cases=tuple(cases),
        cpu_ms_per_forecast=1e3 * used / max(1, rolled.asked * len(series.names)),
        rolled=rolled,
        horizons=question.horizons,
        history_values=series.values,
        names=series.names,
        step_s=series.step_s,
    )


def _cases(series: SeriesSet, row: int, question: Question, *, rolled: Rolled, naive: NaiveForecast) -> list[Case]:
    values, ends = series.values[row : row + 1], rolled.ends
    group = _group(series.names[row], values[0], series.step_s)
    cases = []
    for i, horizon in enumerate(question.horizons):
        peak_truth = peak_ahead(values, int(horizon))[0, ends - 1]
        path_truth = load_ahead(values, int(horizon))[0, ends - 1]
        scored = np.isfinite(peak_truth) & np.isfinite(rolled.peak[row, :, 0, i]) & np.isfinite(naive.peak[:, 0, i])
        if scored.sum() < FEWEST:
            continue
        simple = [score(peak_truth, rolled.member_peaks[row, e, :, :, i], scored).wql for e in range(1, len(MEMBERS))]
        cases.append(
            Case(
                series=series.names[row],
                group=group,
                step_s=series.step_s,
                lead_s=float(horizon) * series.step_s,
                peak=score(peak_truth, rolled.peak[row, :, :, i], scored),
                path=score(path_truth, rolled.path[row, :, :, i], scored),
                naive_peak=score(peak_truth, naive.peak[:, :, i], scored),
                naive_path=score(path_truth, naive.path[:, :, i], scored),
                simple=tuple(simple),
            )
        )
    return cases


def _group(name: str, values: FloatArray, step_s: float) -> str:
    if values.size * step_s <= 2 * _HOUR_S:
        return "trace"
    if "aggregate" in name:
        return "aggregate"
    known = values[~np.isnan(values)]
    return "sparse" if known.size and np.mean(known == 0) > 0.5 else "dense"
