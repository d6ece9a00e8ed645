"""Would a classical model help on these series? Scored like the product's forecast, on few series and few origins.

Why few: each forecast fits a model anew, which costs a hundred times what the pooled forecast does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecasting.contract import NotEnoughHistory
from forecasting.evaluation.backtest import Backtest, Mapped, Options, Task, Tested, run, tasks_of, tested
from forecasting.evaluation.rolling import Rolled
from forecasting.series_file import SeriesSet
from forecasting.statistical import STATISTICAL, StatisticalForecast, forecast_statistical

MOST_SERIES = 8
"""Series that are tried: those with most load."""

ORIGINS = 40
"""Forecasts per series."""

PRODUCT = "forecast"
"""The name under which the product's own forecast is scored on the same origins."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """One expert on one series."""

    expert: str
    task: Task


def try_experts(
    series: SeriesSet, names: Sequence[str], options: Options, *, done: Callable[[float], None], mapped: Mapped = map
) -> dict[str, Backtest]:
    """Return what came of the named experts, and of the product's forecast, on the same series and origins.

    Raises:
        ValueError: there is no such expert; names those that there are.
    """
    unknown = [name for name in names if name not in STATISTICAL]
    if unknown:
        raise ValueError(f"there is no expert {', '.join(unknown)}; there are {', '.join(STATISTICAL)}")
    tasks = tasks_of(_largest(series), replace(options, origins=ORIGINS))
    trials = [Trial(expert=name, task=task) for name in (*names, PRODUCT) for task in tasks]
    results: dict[str, list[Tested]] = {name: [] for name in (*names, PRODUCT)}
    for count, (trial, result) in enumerate(zip(trials, mapped(attempt, trials), strict=True), start=1):
        results[trial.expert].append(result)
        done(count / len(trials))
    horizons = tasks[0].question.horizons
    return {
        name: Backtest(series=tuple(each), horizons=horizons, step_s=series.step_s) for name, each in results.items()
    }


def attempt(trial: Trial) -> Tested:
    """Return what came of one trial; a function of it alone."""
    task = trial.task
    if trial.expert == PRODUCT:
        return run(task)
    shape = (task.ends.size, task.question.quantiles.size, task.question.horizons.size)
    peak, path = np.full(shape, np.nan), np.full(shape, np.nan)
    clock = task.options.clock
    before = clock() if clock else np.nan
    for i, end in enumerate(task.ends):
        said = _said(trial, int(end))
        if said is not None:
            peak[i], path[i] = said.peak, said.path
    used = (clock() if clock else np.nan) - before
    nobody = np.empty((0, *shape))
    rolled = Rolled(ends=task.ends, peak=peak, path=path, simple_peaks=nobody, cpu_ms=1e3 * used / task.ends.size)
    return tested(task, rolled)


def _said(trial: Trial, end: int) -> StatisticalForecast | None:
    question = trial.task.question
    try:
        return forecast_statistical(
            trial.task.values[:end],
            expert=trial.expert,
            step_s=question.step_s,
            horizons=question.horizons,
            quantiles=question.quantiles,
        )
    except NotEnoughHistory:
        return None


def _largest(series: SeriesSet) -> SeriesSet:
    known = np.count_nonzero(~np.isnan(series.values), axis=1)
    load = np.nansum(series.values, axis=1) / np.maximum(known, 1)
    rows = np.sort(np.argsort(-load, kind="stable")[:MOST_SERIES])
    return SeriesSet(names=tuple(series.names[row] for row in rows), values=series.values[rows], step_s=series.step_s)
