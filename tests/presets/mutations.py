"""What goes wrong with metrics: names change, labels are dropped, processes restart, targets go, values are no numbers.

Each mutation is a world of its own in one Prometheus, told apart by a label that every query is restricted to.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tests.openmetrics import Track
from tests.stored import GROWTH_S, Stored

WORLD = "world"
RESTART_S = 300.0
"""How long before the end processes restart."""
GONE_S = 400.0
"""How long before the end targets go; longer than a sample is taken for current."""

Past = Callable[[Stored, float], float | None]
"""The value of a series so many seconds before the end."""


def _growing(series: Stored, before_s: float) -> float | None:
    return series.value * (1 - before_s / GROWTH_S) if series.counts else series.value


def _restarted(series: Stored, before_s: float) -> float | None:
    if not series.counts or before_s > RESTART_S:
        return _growing(series, before_s)
    return series.value * (RESTART_S - before_s) / GROWTH_S


def _gone(series: Stored, before_s: float) -> float | None:
    return None if before_s < GONE_S else _growing(series, before_s)


def _no_number(series: Stored, before_s: float) -> float | None:
    return math.nan if not series.counts and series.name != "up" else _growing(series, before_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """One thing that goes wrong, everywhere."""

    suffix: str = ""
    """Appended to every name but `up`."""
    without: tuple[str, ...] = ()
    """Labels that are dropped."""
    past: Past = _growing


MUTATIONS: dict[str, Mutation] = {
    "renamed": Mutation(suffix="_v2"),
    "without namespace": Mutation(without=("namespace", "exported_namespace")),
    "without pod": Mutation(without=("pod", "exported_pod")),
    "without model": Mutation(without=("model_name", "target_model_name", "gen_ai_request_model", "model")),
    "restarted": Mutation(past=_restarted),
    "gone": Mutation(past=_gone),
    "no numbers": Mutation(past=_no_number),
}


def worlds(series: Sequence[Stored], *, past_s: float) -> Iterator[Track]:
    """Yield the past of all series in every world."""
    for name, mutation in MUTATIONS.items():
        for each in _distinct(_mutated(series, name, mutation)):
            yield _track(each, mutation.past, past_s)


def _track(series: Stored, past: Past, past_s: float) -> Track:
    return Track(name=series.name, labels=series.labels, value=lambda since: past(series, past_s - since))


def _mutated(series: Sequence[Stored], name: str, mutation: Mutation) -> Iterator[Stored]:
    for each in series:
        kept = {label: value for label, value in each.labels.items() if label not in mutation.without}
        renamed = each.name if each.name == "up" else f"{each.name}{mutation.suffix}"
        yield replace(each, name=renamed, labels={**kept, WORLD: name})


def _distinct(series: Iterable[Stored]) -> Iterator[Stored]:
    """Yield the first of series that have become alike, as Prometheus takes the first sample of a scrape."""
    seen = set()
    for each in series:
        key = (each.name, tuple(sorted(each.labels.items())))
        if key not in seen:
            seen.add(key)
            yield each
