"""The tables of the study, from its lines: each scenario, and what they come to."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapter.simulation.contest import ATTAINMENT, CLAIRVOYANT, OURS
from adapter.simulation.frontier import hours_at
from tests.benchmarks.study_lines import Line

REACTIVE: Final = ("concurrency", "queue", "kv-usage", "knative")
_LOWEST: Final = {False: 0.96, True: 0.95}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One scenario: ours, and what others come to at our attainment; NaN where nobody gets there or was played."""

    key: str
    intermittent: bool
    attainment: float
    gpu_hours: float
    flaps: int
    over_clairvoyant: float
    best: str
    """The cheapest comparison policy at our attainment; empty for none."""
    over_best: float
    over_reactive: float
    """Over the cheapest reactive one at our attainment."""
    rival_flaps: float
    """Changes undone within ten minutes by scaling on concurrency, at the setting nearest to our attainment."""


def rows_of(lines: Iterable[Line], *, engine: str = "fluid") -> list[Row]:
    """Return a row for each scenario that ours has been played on."""
    scenarios: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if line.engine == engine:
            scenarios[line.key].append(line)
    return [_row(key, found) for key, found in scenarios.items() if any(line.policy == OURS for line in found)]


def _row(key: str, lines: Sequence[Line]) -> Row:
    by_policy: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_policy[line.policy].append(line)
    mine, foreseen = by_policy.pop(OURS)[0], by_policy.pop(CLAIRVOYANT, [])
    hours = {name: _hours(found, mine.attainment) for name, found in by_policy.items()}
    reached = {name: each for name, each in hours.items() if not math.isnan(each)}
    best = min(reached, key=lambda name: reached[name], default="")
    return Row(
        key=key,
        intermittent=mine.intermittent,
        attainment=mine.attainment,
        gpu_hours=mine.gpu_hours,
        flaps=mine.flaps,
        over_clairvoyant=mine.gpu_hours / foreseen[0].gpu_hours if foreseen else math.nan,
        best=best,
        over_best=mine.gpu_hours / reached[best] if best else math.nan,
        over_reactive=mine.gpu_hours / min((reached[name] for name in REACTIVE if name in reached), default=math.nan),
        rival_flaps=_rival_flaps(by_policy, mine.attainment),
    )


def _hours(lines: Sequence[Line], level: float) -> float:
    return hours_at(((line.attainment, line.gpu_hours) for line in lines), level)


def _rival_flaps(by_policy: Mapping[str, Sequence[Line]], level: float) -> float:
    rival = by_policy.get("concurrency", [])
    return min(rival, key=lambda line: abs(line.attainment - level)).flaps if rival else math.nan


def table(rows: Sequence[Row]) -> str:
    """Return the rows in Markdown."""
    head = (
        "| scenario | kind | SLO met | GPU-hours | x clairvoyant | best other at our attainment | x best | x reactive "
        "| flaps | KEDA's |"
    )
    return "\n".join((head, "| --- " * 10 + "|", *(_shown(row) for row in sorted(rows, key=_order))))


def _order(row: Row) -> tuple[bool, str]:
    return row.intermittent, row.key


def _shown(row: Row) -> str:
    kind = "intermittent" if row.intermittent else "steady"
    numbers = f"{row.attainment:.2%} | {row.gpu_hours:.1f} | {_ratio(row.over_clairvoyant)} | {row.best or '-'}"
    others = f"{_ratio(row.over_best)} | {_ratio(row.over_reactive)} | {row.flaps} | {_ratio(row.rival_flaps, '.0f')}"
    return f"| {row.key} | {kind} | {numbers} | {others} |"


def _ratio(value: float, shape: str = ".2f") -> str:
    return "-" if math.isnan(value) else f"{value:{shape}}"


def summary(rows: Sequence[Row]) -> str:
    """Return what the rows come to, kind by kind and over both."""
    parts = [_kind(rows, intermittent=kind) for kind in (False, True)]
    played = [row for row in rows if not math.isnan(row.over_best)]
    known = [row for row in rows if not math.isnan(row.rival_flaps)]
    parts.append(
        f"both: {_mean([row.over_best for row in rows])} x the best other at our attainment, where one gets there "
        f"({len(played)} of {len(rows)}); at most {_ratio(_highest([row.over_reactive for row in rows]))} x the best "
        f"reactive one; flaps {sum(row.flaps for row in known)} against {sum(row.rival_flaps for row in known):.0f}"
    )
    return "\n".join(part for part in parts if part)


def _kind(rows: Sequence[Row], *, intermittent: bool) -> str:
    chosen = [row for row in rows if row.intermittent == intermittent]
    if not chosen:
        return ""
    good = sum(row.attainment >= ATTAINMENT for row in chosen)
    lowest = min(row.attainment for row in chosen)
    poor = sum(row.attainment < _LOWEST[intermittent] for row in chosen)
    return (
        f"{'intermittent' if intermittent else 'steady'}: {len(chosen)} scenarios, "
        f"{_mean([row.over_clairvoyant for row in chosen])} x clairvoyant, {good} attain {ATTAINMENT:.0%}, "
        f"{poor} are below {_LOWEST[intermittent]:.0%}, the lowest {lowest:.2%}; "
        f"{_mean([row.over_best for row in chosen])} x the best other at our attainment"
    )


def _mean(values: Iterable[float]) -> str:
    """Return the geometric mean of what is known."""
    known = [each for each in values if not math.isnan(each)]
    return f"{math.exp(math.fsum(map(math.log, known)) / len(known)):.3f}" if known else "-"


def _highest(values: Iterable[float]) -> float:
    return max((each for each in values if not math.isnan(each)), default=math.nan)
