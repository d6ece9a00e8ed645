"""`scaleahead top`: the workloads of a running server, again and again."""

import time
from typing import Final

import click
from rich.live import Live

from adapter.commands.asking import CannotAsk, Server, asks_a_server, people_console
from adapter.commands.workloads import narrowed, table_of

_LEAST_S: Final = 1.0


@click.command("top")
@click.option("--namespace", default="", help="Only those of this namespace.")
@click.option(
    "--every",
    type=click.FloatRange(min=_LEAST_S, max=3600),
    default=5.0,
    show_default=True,
    help="Seconds between two looks.",
)
@click.option("--times", type=click.IntRange(min=1), help="Stop after so many looks; without it, Ctrl-C ends it.")
@asks_a_server
def command(*, server: Server, namespace: str, every: float, times: int | None) -> None:
    """Watch all workloads of a running server.

    A server that stops to answer is waited for. Exit code 2: it did not answer at the first look.
    """
    console = people_console()
    shown = table_of(narrowed(server.ask("workloads"), namespace=namespace))
    looks = 1
    with Live(shown, console=console, auto_refresh=False, screen=console.is_terminal) as live:
        live.refresh()
        while times is None or looks < times:
            time.sleep(every)
            looks += 1
            try:
                shown = table_of(narrowed(server.ask("workloads"), namespace=namespace))
            except CannotAsk as error:
                shown.caption = f"[red]{error}[/]"
            live.update(shown, refresh=True)
