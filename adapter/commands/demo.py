"""`scaleahead demo`: the whole job on real load, without a cluster and without a Prometheus."""

import asyncio
import json
import math
import sys
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.live import Live
from rich.progress import Progress

from adapter.demo.comparison import Reactive, Total, best_reactive, total
from adapter.demo.replay import Frame, end_of, play, scores
from adapter.demo.scenario import Service, bundled_services, service_from_trace
from adapter.demo.screen import live_table, plain_line, summary_table
from adapter.demo.stage import Addresses, Stage, open_stage
from adapter.simulation.score import Score

_PLAIN_EVERY_S = 300.0


@click.command("demo")
@click.option(
    "--speed",
    type=click.FloatRange(min=1, max=100_000),
    callback=lambda _context, _option, speed: _number(speed),
    default=60.0,
    show_default=True,
    help="Simulated seconds per second.",
)
@click.option(
    "--trace",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Play this CSV trace, with the columns t_s and arrivals, instead of the bundled ones.",
)
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def command(*, speed: float, trace: Path | None, as_json: bool) -> None:
    """Replay real load through scaleahead, a simulated fleet and exact HPA and KEDA models.

    The HTTP and gRPC APIs answer on loopback meanwhile. It ends with a comparison with plain reactive scaling.
    """
    console = Console(stderr=as_json)
    try:
        services = bundled_services() if trace is None else (_from_file(trace),)
    except ValueError as error:
        click.echo(f"error: {trace}: {error}", err=True)
        sys.exit(2)
    ours, end_s = asyncio.run(_replay(services, speed=speed, console=console))
    reactive = _compare(services, end_s=end_s, console=console)
    totals = total(ours), total([each.score for each in reactive])
    console.print(summary_table(services, ours, reactive, totals=totals))
    if as_json:
        click.echo(_json(services, ours, reactive, totals=totals))


def _number(speed: float) -> float:
    if math.isnan(speed):  # which is within every range, because it compares with nothing
        raise click.BadParameter("nan is not in the range 1<=x<=100000.")
    return speed


def _from_file(trace: Path) -> Service:
    try:
        return service_from_trace(trace.read_text(encoding="utf-8"), name=trace.name)
    except UnicodeDecodeError as error:
        raise ValueError(f"the trace must be CSV text in UTF-8: {error}") from error


async def _replay(services: tuple[Service, ...], *, speed: float, console: Console) -> tuple[tuple[Score, ...], float]:
    for service in services:
        console.print(f"{service.name}: {len(service.requests):,} requests, {service.title}")
    async with open_stage(services, speed=speed) as stage:
        _tell(stage.addresses, services[0], console)
        if console.is_terminal:
            await _play_live(stage, console)
        else:
            await _play_plain(stage, console)
        return scores(stage), end_of(stage)


async def _play_live(stage: Stage, console: Console) -> None:
    with Live(console=console, auto_refresh=False, transient=True) as live:
        async for frame in play(stage):
            live.update(live_table(frame), refresh=True)


async def _play_plain(stage: Stage, console: Console) -> None:
    async for frame in play(stage):
        if _is_due(frame):
            console.print(plain_line(frame), soft_wrap=True, markup=False, highlight=False)


def _is_due(frame: Frame) -> bool:
    moved = any(line.move.before != line.move.replicas for line in frame.lines)
    return moved or frame.at_s % _PLAIN_EVERY_S == 0


def _tell(addresses: Addresses, service: Service, console: Console) -> None:
    where = f"{service.id.namespace}/{service.name}"
    for line in (
        f"pages: {addresses.json_api}/",
        f"explain: curl {addresses.json_api}/api/v1/workloads/{where}/explain",
        f"external metrics: {addresses.external_metrics}",
        f"KEDA external scaler: {addresses.keda}",
        f"own metrics: {addresses.metrics}/metrics",
    ):
        console.print(line, soft_wrap=True, highlight=False)


def _compare(services: tuple[Service, ...], *, end_s: float, console: Console) -> tuple[Reactive, ...]:
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("the same traces under reactive scaling", total=5 * len(services))
        return tuple(
            best_reactive(service, end_s=end_s, progress=lambda: progress.advance(task)) for service in services
        )


def _json(
    services: tuple[Service, ...],
    ours: tuple[Score, ...],
    reactive: tuple[Reactive, ...],
    *,
    totals: tuple[Total, Total],
) -> str:
    body = {
        **asdict(totals[0]),
        "reactive": asdict(totals[1]),
        "workloads": {
            service.name: {"scaleahead": asdict(mine), "reactive": {**asdict(other.score), "target": other.target}}
            for service, mine, other in zip(services, ours, reactive, strict=True)
        },
    }
    return json.dumps(body)
