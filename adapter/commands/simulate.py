"""`scaleahead simulate`: our decisions on a trace, against what the field does and against a clairvoyant."""

import gzip
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TaskID, TimeElapsedColumn

from adapter.simulation.contest import OURS, POLICIES, Outcome, settings_tried
from adapter.simulation.load_files import Load, read_loads
from adapter.simulation.patterns import PATTERNS, make_load
from adapter.simulation.profiles import MODELS
from adapter.simulation.report import Ground, Report
from adapter.simulation.results import Contest
from adapter.simulation.scenario import Scenario, Terms, build_scenario, span
from adapter.whatif.answer import Wanted, answer_options, give_answer


@click.command("simulate")
@click.option(
    "--trace",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV of requests or counts, .csv or .csv.gz; every series is a workload.",
)
@click.option("--pattern", type=click.Choice(list(PATTERNS)), help="A synthetic load in place of a trace.")
@click.option(
    "--days",
    type=click.FloatRange(min=0, min_open=True, max=60),
    default=8.0,
    show_default=True,
    help="Length of the synthetic load, history included.",
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
@answer_options
def command(**asked: Any) -> None:  # noqa: ANN401 - click's, each of the type that its option says
    """Simulate a trace under our decisions and, for comparison, under other policies.

    The first seven days of a trace are history, the next 24 hours are scored; of shorter ones the first half is history
    if it lasts two hours. The load of each series is scaled so that its busiest ten minutes need ten replicas, or three
    if it is idle often.

    Exit code 0: simulated. Exit code 1: a threshold of --fail-on is broken. Exit code 2: there is nothing to simulate.
    """
    wanted = Wanted.of(asked)
    console = wanted.console()
    named = asked["trace"] or "--pattern"
    terms = Terms(
        profile=MODELS[asked["model"]],
        cold_start_s=asked["cold_start"],
        scored_s=asked["hours"] * 3600,
        rescale=not asked["no_rescale"],
        seed=asked["seed"],
    )
    try:
        _check_limits(wanted)
        loads = _asked_loads(asked)
    except ValueError as error:
        _end(f"{named}: {error}", console)
    played = tuple(dict.fromkeys((OURS, *(asked["policies"] or POLICIES))))
    contests = tuple(_play(loads, terms, played, console=console))
    if not contests:
        _end(f"{named}: nothing arrives in the scored time of any series", console)
    give_answer(_report(contests, terms, named=str(named), price=wanted.gpu_hour_price), wanted, console)


def _check_limits(wanted: Wanted) -> None:
    if relative := [each.text for each in wanted.fail_on if each.relative]:
        raise ValueError(f"--fail-on {relative[0]}: there is no baseline here, give a limit without sign and %")


def _end(error: str, console: Console) -> NoReturn:
    console.print(f"[red]error:[/] {error}", soft_wrap=True, highlight=False)
    sys.exit(2)


def _report(contests: tuple[Contest, ...], terms: Terms, *, named: str, price: float | None) -> Report:
    lines = (
        f"{Path(named).name}: the {terms.scored_s / 3600:g} hours after its history, on {terms.profile.name}, with "
        f"cold starts of {terms.cold_start_s:g} s.",
        f"Objective: first token within {terms.objective.ttft_s:g} s, gaps of {terms.objective.itl_s * 1000:g} ms at "
        "most on average.",
    )
    return Report(
        title="Simulation",
        lines=lines,
        contests=contests,
        grounds=tuple(Ground() for _ in contests),
        gpu_hour_price=price,
    )


def _asked_loads(asked: dict[str, Any]) -> tuple[Load, ...]:
    """Return the loads of a file, or of a pattern.

    Raises:
        ValueError: both or neither are asked for, or the file is no load.
    """
    trace, pattern = asked["trace"], asked["pattern"]
    if (trace is None) == (pattern is None):
        raise ValueError("give either --trace FILE or --pattern NAME")
    if pattern is None:
        return _loads(trace, asked["series"])
    return (make_load(pattern, days=asked["days"], seed=asked["seed"]),)


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
