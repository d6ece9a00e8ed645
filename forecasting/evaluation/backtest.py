"""Back-test the forecaster on recorded load: one call, one report.

Why apart from reading files and showing tables: the same functions serve the command line, the documentation's
benchmarks and a cluster of machines. Every series is worked on by itself, so `Mapped` may do it anywhere.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from forecasting.arrays import FloatArray, IntArray
from forecasting.contract import MIN_STEPS, Question
from forecasting.evaluation.metrics import FEWEST, LEVELS, Score, score
from forecasting.evaluation.reference import naive_at
from forecasting.evaluation.rolling import Clock, Rolled, roll, scored_ends, with_days
from forecasting.naive import NaiveForecast
from forecasting.pooled import PooledModel
from forecasting.series_file import SeriesSet
from forecasting.targets import load_ahead, peak_ahead

_HOUR_S, _DAY_S = 3600.0, 86_400.0
_LEADS_S = (120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, _DAY_S)

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Mapped(Protocol):
    """Applies a function to many items, somewhere; what `map` does, in this process."""

    def __call__(self, function: Callable[[_Item], _Result], items: Sequence[_Item], /) -> Iterable[_Result]:
        """Return the results in the order of the items."""
        ...


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
    """wQL of the peak of each simple expert alone, in the order of `PEAK_EXPERTS`; empty if that is not known."""
    cpu_ms: float
    """CPU time of one forecast of this series, all lead times and quantiles; NaN if not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to test."""

    model: PooledModel
    from_s: float | None = None
    """First origin, seconds from the start; None = after a day, or after a quarter of shorter series."""
    origins: int = 220
    """Origins per series."""
    clock: Clock | None = None
    """CPU seconds used so far; None = do not measure."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """One series to be tested: all that a worker needs."""

    name: str
    values: FloatArray
    """Load, shape (t,)."""
    question: Question
    ends: IntArray
    options: Options


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tested:
    """What came of one series."""

    name: str
    values: FloatArray
    """Load, shape (t,)."""
    rolled: Rolled
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Backtest:
    """Everything a report needs."""

    series: tuple[Tested, ...]
    horizons: IntArray
    step_s: float

    @property
    def cases(self) -> tuple[Case, ...]:
        """All cases of all series."""
        return tuple(case for tested in self.series for case in tested.cases)

    @property
    def cpu_ms_per_forecast(self) -> float:
        """CPU time of one series at one origin, all lead times and quantiles; NaN if not measured."""
        return float(np.mean([tested.rolled.cpu_ms for tested in self.series]))


def lead_steps(steps: int, step_s: float) -> IntArray:
    """Return the horizons that are tested: 2 min to 1 h as the grid allows, and a day where a day has many steps.

    Example:
        >>> lead_steps(2016, 600.0).tolist(), lead_steps(20160, 60.0).tolist()
        ([1, 2, 3, 6, 144], [2, 5, 10, 20, 30, 60])
    """
    ahead = {round(lead / step_s) for lead in _LEADS_S if lead >= step_s}
    longest = steps // 7 if step_s >= 300 else round(_HOUR_S / step_s)
    return np.array(sorted(step for step in ahead if step <= min(longest, steps // 2)), dtype=np.int64)


def backtest(series: SeriesSet, options: Options, done: Callable[[float], None], *, mapped: Mapped = map) -> Backtest:
    """Return how the forecaster and R did on every series at every lead time.

    Args:
        series: recorded load.
        options: model, first origin, number of origins, clock.
        done: told the share of the work that is done, 0..1.
        mapped: applies a function to all series, perhaps in other processes.

    Raises:
        ValueError: the series are too short to be tested, or end before the first origin; says what is allowed.
    """
    tasks = tasks_of(series, options)
    results = []
    for result in mapped(run, tasks):
        results.append(result)
        done(len(results) / len(tasks))
    return Backtest(series=tuple(results), horizons=tasks[0].question.horizons, step_s=series.step_s)


def tasks_of(series: SeriesSet, options: Options) -> list[Task]:
    """Return one task per series, all with the same origins.

    Raises:
        ValueError: the series are too short to be tested, or end before the first origin; says what is allowed.
    """
    steps = series.values.shape[1]
    horizons = lead_steps(steps, series.step_s)
    if horizons.size == 0 or steps < 2 * MIN_STEPS:
        raise ValueError(
            f"{steps} steps of {series.step_s:g} s are too few to test forecasts on: at least {2 * MIN_STEPS} steps"
            " and a lead time of 2 minutes to 1 hour within half of them are needed"
        )
    question = Question(step_s=series.step_s, horizons=horizons, quantiles=LEVELS)
    from_s = min(_DAY_S, steps * series.step_s / 4) if options.from_s is None else options.from_s
    if not 0 <= from_s < steps * series.step_s:
        raise ValueError(
            f"the first origin must lie within the {steps * series.step_s / _DAY_S:g} days of the series,"
            f" got day {from_s / _DAY_S:g}"
        )
    ends = scored_ends(steps, series.step_s, from_s=from_s, wanted=options.origins)
    return [
        Task(name=name, values=values, question=question, ends=ends, options=options)
        for name, values in zip(series.names, series.values, strict=True)
    ]


def run(task: Task) -> Tested:
    """Return what came of one series; a function of its task alone."""
    history = with_days(SeriesSet(names=(task.name,), values=task.values[None, :], step_s=task.question.step_s))
    rolled = roll(history, task.ends, task.question, model=task.options.model, clock=task.options.clock)
    return tested(task, rolled)


def tested(task: Task, rolled: Rolled) -> Tested:
    """Return the scores of forecasts next to R on the same origins."""
    naive = naive_at(task.values, task.ends, task.question)
    cases = [
        case
        for column in range(task.question.horizons.size)
        if (case := _case(task, rolled, naive, column=column)) is not None
    ]
    return Tested(name=task.name, values=task.values, rolled=rolled, cases=tuple(cases))


def _case(task: Task, rolled: Rolled, naive: NaiveForecast, *, column: int) -> Case | None:
    """Return the scores at one lead time, None where too few origins can be scored."""
    horizon, values = int(task.question.horizons[column]), task.values[None, :]
    peak_truth = peak_ahead(values, horizon)[0, rolled.ends - 1]
    path_truth = load_ahead(values, horizon)[0, rolled.ends - 1]
    scored = np.isfinite(peak_truth) & np.isfinite(rolled.peak[:, 0, column]) & np.isfinite(naive.peak[:, 0, column])
    if scored.sum() < FEWEST:
        return None
    return Case(
        series=task.name,
        group=group_of(task.name, task.values, task.question.step_s),
        step_s=task.question.step_s,
        lead_s=horizon * task.question.step_s,
        peak=score(peak_truth, rolled.peak[:, :, column], scored),
        path=score(path_truth, rolled.path[:, :, column], scored),
        naive_peak=score(peak_truth, naive.peak[:, :, column], scored),
        naive_path=score(path_truth, naive.path[:, :, column], scored),
        simple=tuple(score(peak_truth, said, scored).wql for said in rolled.simple_peaks[..., column]),
        cpu_ms=rolled.cpu_ms,
    )


def group_of(name: str, values: FloatArray, step_s: float) -> str:
    """Return the group of a series: trace (up to two hours), aggregate (by name), sparse (mostly zero), else dense.

    Example:
        >>> group_of("chat", np.array([0.0, 0.0, 5.0] * 3000), 60.0)
        'sparse'
    """
    if values.size * step_s <= 2 * _HOUR_S:
        return "trace"
    if "aggregate" in name.lower():
        return "aggregate"
    known = values[~np.isnan(values)]
    return "sparse" if known.size and np.mean(known == 0) > 0.5 else "dense"
