"""`scaleahead workloads`: every workload of a running server in a line, with its reason."""

import json
from collections.abc import Mapping
from typing import Any, Final

import click
from rich.markup import escape
from rich.table import Table

from adapter.commands.asking import Server, asks_a_server, people_console

_NUMBERS: Final = ("planned", "requested", "ready", "demand", "headroom")


@click.command("workloads")
@click.option("--namespace", default="", help="Only those of this namespace.")
@click.option("--json", "as_json", is_flag=True, help="Print the server's JSON, narrowed to what was asked for.")
@asks_a_server
def command(*, server: Server, namespace: str, as_json: bool) -> None:
    """List the workloads of a running server, each with its reason.

    Asks a running `scaleahead serve`. Exit code 0: listed. Exit code 2: there is no list.
    """
    listed = narrowed(server.ask("workloads"), namespace=namespace)
    if as_json:
        click.echo(json.dumps(listed, indent=2, sort_keys=True))
        return
    people_console().print(table_of(listed))


def narrowed(listed: Mapping[str, Any], *, namespace: str) -> dict[str, Any]:
    """Return the server's answer with the workloads of one namespace, or with all where none is named."""
    chosen = [each for each in listed["workloads"] if not namespace or each["namespace"] == namespace]
    return {**listed, "workloads": chosen}


def table_of(listed: Mapping[str, Any]) -> Table:
    """Return the server's answer as a table; holds stand out, and so does a server that no longer decides."""
    warning = f"[red]{escape(listed['stale'])}[/]" if listed["stale"] else None
    table = Table(header_style="bold", caption=warning, caption_justify="left")
    table.add_column("workload", no_wrap=True)
    for name in _NUMBERS:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("why", ratio=1)
    for each in listed["workloads"]:
        cells = (_count(each["planned"]), _count(each["requested"]), _count(each["ready"]), _demand(each), _free(each))
        name = escape(f"{each['namespace']}/{each['workload']}") + (" (advise)" if each["mode"] == "advise" else "")
        table.add_row(name, *cells, escape(each["why"]), style="yellow" if each["outcome"] == "hold" else None)
    return table


def _count(replicas: int | None) -> str:
    return "-" if replicas is None else str(replicas)


def _demand(each: Mapping[str, Any]) -> str:
    return "-" if each["demand"] is None else f"{each['demand']:.4g}"


def _free(each: Mapping[str, Any]) -> str:
    """Return the share of the capacity of ready replicas that demand leaves."""
    if each["demand"] is None or not each["ready"]:
        return "-"
    return f"{1 - each['demand'] / (each['ready'] * each['capacity_per_replica']):.0%}"
