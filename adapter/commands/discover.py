"""`scaleahead discover`: which serving systems a Prometheus shows, and a configuration that is ready to use."""

import json
import sys
import time
from collections.abc import Sequence

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from adapter.commands.recorded import prometheus_at
from adapter.core.errors import ScaleaheadError
from adapter.core.tuning import PrometheusTuning
from adapter.discovery.document import as_document, as_entry
from adapter.discovery.evidence import Evidence, gather
from adapter.discovery.proposals import Proposal, propose, unpaired
from adapter.prometheus.client import PrometheusClient

_FAILED = 2
_NOTHING = 1
_PLAIN_WIDTH = 160  # without a terminal, as in a pipe


@click.command("discover")
@click.option("--prometheus", "url", required=True, metavar="URL", help="Base URL of the Prometheus HTTP API.")
@click.option("--namespace", "namespaces", multiple=True, help="Only workloads of this namespace; may be repeated.")
@click.option("--json", "json_wanted", is_flag=True, help="Print one JSON object instead.")
def command(*, url: str, namespaces: tuple[str, ...], json_wanted: bool) -> None:
    """Find serving systems in a Prometheus and propose a configuration for them.

    The configuration goes to standard output, in mode `advise`; what was found and what is missing, to standard error.
    Exit code 0: workloads were found. Exit code 1: none. Exit code 2: Prometheus does not answer.
    """
    try:
        tuning = prometheus_at(url)
        assert tuning is not None  # the option is required
        evidence = _gathered(tuning)
    except (ValueError, ScaleaheadError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(_FAILED)
    found = [each for each in propose(evidence) if not namespaces or each.namespace in namespaces]
    if json_wanted:
        click.echo(json.dumps(_as_json(found, unpaired(evidence)), indent=2))
    else:
        _tell(found, unpaired(evidence))
        click.echo(as_document(found, url=url) if found else "", nl=False)
    sys.exit(0 if found else _NOTHING)


def _gathered(tuning: PrometheusTuning) -> Evidence:
    client = PrometheusClient(tuning)
    try:
        return gather(client.query, tuning, at=time.time())
    finally:
        client.close()


def _as_json(found: Sequence[Proposal], rest: Sequence[str]) -> dict[str, object]:
    return {"workloads": [_workload_json(each) for each in found], "unpaired": list(rest)}


def _workload_json(proposal: Proposal) -> dict[str, object]:
    demand = proposal.demand
    return {
        "entry": as_entry(proposal),
        "preset": proposal.preset,
        "confidence": str(proposal.confidence),
        "replicas": proposal.replicas,
        "demandAtZero": None if demand is None else {"preset": demand.preset, "kind": demand.kind},
        "missing": list(proposal.missing),
    }


def _tell(found: Sequence[Proposal], rest: Sequence[str]) -> None:
    console = Console(stderr=True) if sys.stderr.isatty() else Console(stderr=True, width=_PLAIN_WIDTH)
    if not found:
        console.print("no serving system that there is a preset for reports to this Prometheus; see docs/support.md")
    else:
        console.print(_table(found))
    for proposal in found:
        for missing in proposal.missing:
            console.print(f"{proposal.namespace}/{proposal.name}: {escape(missing)}", soft_wrap=True, highlight=False)
    for line in rest:
        console.print(escape(line), soft_wrap=True, highlight=False)


def _table(found: Sequence[Proposal]) -> Table:
    table = Table(title="Workloads")
    for name in ("workload", "preset", "scale target", "replicas", "match", "demand at zero", "confidence", "missing"):
        table.add_column(name)
    for each in found:
        table.add_row(
            f"{each.namespace}/{each.name}",
            " + ".join((each.preset, *each.sources)),
            "" if each.target is None else f"{each.target.kind} {each.target.name}",
            "" if each.replicas is None else str(each.replicas),
            ", ".join(f"{label}={value}" for label, value in each.match.items()),
            "" if each.demand is None else f"{each.demand.preset} ({each.demand.kind.replace('_', ' ')})",
            str(each.confidence),
            str(len(each.missing) or ""),
        )
    return table
