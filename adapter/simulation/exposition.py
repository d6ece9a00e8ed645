"""Metrics as values, and the text that a Prometheus would scrape.

What a simulated target shows is data first: the demo's embedded source reads the samples, tests and other
programs read the text. Nothing here knows which metrics there are.

Format: Prometheus text exposition format 0.0.4.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

Labels: TypeAlias = tuple[tuple[str, str], ...]
"""Label names and values, in the order in which they are written."""


class Kind(Enum):
    """Type of a metric family."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One line of an exposition."""

    name: str
    labels: Labels
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Samples of one metric."""

    name: str
    kind: Kind
    help: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposition:
    """What one target answers to one scrape."""

    target: Labels
    """Labels that Prometheus gives to the target (job, instance, namespace, pod, ...)."""
    is_up: bool
    """False while nothing answers at the address, as with a pod whose engine still starts."""
    families: tuple[Family, ...]
    honors_labels: bool = False
    """True where namespace and pod of the samples stay, as the usual charts scrape kube-state-metrics."""

    def text(self) -> str:
        """Return the body of the scrape.

        Example:
            >>> ready = family("ready", Kind.GAUGE, "Ready.", samples=[({"pod": "a"}, 1)])
            >>> print(Exposition(target=(), is_up=True, families=(ready,)).text(), end="")
            # HELP ready Ready.
            # TYPE ready gauge
            ready{pod="a"} 1.0
        """
        lines: list[str] = []
        for family in self.families:
            lines.append(f"# HELP {family.name} {family.help}")
            lines.append(f"# TYPE {family.name} {family.kind.value}")
            lines.extend(f"{s.name}{_braces(s.labels)} {_number(s.value)}" for s in family.samples)
        return "".join(f"{line}\n" for line in lines)


def family(name: str, kind: Kind, help_text: str, *, samples: Iterable[tuple[Mapping[str, str], float]]) -> Family:
    """Return a family of plain samples, one per label set."""
    made = tuple(Sample(name=name, labels=tuple(labels.items()), value=float(value)) for labels, value in samples)
    return Family(name=name, kind=kind, help=help_text, samples=made)


def _braces(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return {float("inf"): "+Inf", float("-inf"): "-Inf"}.get(value, "NaN" if value != value else repr(float(value)))
