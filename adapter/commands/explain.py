"""`scaleahead explain`: why a workload has the replicas it has, and why not more or fewer, from a running server."""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from adapter.commands.asking import CannotAsk, Server, asks_a_server, people_console


@click.command("explain")
@click.argument("workload", metavar="NAMESPACE/WORKLOAD")
@click.option("--at", metavar="TIME", help="What was decided then: RFC 3339 with a zone, or seconds since the epoch.")
@click.option("--json", "as_json", is_flag=True, help="Print the server's JSON as it is.")
@asks_a_server
def command(*, server: Server, workload: str, at: str | None, as_json: bool) -> None:
    """Show why a workload has the replicas it has, and why not more or fewer.

    Asks a running `scaleahead serve`. Exit code 0: explained. Exit code 2: there is no explanation.
    """
    base = f"workloads/{_split(workload)}"
    explained = server.ask(f"{base}/explain") if at is None else server.ask(f"{base}/decision", at=at)
    if as_json:
        click.echo(json.dumps(explained, indent=2, sort_keys=True))
        return
    people_console().print(explanation(explained))


def _split(workload: str) -> str:
    namespace, slash, name = workload.partition("/")
    if not slash or not namespace or not name or "/" in name:
        raise CannotAsk(f"{workload!r} must be NAMESPACE/WORKLOAD, such as production/llama-70b")
    return f"{namespace}/{name}"


def explanation(explained: Mapping[str, Any]) -> RenderableType:
    """Return the answer of the server for a terminal: what and why, the steps, the signals.

    Args:
        explained: of the newest decision, or of one in the past, which has no snapshot around it.
    """
    parts: list[RenderableType] = [_summary(explained), _steps(explained["steps"]), _signals(explained["signals"])]
    parts.extend(f"[yellow]problem:[/] {escape(_problem(each))}" for each in explained.get("problems", ()))
    return Group(*parts)


def _summary(explained: Mapping[str, Any]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    at = datetime.fromtimestamp(explained["at"], UTC).isoformat(sep=" ").removesuffix("+00:00")
    lines = [
        ("workload", f"{explained['namespace']}/{explained['workload']}, mode {explained['mode']}"),
        ("decided at", f"{at} UTC{_tuning(explained)}"),
        ("stale", explained.get("stale")),
        ("replicas", _replicas(explained)),
        ("lead time", _lead_time(explained["lead_time"])),
        ("margin", _margin(explained["margin"])),
        ("capacity", _capacity(explained["capacity"])),
        ("HPA", _hpa(explained["hpa"])),
        ("why", explained["why"]),
        ("why not", explained["why_not"]),
        ("back-test", explained["back_test"]),
    ]
    for key, text in lines:
        if text:
            grid.add_row(key, escape(text))
    return grid


def _tuning(explained: Mapping[str, Any]) -> str:
    return f", tuning {explained['tuning_digest']}" if "tuning_digest" in explained else ""


def _replicas(explained: Mapping[str, Any]) -> str:
    counts = explained["replicas"]
    asked = {
        "planned": explained["planned"],
        "served": explained["served"],
        "requested": counts["requested"],
        "ready": counts["ready"],
        "reactive alone": explained["reactive"],
        "predictive alone": explained["predictive"],
    }
    return ", ".join(f"{name} {_number(value)}" for name, value in asked.items())


def _lead_time(lead: Mapping[str, Any]) -> str:
    if not lead["samples"]:
        return f"{lead['seconds']:.0f} s, as configured: no start seen yet"
    spread = f"median {lead['median_s']:.0f} s, 95 % within {lead['tail_s']:.0f} s"
    return (
        f"{lead['seconds']:.0f} s, learnt from {lead['samples']} starts ({spread}, configured {lead['prior_s']:.0f} s)"
    )


def _margin(margin: Mapping[str, Any]) -> str:
    if margin["attained"] is None:
        return f"{margin['ratio']:g}, as configured"
    share = f"{margin['attained']:.2%} of {margin['requests']:,.0f} requests met their objective"
    return f"{margin['ratio']:.3g}, regulated from {margin['configured']:g}: {share}"


def _capacity(capacity: Mapping[str, Any]) -> str:
    known = f"{capacity['per_replica']:.4g} {capacity['unit']} per replica"
    if capacity["source"] != "learnt":
        reason = f", {capacity['reason']}" if capacity["reason"] else ""
        return f"{known}, {capacity['source']}{reason}"
    return f"{known} (nominally {capacity['nominal']:g}), {capacity['reason']}; confidence {capacity['confidence']:.0%}"


def _hpa(hpa: Mapping[str, Any]) -> str:
    rest = {key: each for key, each in hpa["spec"].items() if key not in ("tolerance", "target")}
    whose = f"{hpa['name']}, as the cluster has it" if hpa["source"] == "cluster" else "as configured"
    bounds = f", {', '.join(rest)} given" if rest else ""
    return f"{whose}: {hpa['spec']['target']}, tolerance {hpa['spec']['tolerance']:g}{bounds}"


def _steps(steps: Sequence[Mapping[str, Any]]) -> Table:
    table = Table("step", "replicas", "reason", header_style="bold", title="Steps", title_justify="left")
    for step in steps:
        before, after = _number(step["before"]), _number(step["after"])
        changed = before != after
        shown = f"{before} -> {after}" if changed else after
        table.add_row(step["name"], shown, escape(step["reason"]), style=None if changed else "dim")
    return table


def _signals(signals: Mapping[str, Mapping[str, Any]]) -> Table:
    heads = ("signal", "state", "value", "unit", "age", "forecast")
    table = Table(*heads, header_style="bold", title="Signals", title_justify="left")
    for name, signal in signals.items():
        age = "-" if signal["age_s"] is None else f"{signal['age_s']:.1f} s"
        row = (name, signal["state"], _number(signal["value"]), signal["unit"], age, _number(signal["forecast"]))
        table.add_row(*row, style=None if signal["state"] == "fresh" else "yellow")
    return table


def _number(value: float | None) -> str:
    return "-" if value is None or math.isnan(value) else f"{value:.6g}"


def _problem(problem: Mapping[str, Any]) -> str:
    return f"{problem['signal'] or 'all signals'}: {problem['message']}"
