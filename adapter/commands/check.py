"""`scaleahead check`: is this tuning document right, and if not, what is wrong with it."""

import json
import sys
from dataclasses import asdict

import click

from adapter.cluster.tuning_file import read_document
from adapter.cluster.tuning_keeper import decode_document
from adapter.core.errors import TuningError
from adapter.core.tuning import Tuning, parse_tuning
from adapter.prometheus.preset import preset_names

_REJECTED = 2


@click.command("check")
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def command(*, file: str, as_json: bool) -> None:
    """Check a tuning document and list every problem.

    FILE is the document, or - for standard input. Exit code 0: it would take effect. Exit code 2: it would be rejected.
    """
    name = "<stdin>" if file == "-" else file
    try:
        content = sys.stdin.buffer.read() if file == "-" else read_document(file)
        tuning = parse_tuning(decode_document(content, file=name), file=name, presets=preset_names())
    except TuningError as error:
        click.echo(_problems_json(error) if as_json else str(error), err=not as_json)
        sys.exit(_REJECTED)
    if as_json:
        click.echo(_tuning_json(tuning))
        return
    for warning in tuning.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo(f"{name}: {_summary(tuning)}")


def _problems_json(error: TuningError) -> str:
    return json.dumps({"valid": False, "problems": [asdict(problem) for problem in error.problems]}, indent=2)


def _tuning_json(tuning: Tuning) -> str:
    found = {
        "valid": True,
        "digest": tuning.digest,
        "workloads": [str(tuned.workload.id) for tuned in tuning.workloads],
        "presets": _presets(tuning),
        "warnings": [asdict(warning) for warning in tuning.warnings],
    }
    return json.dumps(found, indent=2)


def _summary(tuning: Tuning) -> str:
    count = len(tuning.workloads)
    presets = f" (preset {', '.join(_presets(tuning))})" if count else ""
    return f"valid, {count} {'workload' if count == 1 else 'workloads'}{presets}, digest {tuning.digest}"


def _presets(tuning: Tuning) -> list[str]:
    return sorted({tuned.workload.preset for tuned in tuning.workloads})
