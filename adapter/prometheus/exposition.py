"""What a metrics page shows of the demand at zero replicas; pure.

A page carries what its process knows, without the labels that a scrape adds: a series without a namespace counts for
each workload, of those that are read from this page, whose other labels match.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from adapter.core.signal import Signal
from adapter.core.workload import Workload, WorkloadId
from adapter.prometheus.matching import Labels, Owners
from adapter.prometheus.preset import Preset, load_composed


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
    presets = {each.name: each for one in workloads for each in load_composed(one.preset) if _exposed(each)}
    known = tuple(name for each in presets.values() for name in (*each.anchor.metrics, *_exposed(each)))
    if not known:
        return Seen(waiting={}, strange="no preset of these workloads says what to look for on such a page")
    found = _series(text, known)
    if not found:
        shown = ", ".join(dict.fromkeys(known))
        return Seen(waiting={}, strange=f"the page has none of {shown}; perhaps flow control is off there")
    waiting: dict[WorkloadId, float] = {}
    for preset in presets.values():
        _add(waiting, preset, found=found, workloads=workloads)
    return Seen(waiting=waiting)


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


def _add(
    waiting: dict[WorkloadId, float],
    preset: Preset,
    *,
    found: Mapping[str, list[tuple[Labels, float]]],
    workloads: Sequence[Workload],
) -> None:
    shown = next((found[name] for name in _exposed(preset) if name in found), [])
    served = {row: each for row, each in enumerate(workloads) if preset in load_composed(each.preset)}
    owners = Owners(preset, served)
    namespaces = sorted({each.id.namespace for each in served.values()})
    for labels, value in shown:
        if 0 < value < float("inf"):
            for row in {row for each in _placed(labels, namespaces) for row in owners.rows(each)}:
                waiting[workloads[row].id] = waiting.get(workloads[row].id, 0.0) + value


def _placed(labels: Labels, namespaces: Sequence[str]) -> Iterator[Labels]:
    """Yield the labels with every namespace that they can be in."""
    if "namespace" in labels:
        yield labels
        return
    for each in namespaces:
        yield {**labels, "namespace": each}
