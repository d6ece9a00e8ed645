"""`scaleahead doctor`: what is read for a configuration, how well it is known, and what to do about the rest."""

import json
import math
import sys
import time
from collections.abc import Sequence

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from adapter.cluster.tuning_file import read_document
from adapter.cluster.tuning_keeper import decode_document
from adapter.commands.recorded import prometheus_at
from adapter.core.errors import ScaleaheadError, TuningError
from adapter.core.signal import UNITS, SignalProblem
from adapter.core.tuning import PrometheusTuning, TunedWorkload, parse_tuning
from adapter.discovery.diagnosis import Finding, Weight, diagnose
from adapter.prometheus.client import PrometheusClient
from adapter.prometheus.preset import preset_names

_FAILED = 2
_ILL = 1
_PLAIN_WIDTH = 200  # without a terminal, as in a pipe


@click.command("doctor")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--prometheus", "url", metavar="URL", help="Ask the Prometheus there instead of the document's.")
@click.option("--workload", "only", multiple=True, metavar="NAMESPACE/NAME", help="Only this; may be repeated.")
@click.option("--all", "everything", is_flag=True, help="Show what is well, too.")
@click.option("--json", "json_wanted", is_flag=True, help="Print one JSON object instead.")
def command(*, file: str, url: str | None, only: tuple[str, ...], everything: bool, json_wanted: bool) -> None:
    """Tell of each signal of a configuration what is read, how well it is known, and what to do.

    FILE is the tuning document. Exit code 0: every signal that a decision needs is there. Exit code 1: some are not.
    Exit code 2: the document or Prometheus cannot be read.
    """
    try:
        tuning = parse_tuning(decode_document(read_document(file), file=file), file=file, presets=preset_names())
        chosen = _chosen(tuning.workloads, only)
        findings, problems = _diagnosed(chosen, prometheus_at(url) or tuning.prometheus)
    except (ValueError, TuningError, ScaleaheadError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(_FAILED)
    if json_wanted:
        click.echo(json.dumps(_as_json(findings, problems), indent=2))
    else:
        _tell(findings, problems, everything=everything)
    sys.exit(_ILL if any(_hurts(finding) for finding in findings) else 0)


def _chosen(workloads: Sequence[TunedWorkload], only: Sequence[str]) -> list[TunedWorkload]:
    known = {str(each.workload.id): each for each in workloads}
    unknown = [name for name in only if name not in known]
    if unknown:
        raise ValueError(
            f"--workload {unknown[0]}: no workload of the document, which has {', '.join(known) or 'none'}"
        )
    return [each for name, each in known.items() if not only or name in only]


def _diagnosed(
    workloads: Sequence[TunedWorkload], tuning: PrometheusTuning
) -> tuple[tuple[Finding, ...], tuple[SignalProblem, ...]]:
    client = PrometheusClient(tuning)
    try:
        return diagnose(client.query, workloads, tuning, at=time.time())
    finally:
        client.close()


def _hurts(finding: Finding) -> bool:
    return finding.weight is Weight.NEEDED and bool(finding.problem)


def _as_json(findings: Sequence[Finding], problems: Sequence[SignalProblem]) -> dict[str, object]:
    return {
        "findings": [_finding_json(each) for each in findings],
        "problems": [{"signal": each.signal, "query": each.query, "message": each.message} for each in problems],
    }


def _finding_json(finding: Finding) -> dict[str, object]:
    return {
        "workload": str(finding.workload),
        "signal": str(finding.signal),
        "preset": finding.preset,
        "query": finding.query,
        "series": finding.series,
        "state": finding.reading.state.name.lower(),
        "value": _number(finding.reading.value),
        "unit": UNITS[finding.signal],
        "ageSeconds": _number(finding.reading.age_s),
        "weight": str(finding.weight),
        "problem": finding.problem,
        "fix": finding.fix,
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _tell(findings: Sequence[Finding], problems: Sequence[SignalProblem], *, everything: bool) -> None:
    console = Console() if sys.stdout.isatty() else Console(width=_PLAIN_WIDTH)
    shown = [each for each in findings if everything or each.problem]
    well = len(findings) - len([each for each in findings if each.problem])
    console.print(_table(shown))
    console.print(f"{well} of {len(findings)} signals are well; queries are in --json")
    for problem in problems:
        console.print(f"{problem.signal}: {escape(problem.message)}", soft_wrap=True, highlight=False)


def _table(shown: Sequence[Finding]) -> Table:
    table = Table(title="Signals")
    for name in ("workload", "signal", "preset", "series", "state", "value", "age", "", "problem", "fix"):
        table.add_column(name)
    for each in shown:
        reading = each.reading
        table.add_row(
            str(each.workload),
            str(each.signal),
            each.preset,
            str(each.series),
            reading.state.name.lower(),
            "" if math.isnan(reading.value) else f"{reading.value:.4g} {UNITS[each.signal]}",
            "" if math.isnan(reading.age_s) else f"{reading.age_s:.0f} s",
            str(each.weight),
            escape(each.problem),
            escape(each.fix),
        )
    return table
