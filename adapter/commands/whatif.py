"""`scaleahead whatif`: what a configuration would have done with the load that a Prometheus remembers."""

import asyncio
import json
import sys
import time

import click
from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn

from adapter.core.errors import ScaleaheadError
from adapter.prometheus.signals import PrometheusSignalSource
from adapter.simulation.replayed import WorkloadReplay, replay_summary
from adapter.whatif.open_loop import replay_tables, replay_variant
from adapter.whatif.study import Study, make_study, parse_instant

_FILE = click.Path(exists=True, dir_okay=False, readable=True)
_FAILED = 2
_PLAIN_WIDTH = 160  # without a terminal, as in a pipe


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
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def command(**asked: object) -> None:
    """Tell from a Prometheus's history what a configuration would have done.

    Exit code 0: told. Exit code 2: the options or documents are rejected, or the Prometheus does not answer.
    """
    console = Console(stderr=bool(asked["as_json"]), width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
    try:
        study = _study(asked)
        replays = asyncio.run(_replay(study, console))
    except ScaleaheadError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(_FAILED)
    console.print(replay_tables(replays))
    if asked["as_json"]:
        click.echo(json.dumps(_summary(replays), allow_nan=False))


def _study(asked: dict[str, object]) -> Study:
    config, candidate, url, days = asked["config"], asked["candidate"], asked["url"], asked["days"]
    until, workloads = asked["until"], asked["workloads"]
    assert isinstance(config, str)  # click converts them
    assert isinstance(days, float)
    assert isinstance(workloads, tuple)
    return make_study(
        [config, candidate] if isinstance(candidate, str) else [config],
        workloads=workloads,
        url=url if isinstance(url, str) else None,
        days=days,
        until=until if isinstance(until, float) else time.time(),
    )


async def _replay(study: Study, console: Console) -> list[tuple[str, tuple[WorkloadReplay, ...]]]:
    columns = (*Progress.get_default_columns(), TimeElapsedColumn())
    with (
        PrometheusSignalSource(study.prometheus) as source,
        Progress(*columns, console=console, transient=True) as progress,
    ):
        task = progress.add_task("replay", total=float(len(study.variants)))
        return [
            (
                variant.name,
                await replay_variant(variant, study, source, advance=lambda share: progress.advance(task, share)),
            )
            for variant in study.variants
        ]


def _summary(replays: list[tuple[str, tuple[WorkloadReplay, ...]]]) -> dict[str, object]:
    (_, current), *rest = replays
    candidates = {name: replay_summary(each) for name, each in rest}
    return {**replay_summary(current), **candidates}
