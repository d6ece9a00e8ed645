"""`scaleahead simulate`: our decisions on a trace, against what the field does and against a clairvoyant."""

import gzip
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TaskID, TimeElapsedColumn
from rich.table import Table

from adapter.simulation.contest import OURS, POLICIES, Outcome, best_of, settings_tried
from adapter.simulation.load_files import Load, read_loads
from adapter.simulation.profiles import LLAMA_8B_H100, LLAMA_70B_4XH100
from adapter.simulation.results import Contest, compared, summary, total
from adapter.simulation.scenario import Scenario, Terms, build_scenario, span

MODELS = {"8b": LLAMA_8B_H100, "70b": LLAMA_70B_4XH100}


@click.command("simulate")
@click.option(
    "--trace",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="CSV of requests or counts, .csv or .csv.gz; every series is a workload.",
)
@click.option("--series", multiple=True, help="Only this series; may be repeated.")
@click.option("--model", type=click.Choice(sorted(MODELS)), default="8b", show_default=True, help="What a replica is.")
@click.option(
    "--cold-start",
    type=click.FloatRange(min=0, max=3600),
    default=180.0,
    show_default=True,
    help="Seconds from creation of a replica to ready.",
)
@click.option(
    "--hours",
    type=click.FloatRange(min=0, min_open=True, max=336),
    default=24.0,
    show_default=True,
    help="Hours that are scored.",
)
@click.option(
    "--policy",
    "policies",
    type=click.Choice(POLICIES),
    multiple=True,
    help="Compare with this policy only; may be repeated. [default: all]",
)
@click.option(
    "--no-rescale", is_flag=True, help="Take the load as it is, instead of scaling its peak to a few replicas."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of arrivals and lengths.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def command(  # noqa: PLR0913 - one a click option
    *,
    trace: Path,
    series: tuple[str, ...],
    model: str,
    cold_start: float,
    hours: float,
    policies: tuple[str, ...],
    no_rescale: bool,
    seed: int,
    as_json: bool,
) -> None:
    """Simulate a trace under our decisions and, for comparison, under other policies.

    The first seven days of a trace are history, the next 24 hours are scored; of shorter ones the first half is history
    if it lasts two hours. The load of each series is scaled so that its busiest ten minutes need ten replicas, or three
    if it is idle often.
    """
    console = Console(stderr=as_json)
    terms = Terms(
        profile=MODELS[model], cold_start_s=cold_start, scored_s=hours * 3600, rescale=not no_rescale, seed=seed
    )
    try:
        loads = _loads(trace, series)
    except ValueError as error:
        console.print(f"[red]error:[/] {trace}: {error}", soft_wrap=True, highlight=False)
        sys.exit(2)
    played = tuple(dict.fromkeys((OURS, *(policies or POLICIES))))
    contests = tuple(_play(loads, terms, played, console=console))
    if not contests:
        console.print(f"[red]error:[/] {trace}: nothing arrives in the scored time of any series", soft_wrap=True)
        sys.exit(2)
    console.print(_table(contests))
    if as_json:
        click.echo(json.dumps(summary(contests), allow_nan=False))


def _loads(trace: Path, series: tuple[str, ...]) -> tuple[Load, ...]:
    """Return the loads of a file, all or those named.

    Raises:
        ValueError: the file is no load, or has no such series.
    """
    packed = trace.read_bytes()
    try:
        text = (gzip.decompress(packed) if trace.suffix == ".gz" else packed).decode()
    except (UnicodeDecodeError, OSError, EOFError) as error:
        raise ValueError(f"must be CSV text in UTF-8, or that packed with gzip: {error}") from error
    loads = read_loads(text, name=trace.name.removesuffix(".gz").removesuffix(".csv"))
    known = {each.name for each in loads}
    if unknown := [each for each in series if each not in known]:
        raise ValueError(f"no series {', '.join(unknown)}; the file has {', '.join(sorted(known)[:20])}")
    return tuple(each for each in loads if not series or each.name in series)


def _play(loads: tuple[Load, ...], terms: Terms, policies: tuple[str, ...], *, console: Console) -> Iterator[Contest]:
    """Play one workload after the other, the policies on several cores."""
    columns = (*Progress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress, ThreadPoolExecutor(os.cpu_count()) as pool:
        task = progress.add_task("", total=len(loads) * len(policies))
        for load in loads:
            progress.update(task, description=load.name)
            scenario = build_scenario(load, terms)
            if scenario is None:
                progress.advance(task, len(policies))
                console.print(f"{load.name}: nothing arrives in the scored time; left out", highlight=False)
                continue
            start_s, end_s = span(load.duration_s, terms.scored_s)
            if scenario.end_s < end_s - start_s:
                console.print(f"{load.name}: only {scenario.end_s / 3600:.1f} h are scored", highlight=False)
            tried = partial(_tried, scenario, progress=progress, task=task)
            yield Contest(
                workload=scenario.name,
                intermittent=scenario.may_sleep,
                requests=len(scenario.requests),
                outcomes=dict(zip(policies, pool.map(tried, policies), strict=True)),
            )


def _tried(scenario: Scenario, policy: str, *, progress: Progress, task: TaskID) -> tuple[Outcome, ...]:
    outcomes = settings_tried(scenario, policy)
    progress.advance(task)
    return outcomes


def _table(contests: tuple[Contest, ...]) -> Table:
    table = Table(title="the same load under other policies, each with its best setting", title_justify="left")
    table.add_column("workload", overflow="fold")
    table.add_column("policy", no_wrap=True)
    for name in ("in time", "GPU-h", "GPU-h at our share", "failed", "flaps"):
        table.add_column(name, justify="right")
    groups = [(each.workload, (each,)) for each in contests]
    for name, group in groups if len(groups) == 1 else [*groups, ("all", contests)]:
        for index, policy in enumerate((OURS, *compared(contests))):
            totals = total(best_of(each.outcomes[policy]).score for each in group)
            table.add_row(
                name if index == 0 else "",
                policy,
                f"{totals.slo_attainment:.2%}",
                f"{totals.gpu_hours:.2f}",
                f"{sum(each.hours_at_our_attainment(policy) for each in group):.2f}",
                f"{totals.failed_requests:,}",
                str(totals.scale_flaps),
            )
        table.add_section()
    return table
