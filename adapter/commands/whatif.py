"""`scaleahead whatif`: what a configuration would have done with the load that a Prometheus remembers."""

import asyncio
import json
import sys
import time
from dataclasses import replace
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn

from adapter.core.errors import ScaleaheadError
from adapter.engine import ENGINES, engine_named
from adapter.prometheus.signals import PrometheusSignalSource
from adapter.simulation.finding import OTHERS, Assumptions, Finding, describe
from adapter.simulation.profiles import MODELS
from adapter.simulation.replayed import WorkloadReplay, replay_summary
from adapter.whatif.answer import Wanted, answer_options, give_answer
from adapter.whatif.closed_loop import Evidence, find_elsewhere, find_here, gather_evidence, jobs_of
from adapter.whatif.findings import error_table, findings_report
from adapter.whatif.open_loop import replay_tables, replay_variant
from adapter.whatif.study import Study, StudyRefused, make_study, parse_instant

_FILE = click.Path(exists=True, dir_okay=False, readable=True)
_FAILED = 2


def _instant(_context: click.Context, _option: click.Parameter, text: str | None) -> float | None:
    try:
        return None if text is None else parse_instant(text)
    except ValueError as error:
        raise click.BadParameter(f"{error}; give a time such as 2026-08-20T10:00:00Z") from error


@click.command("whatif")
@click.option("--config", type=_FILE, required=True, help="The tuning document in force.")
@click.option("--candidate", type=_FILE, help="A tuning document to compare with it.")
@click.option("--prometheus", "url", metavar="URL", help="Where the history is, if not where --config says.")
@click.option(
    "--days",
    type=click.FloatRange(min=0, min_open=True, max=365),
    default=7.0,
    show_default=True,
    help="How far back.",
)
@click.option("--until", callback=_instant, help="End of the stretch, such as 2026-08-20T10:00:00Z. [default: now]")
@click.option("--workload", "workloads", multiple=True, metavar="NAMESPACE/NAME", help="Only this; may be repeated.")
@click.option("--replay", is_flag=True, help="Decide on the recorded signals, open loop, instead of simulating.")
@click.option(
    "--model",
    type=click.Choice(sorted(MODELS)),
    default="8b",
    show_default=True,
    help="What a replica is, as far as the record does not show it.",
)
@click.option("--gpus", type=click.IntRange(min=1), help="GPUs of a replica, if not the model's.")
@click.option("--cold-start", type=click.FloatRange(min=0, max=3600), help="Seconds of a start. [default: as recorded]")
@click.option(
    "--policy",
    "policies",
    type=click.Choice(OTHERS),
    multiple=True,
    default=("concurrency", "clairvoyant"),
    show_default=True,
    help="Compare with this policy; may be repeated.",
)
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="local",
    show_default=True,
    help="Where it is simulated: here, or on a Ray cluster, for hundreds of workloads.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of arrivals and lengths.")
@answer_options
def command(**asked: Any) -> None:  # noqa: ANN401 - click's, each of the type that its option says
    """Tell from a Prometheus's history what a configuration would have done.

    The load is rebuilt from what was recorded and simulated under the configurations and under other policies; with
    --replay, decisions are made again on the recorded signals instead.

    Exit code 0: told. Exit code 1: a threshold of --fail-on is broken. Exit code 2: the options or documents are
    rejected, the Prometheus does not answer, or it remembers nothing.
    """
    wanted = Wanted.of(asked)
    console = wanted.console()
    try:
        study = _study(asked)
        if asked["replay"]:
            _check_replay(wanted)
            replays = asyncio.run(_replay(study, console))
        else:
            findings = _found(study, asked, console)
    except ScaleaheadError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(_FAILED)
    if asked["replay"]:
        _tell_replay(replays, wanted, console)
    else:
        _tell(study, findings, wanted=wanted, console=console)


def _study(asked: dict[str, Any]) -> Study:
    return make_study(
        [each for each in (asked["config"], asked["candidate"]) if each is not None],
        workloads=asked["workloads"],
        url=asked["url"],
        days=asked["days"],
        until=time.time() if asked["until"] is None else asked["until"],
    )


def _check_replay(wanted: Wanted) -> None:
    if wanted.html is not None or wanted.fail_on or wanted.gpu_hour_price is not None:
        raise StudyRefused("--html, --fail-on and --gpu-hour-price belong to the simulation, not to --replay")


def _progress(console: Console) -> Progress:
    return Progress(*Progress.get_default_columns(), TimeElapsedColumn(), console=console, transient=True)


async def _replay(study: Study, console: Console) -> list[tuple[str, tuple[WorkloadReplay, ...]]]:
    with PrometheusSignalSource(study.prometheus) as source, _progress(console) as progress:
        task = progress.add_task("replay", total=float(len(study.variants)))
        return [
            (
                variant.name,
                await replay_variant(variant, study, source, advance=lambda share: progress.advance(task, share)),
            )
            for variant in study.variants
        ]


def _tell_replay(replays: list[tuple[str, tuple[WorkloadReplay, ...]]], wanted: Wanted, console: Console) -> None:
    console.print(replay_tables(replays))
    if wanted.as_json:
        (_, current), *rest = replays
        made = {**replay_summary(current), **{name: replay_summary(each) for name, each in rest}}
        click.echo(json.dumps(made, allow_nan=False))


def _found(study: Study, asked: dict[str, Any], console: Console) -> tuple[Finding, ...]:
    """Read and simulate.

    Raises:
        ScaleaheadError: the Prometheus did not answer, or nothing is recorded.
    """
    model = MODELS[asked["model"]]
    gpus = model.gpus if asked["gpus"] is None else asked["gpus"]
    assumed = Assumptions(model=replace(model, gpus=gpus), cold_start_s=asked["cold_start"], seed=asked["seed"])
    with _progress(console) as progress:
        evidence = asyncio.run(_read(study, progress))
        task = progress.add_task("simulate", total=float(len(study.variants[0].tuned)))

        def advance(workload: str, share: float) -> None:
            progress.update(task, advance=share, description=workload)

        policies = tuple(dict.fromkeys(asked["policies"]))
        jobs = jobs_of(study, evidence, assumed=assumed, others=policies)
        if asked["engine"] == "local":
            findings = tuple(find_here(jobs, advance=advance))
        else:
            findings = tuple(find_elsewhere(jobs, engine_named(asked["engine"]), advance=advance))
    if not findings:
        raise StudyRefused("no arrivals of any workload are recorded in this time; see --days and --prometheus")
    return findings


async def _read(study: Study, progress: Progress) -> Evidence:
    task = progress.add_task("read", total=1.0)
    with PrometheusSignalSource(study.prometheus) as source:
        return await gather_evidence(study, source, advance=lambda share: progress.advance(task, share))


def _tell(study: Study, findings: tuple[Finding, ...], *, wanted: Wanted, console: Console) -> None:
    report = findings_report(study, findings, gpu_hour_price=wanted.gpu_hour_price)
    for line in report.lines:
        console.print(line, highlight=False, soft_wrap=True)
    console.print(error_table(findings))
    described = {finding.contest.workload: describe(finding) for finding in findings}
    give_answer(report, wanted, console, more={"simulation": described})
