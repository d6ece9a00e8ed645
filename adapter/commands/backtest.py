"""`scaleahead backtest`: how good forecasts of recorded load would have been, next to the naive forecast R."""

import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from adapter.commands.recorded import Wanted, prometheus_at, recorded_load
from adapter.core.errors import ScaleaheadError
from adapter.engine import ENGINES, engine_named
from forecasting.evaluation.backtest import Backtest, Options, backtest
from forecasting.evaluation.classical import ORIGINS, try_experts
from forecasting.evaluation.plot import draw
from forecasting.evaluation.report import Cell, Summary, as_json, cells_of, near_and_far, summarise
from forecasting.model_file import load_model, shipped_model
from forecasting.series_file import SeriesSet

_FAILED = 2
_DAY_S = 86_400.0
_PLAIN_WIDTH = 140  # without a terminal, as in a pipe
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


def _finite(_context: click.Context, _option: click.Parameter, number: float | None) -> float | None:
    if number is not None and not math.isfinite(number):
        raise click.BadParameter(f"must be a finite number, got {number}")
    return number


def _in_a_folder(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    """Return the path if a file can be written there; found out before the work, not after it."""
    if path is not None and not (path.parent.is_dir() and os.access(path.parent, os.W_OK)):
        raise click.BadParameter(f"{path}: no file can be written into the folder {path.parent}")
    return path


@click.command("backtest")
@click.argument("file", type=_FILE, required=False)
@click.option("--value", help="Column with the load; default: requests, else arrivals.")
@click.option("--prometheus", "url", metavar="URL", help="Read from the Prometheus there instead of a file.")
@click.option("--query", metavar="PROMQL", help="What to read there, as load per step; every series is one.")
@click.option("--days", type=click.FloatRange(min=0, min_open=True), default=14.0, show_default=True, help="How much.")
@click.option("--step", "step_s", type=click.FloatRange(min=1), help="Seconds per step; default: the file's, or 60.")
@click.option("--series", "only", multiple=True, help="Only series whose name starts so; may be given several times.")
@click.option(
    "--from-day",
    type=click.FloatRange(min=0),
    callback=_finite,
    help="Days before the first that is scored; default: 1, or a quarter of less.",
)
@click.option("--origins", type=click.IntRange(20), default=220, show_default=True, help="Forecasts per series.")
@click.option("--model", type=_FILE, help="Another pooled model.")
@click.option("--experts", metavar="NAMES", help="Try classical models too, such as ets,uc,harmonic: slow.")
@click.option("--engine", type=click.Choice(ENGINES), default="local", show_default=True, help="Where to work it out.")
@click.option("--jobs", type=click.IntRange(1), help="Processes of the local engine.  [default: one per processor]")
@click.option("--plot", type=_NEW_FILE, callback=_in_a_folder, help="Draw forecasts against truth, as SVG.")
@click.option("--json", "json_wanted", is_flag=True, help="Print the result as JSON in the last line.")
def command(**asked: Any) -> None:  # noqa: ANN401 - click has converted and checked them
    """Score forecasts of recorded load against what came, next to the naive forecast.

    FILE is a .csv or .csv.gz with the columns t_s, a load, and optionally series_id and gap; or take the load from a
    Prometheus. Every number that ends in "vs last" is relative to R, the last value plus its own past errors: below 1
    is better. With --step, a file is summed to steps of so many seconds first.
    """
    try:
        series = _series(asked)
        result = _measured(series, asked)
        tried = _tried(series, asked)
    except (ValueError, ScaleaheadError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(_FAILED)
    _tell_unscored(result)
    cells = cells_of(result.cases)
    summary = summarise(near_and_far(cells)[0], result.cpu_ms_per_forecast)
    _console().print(_table(cells, summary))
    if tried:
        _console().print(_experts_table(tried))
    if asked["plot"] is not None:
        asked["plot"].write_text(draw(result))
        click.echo(f"wrote {asked['plot']}", err=True)
    if asked["json_wanted"]:
        printed = as_json(cells, result.cpu_ms_per_forecast)
        experts = {name: as_json(cells_of(one.cases), one.cpu_ms_per_forecast) for name, one in tried.items()}
        click.echo(json.dumps({**printed, "experts": experts} if experts else printed))


def _series(asked: dict[str, Any]) -> SeriesSet:
    same = {key: asked[key] for key in ("file", "value", "query", "days", "step_s", "only")}
    return recorded_load(Wanted(prometheus=prometheus_at(asked["url"]), **same))


def _measured(series: SeriesSet, asked: dict[str, Any]) -> Backtest:
    engine = engine_named(asked["engine"], jobs=asked["jobs"])
    with _progress() as progress:
        task = progress.add_task(f"{len(series.names)} series", total=1.0)
        return backtest(series, _options(asked), lambda share: progress.update(task, completed=share), mapped=engine)


def _tried(series: SeriesSet, asked: dict[str, Any]) -> dict[str, Backtest]:
    """Return how the classical models did, if any are asked for, and the product's forecast on the same origins."""
    names = [name.strip() for name in (asked["experts"] or "").split(",") if name.strip()]
    if not names:
        return {}
    engine = engine_named(asked["engine"], jobs=asked["jobs"])
    with _progress() as progress:
        task = progress.add_task(", ".join(names), total=1.0)
        return try_experts(
            series, names, _options(asked), done=lambda share: progress.update(task, completed=share), mapped=engine
        )


def _options(asked: dict[str, Any]) -> Options:
    return Options(
        model=load_model(asked["model"]) if asked["model"] else shipped_model(),
        from_s=None if asked["from_day"] is None else asked["from_day"] * _DAY_S,
        origins=asked["origins"],
        clock=time.process_time,
    )


def _progress() -> Progress:
    return Progress(console=Console(stderr=True), transient=True)


def _tell_unscored(result: Backtest) -> None:
    """Name the series that nothing can be said about; an empty table would look like a fault of ours."""
    for tested in result.series:
        if not any(case.peak.origins for case in tested.cases):
            why = "its load is zero throughout" if tested.cases else "fewer than 20 forecasts have a complete outcome"
            click.echo(f"not scored: {tested.name}: {why}", err=True)


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=_PLAIN_WIDTH)


def _table(cells: list[Cell], summary: Summary) -> Table:
    caption = f"{summary.cpu_ms_per_forecast:.2f} ms CPU per forecast; R = 1, below is better; summary: up to 1 h ahead"
    table = Table(title="Forecasts against the last value plus its past errors (R)", caption=caption)
    for name in ("group", "step", "ahead", "series", "origins"):
        table.add_column(name, justify="right")
    for name in ("peak wQL", "path wQL", "peak P95", "peak P99", "P95 covers", "covers busy", "best simple"):
        table.add_column(name, justify="right")
    for cell in cells:
        head = (cell.group, f"{cell.step_s:g} s", f"{cell.lead_s / 60:g} min", str(cell.series), str(cell.origins))
        table.add_row(*head, *_numbers(cell), f"{cell.best_simple_wql_vs_last:.2f} {cell.best_simple}")
    if cells:
        table.add_section()
        table.add_row("all", "", "", "", "", *_numbers(summary), "")
    return table


def _experts_table(tried: dict[str, Backtest]) -> Table:
    most = max(len(one.series) for one in tried.values())
    caption = f"the same {ORIGINS} forecasts of each of {most} series, those with most load; up to 1 h ahead; R = 1"
    table = Table(title="Classical models fitted anew for every forecast", caption=caption)
    table.add_column("expert")
    for name in ("peak wQL", "path wQL", "peak P95", "peak P99", "P95 covers", "covers busy", "ms CPU"):
        table.add_column(name, justify="right")
    for name, one in tried.items():
        summary = summarise(near_and_far(cells_of(one.cases))[0], one.cpu_ms_per_forecast)
        table.add_row(name, *_numbers(summary), f"{summary.cpu_ms_per_forecast:.1f}")
    return table


def _numbers(row: Cell | Summary) -> tuple[str, ...]:
    numbers = (row.peak_wql_vs_last, row.path_wql_vs_last, row.peak_p95_vs_last, row.peak_p99_vs_last)
    return (
        *(f"{number:.2f}" for number in numbers),
        f"{100 * row.peak_p95_coverage:.0f} %",
        f"{100 * row.peak_p95_coverage_busy:.0f} %",
    )
