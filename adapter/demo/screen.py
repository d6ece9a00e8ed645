"""What the demo shows: a live table on a terminal, plain lines elsewhere, and the summary at the end."""

import math
from collections.abc import Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from adapter.core.decision import Decision, StepName
from adapter.demo.comparison import Reactive, Total
from adapter.demo.replay import Frame, Line
from adapter.demo.scenario import Service
from adapter.simulation.score import Score

_COLUMNS = ("workload", "demand", "P50", "P95", "planned", "ready", "emitted", "HPA / KEDA")
_WORDS = {"workload", "HPA / KEDA"}
_OBJECTIVE = (
    "SLO: first token within 2 s, 100 ms between tokens. A service that sleeps misses it for what arrives before its "
    "first replica serves, whoever scales it."
)
_CAPTION = "Demand and its forecast peak within the lead time: full replicas' worth of work."
_QUIET = {StepName.SHAPE, StepName.ADVISE, StepName.OBSERVE}


def live_table(frame: Frame) -> Group:
    """Return the state of all services after a tick: a table that fits 80 columns, and a reason for each below."""
    done = frame.at_s / frame.end_s
    title = f"{frame.at_s / 60:5.1f} of {frame.end_s / 60:.0f} min  {'█' * round(30 * done):░<30} {done:4.0%}"
    table = Table(title=title, title_justify="left", caption=_CAPTION, caption_justify="left")
    for name in _COLUMNS:
        table.add_column(name, justify="left" if name in _WORDS else "right", no_wrap=True)
    reasons = Text()
    for line in frame.lines:
        table.add_row(*cells(line))
        reasons.append(f"{line.service.service.name}: ", style="bold").append(f"{why(line) or 'nothing changes'}\n")
    return Group(table, reasons)


def plain_line(frame: Frame) -> str:
    """Return one line for where there is no terminal."""
    parts = []
    for line in frame.lines:
        workload, demand, _, p95, planned, ready, _, change = cells(line)
        numbers = f"demand {demand} (P95 {p95}) planned {planned} ready {ready}"
        parts.append(f"{workload}: {numbers} [{change}] {why(line)}")
    return f"{frame.at_s / 60:5.1f} min  " + "  |  ".join(parts)


def cells(line: Line) -> tuple[str, ...]:
    """Return the columns of one service."""
    decision = line.decision
    demand = decision.demand
    return (
        line.service.service.name,
        _number(demand.arriving if demand else math.nan),
        _number(peak(decision, 0.5)),
        _number(peak(decision, 0.95)),
        "-" if decision.planned is None else str(decision.planned),
        f"{line.service.scale.ready_replicas}/{line.service.scale.replicas}",
        "error" if line.move.value is None else f"{line.move.value:g}",
        line.move.change,
    )


def why(line: Line) -> str:
    """Return why the plan is what it is, and what HPA or KEDA said to it."""
    return "; ".join(part for part in dict.fromkeys((line.move.note, reason(line.decision))) if part)


def peak(decision: Decision, quantile: float) -> float:
    """Return a forecast quantile of the peak within the lead time; NaN without a forecast."""
    forecast = decision.forecast
    if forecast is None or quantile not in forecast.quantiles:
        return math.nan
    column = next((i for i, s in enumerate(forecast.horizons_s) if s >= decision.lead_time_s), -1)
    return forecast.peak[forecast.quantiles.index(quantile)][column]


def reason(decision: Decision) -> str:
    """Return the last step that changed the number, in its own words."""
    if decision.hold_reason:
        return decision.hold_reason
    changed = [s for s in decision.steps if s.before != s.after and s.after is not None and s.name not in _QUIET]
    return changed[-1].reason if changed else ""


def summary_table(
    services: Sequence[Service], ours: Sequence[Score], reactive: Sequence[Reactive], *, totals: tuple[Total, Total]
) -> Table:
    """Return the comparison with plain reactive scaling."""
    title = "scaleahead against plain reactive scaling on the same traces"
    table = Table(title=title, title_justify="left", caption=_OBJECTIVE, caption_justify="left")
    for name in ("workload", "policy", "SLO met", "GPU-hours", "failed", "wake-ups", "flaps"):
        table.add_column(name, justify="left" if name in {"workload", "policy"} else "right")
    for service, mine, other in zip(services, ours, reactive, strict=True):
        table.add_row(service.name, "scaleahead", *_figures(mine))
        kind = "KEDA" if service.may_sleep else "HPA"
        table.add_row("", f"{kind}, {other.target:.3g} per replica", *_figures(other.score))
        table.add_section()
    for policy, figures in zip(("scaleahead", "reactive, best of 5"), totals, strict=True):
        shares = (f"{figures.slo_attainment:.2%}", f"{figures.gpu_hours:.2f}", str(figures.failed_requests))
        table.add_row(
            "all" if policy == "scaleahead" else "", Text(policy, style="bold"), *shares, "", str(figures.scale_flaps)
        )
    return table


def _figures(score: Score) -> tuple[str, ...]:
    return (
        f"{score.attainment:.2%}",
        f"{score.gpu_hours:.2f}",
        str(score.failed),
        str(score.wakeups),
        str(score.flaps),
    )


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f}"
