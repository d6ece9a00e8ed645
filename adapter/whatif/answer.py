"""The answer of a study, the same for `simulate` and `whatif`: a table, a report, a line of JSON, and a gate for CI."""

import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from adapter.simulation.report import Report, render
from adapter.simulation.results import Contest, Totals, compared, summary, totals_of
from adapter.simulation.thresholds import Threshold, broken, parse_threshold

_Command = TypeVar("_Command", bound=Callable[..., Any])
BROKEN = 1
"""Exit code when a threshold is broken."""
PLAIN_WIDTH = 160
"""Columns without a terminal, as in a pipe."""


def _threshold(_context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> tuple[Threshold, ...]:
    try:
        return tuple(parse_threshold(text) for text in texts)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


_OPTIONS = (
    click.option("--gpu-hour-price", type=click.FloatRange(min=0), help="Price of a GPU-hour, to show costs."),
    click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a report with charts here."),
    click.option(
        "--fail-on",
        multiple=True,
        callback=_threshold,
        metavar="FIGURE<LIMIT",
        help="End with exit code 1 then, such as attainment<0.98 or gpu_hours>+5%; may be repeated.",
    ),
    click.option("--json", "as_json", is_flag=True, help="End with one line of JSON."),
)


def answer_options(command: _Command) -> _Command:
    """Add the flags of an answer to a click command; it is called with their values by name, for `Wanted.of`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How a study is to be answered."""

    gpu_hour_price: float | None
    html: Path | None
    fail_on: tuple[Threshold, ...]
    as_json: bool

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Wanted":
        """Return what a click command was called with."""
        return cls(**{name: given[name] for name in ("gpu_hour_price", "html", "fail_on", "as_json")})

    def console(self) -> Console:
        """Return where people read; standard output is left to JSON where that is wanted."""
        stream = sys.stderr if self.as_json else sys.stdout
        return Console(file=stream, width=None if stream.isatty() else PLAIN_WIDTH)


def give_answer(report: Report, wanted: Wanted, console: Console, *, more: Mapping[str, object] | None = None) -> None:
    """Print the table, write the report, print the JSON, and end the process where a threshold is broken.

    Args:
        report: what was found.
        wanted: how it is to be told.
        console: where people read.
        more: keys to add to the JSON.
    """
    console.print(comparison_table(report.contests, gpu_hour_price=wanted.gpu_hour_price))
    if wanted.html is not None:
        wanted.html.write_text(render(report), encoding="utf-8")
        console.print(f"wrote {wanted.html}", highlight=False)
    subject = report.contests[0].subject
    baseline = totals_of(report.contests, report.baseline) if report.baseline else None
    failures = broken(wanted.fail_on, totals_of(report.contests, subject), baseline=baseline)
    for failure in failures:
        console.print(f"[red]failed:[/] {escape(failure)}", highlight=False, soft_wrap=True)
    if wanted.as_json:
        made = {**summary(report.contests, gpu_hour_price=wanted.gpu_hour_price), **(more or {})}
        click.echo(json.dumps({**made, "failures": list(failures)}, allow_nan=False))
    if failures:
        sys.exit(BROKEN)


def comparison_table(contests: Sequence[Contest], *, gpu_hour_price: float | None) -> Table:
    """Return a row for each policy on each workload, and on all of them where there are several."""
    table = Table(title="the same load under other policies, each with its best setting", title_justify="left")
    table.add_column("workload", overflow="fold")
    table.add_column("policy", no_wrap=True)
    heads = ["in time", "TTFT", "ITL", "TTFT p50/p95/p99", "GPU-h", "GPU-h at our share", "failed", "flaps", "cold"]
    for head in [*heads, "wakes", *([] if gpu_hour_price is None else ["cost"])]:
        table.add_column(head, justify="right")
    groups = [(each.workload, (each,)) for each in contests]
    for name, group in groups if len(groups) == 1 else [*groups, ("all", tuple(contests))]:
        for index, policy in enumerate((contests[0].subject, *compared(contests))):
            at_ours = sum(each.hours_at_our_attainment(policy) for each in group)
            cells = _cells(totals_of(group, policy), at_ours=at_ours, price=gpu_hour_price)
            table.add_row("" if index else name, policy, *cells)
        table.add_section()
    return table


def _cells(totals: Totals, *, at_ours: float, price: float | None) -> list[str]:
    percentiles = (totals.ttft_p50_s, totals.ttft_p95_s, totals.ttft_p99_s)
    return [
        f"{totals.slo_attainment:.2%}",
        f"{totals.ttft_attainment:.2%}",
        f"{totals.itl_attainment:.2%}",
        "" if any(map(math.isnan, percentiles)) else " / ".join(f"{each:.2f}" for each in percentiles) + " s",
        f"{totals.gpu_hours:.2f}",
        f"{at_ours:.2f}",
        f"{totals.failed_requests:,}",
        str(totals.scale_flaps),
        f"{totals.cold_hits:,}",
        str(totals.wakeups),
        *([] if price is None else [f"{totals.gpu_hours * price:,.2f}"]),
    ]
