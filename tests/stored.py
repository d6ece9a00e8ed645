"""What a Prometheus stores of an exposition: labels as a scrape gives them, and a past in which counters have grown.

A file stands still, so the rates of a scraped one are all 0. Here every counter has grown evenly since `GROWTH_S`
before the end, from 0 to what the exposition shows: its rate is its value / `GROWTH_S`, which a hand can work out.
Gauges stand still. The test of the preset table holds the labels against those of a real scrape.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tests.expositions import Exposition
from tests.openmetrics import Track

GROWTH_S = 1000.0
"""Seconds in which counters grow from 0 to what the exposition shows."""

_GROWING = re.compile(
    r"kafka_topic_partition_current_offset|kminion_\w+_high_water_mark_sum|burrow_\w+_partition_offset"
)
"""Gauges that only grow."""

_SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_TYPE = re.compile(r"# TYPE (\S+) (\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One series at the end of the past."""

    name: str
    labels: Mapping[str, str]
    value: float
    counts: bool = False
    """Whether it is a counter, or a part of a histogram."""


def stored(exposition: Exposition, *, address: str, honor_labels: bool) -> list[Stored]:
    """Return the series of a scraped exposition, `up` included.

    Args:
        exposition: text and target labels.
        address: becomes the label `instance`.
        honor_labels: whether the exposition's own labels win; otherwise they become `exported_...`.
    """
    target = {"job": exposition.job, "instance": address, **exposition.labels}
    counters = _counters(exposition.text)
    series = [
        Stored(
            name=name,
            labels=_scraped(dict(_LABEL.findall(labels or "")), target, honor_labels=honor_labels),
            value=float(value),
            counts=name in counters or _GROWING.fullmatch(name) is not None,
        )
        for name, labels, value in _SAMPLE.findall(_without_comments(exposition.text))
    ]
    return [Stored(name="up", labels=target, value=1.0), *series]


def _counters(text: str) -> frozenset[str]:
    names = set()
    for family, kind in _TYPE.findall(text):
        names |= {family} if kind == "counter" else set()
        names |= {f"{family}_{part}" for part in ("bucket", "sum", "count")} if kind == "histogram" else set()
    return frozenset(names)


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


def _scraped(own: Mapping[str, str], target: Mapping[str, str], *, honor_labels: bool) -> dict[str, str]:
    present = {label: value for label, value in own.items() if value}  # an empty label is none
    if honor_labels:
        return {**target, **present}
    renamed = {f"exported_{label}" if label in target else label: value for label, value in present.items()}
    return {**renamed, **target}


def tracks(series: list[Stored], *, past_s: float) -> Iterator[Track]:
    """Yield the past of each series, which ends after `past_s` seconds."""
    for each in series:
        yield Track(name=each.name, labels=each.labels, value=_past(each, past_s))


def _past(series: Stored, past_s: float) -> Callable[[float], float | None]:
    def value(since: float) -> float | None:
        return series.value * (1 - (past_s - since) / GROWTH_S) if series.counts else series.value

    return value
