"""What a metrics page shows of the demand at zero replicas; pure.

A page carries what its process knows, without the labels that a scrape adds: a series without a namespace counts for
each workload, of those that are read from this page, whose other labels match.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from adapter.core.signal import Signal
from adapter.core.workload import Workload, WorkloadId
from adapter.prometheus.matching import Labels, Member, Owners
from adapter.prometheus.plan import presets_of
from adapter.prometheus.preset import Preset


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a page shows."""

    waiting: Mapping[WorkloadId, float]
    """Requests that wait, > 0; a workload that is not there shows none."""
    strange: str = ""
    """What is wrong with the page; empty if nothing is."""


def waiting_on(text: str, workloads: Sequence[Workload]) -> Seen:
    """Return what a page shows of the demand of some workloads.

    Args:
        text: in Prometheus' exposition format.
        workloads: those that are read from this page.

    Raises:
        ValueError: the lines that matter are not in that format.
    """
    members = _members(workloads)
    presets = {name: preset for name, (preset, _) in members.items()}
    known = tuple(name for each in presets.values() for name in (*each.anchor.metrics, *_exposed(each)))
    if not known:
        return Seen(waiting={}, strange="no preset of these workloads says what to look for on such a page")
    found = _series(text, known)
    if not found:
        shown = ", ".join(dict.fromkeys(known))
        return Seen(waiting={}, strange=f"the page has none of {shown}; perhaps flow control is off there")
    waiting: dict[WorkloadId, float] = {}
    for preset in presets.values():
        for row, value in _shown(preset, members[preset.name][1], found):
            waiting[workloads[row].id] = waiting.get(workloads[row].id, 0.0) + value
    return Seen(waiting=waiting)


def _members(workloads: Sequence[Workload]) -> dict[str, tuple[Preset, dict[int, Member]]]:
    """Return who is served by each preset that such a page can show, by row."""
    found: dict[str, tuple[Preset, dict[int, Member]]] = {}
    for row, workload in enumerate(workloads):
        for preset, member in presets_of(workload):
            if _exposed(preset):
                found.setdefault(preset.name, (preset, {}))[1][row] = member
    return found


def _exposed(preset: Preset) -> tuple[str, ...]:
    query = preset.signals.get(Signal.DEMAND_AT_ZERO)
    return () if query is None or not query.exists_at_zero else query.exposed


def _series(text: str, names: Sequence[str]) -> dict[str, list[tuple[Labels, float]]]:
    """Return the series of some metrics; other lines are not parsed, as pages are long and looks are many."""
    heads = tuple(f"{name}{end}" for name in names for end in ("{", " ", "\t"))
    lines = "\n".join(line for line in text.splitlines() if line.startswith(heads))
    found: dict[str, list[tuple[Labels, float]]] = {}
    for family in text_string_to_metric_families(f"{lines}\n"):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, float(sample.value)))
    return found


def _shown(
    preset: Preset, members: Mapping[int, Member], found: Mapping[str, list[tuple[Labels, float]]]
) -> Iterator[tuple[int, float]]:
    """Yield what the first metric that is there shows, by the row of its workload."""
    series = next((found[name] for name in _exposed(preset) if name in found), [])
    owners = Owners(preset, members)
    namespaces = sorted({each.workload.id.namespace for each in members.values()})
    for labels, value in series:
        if 0 < value < float("inf"):
            for row in {row for each in _placed(labels, preset, namespaces) for row in owners.rows(each)}:
                yield row, value


def _placed(labels: Labels, preset: Preset, namespaces: Sequence[str]) -> Iterator[Labels]:
    """Yield the labels with those that the preset adopts, and with every namespace that they can be in."""
    adopted = {label: labels[source] for label, source in preset.anchor.adopt.items() if source in labels}
    placed = {**labels, **adopted}
    if "namespace" in placed:
        yield placed
        return
    for each in namespaces:
        yield {**placed, "namespace": each}
