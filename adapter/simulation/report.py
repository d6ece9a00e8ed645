"""The report of a study for a browser: one HTML file with everything in it, for light and dark screens.

Reads contests and what is known of their ground; must not run anything, and knows no clock.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Final

import numpy as np

from adapter.charts import Curve, axis, bar_chart, hour_axis, line_chart, point_chart
from adapter.simulation.contest import CLAIRVOYANT, Outcome
from adapter.simulation.past_period import Measure
from adapter.simulation.report_style import STYLE
from adapter.simulation.report_tables import GLOSSARY, error_table, legend, percent, policy_styles, policy_table
from adapter.simulation.results import Contest, Totals, days_of, totals_of

_MOST_SECTIONS: Final = 40
"""Workloads that get charts of their own; the table of all has the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What one workload's simulation stands on."""

    notes: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()
    """The recorded period against its own simulation."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Report:
    """A study, ready to be shown."""

    title: str
    lines: tuple[str, ...]
    """What was studied, a sentence each."""
    contests: tuple[Contest, ...]
    """At least one."""
    grounds: tuple[Ground, ...]
    """One a contest."""
    baseline: str | None = None
    """The policy that changes are relative to; None without one."""
    epoch: float | None = None
    """Time of second 0, seconds since epoch; None where second 0 has no date."""
    gpu_hour_price: float | None = None


def render(report: Report) -> str:
    """Return the page."""
    intro = "".join(f"<p>{escape(line)}</p>" for line in report.lines)
    sections = [_workload(report, index) for index in range(min(len(report.contests), _MOST_SECTIONS))]
    left_out = len(report.contests) - len(sections)
    more = f"<p>{left_out} more workloads are in the table only.</p>" if left_out > 0 else ""
    several = len(report.contests) > 1
    everything = (
        f"<h2>All workloads</h2>{policy_table(report.contests, price=report.gpu_hour_price)}" if several else ""
    )
    body = f"<h1>{escape(report.title)}</h1>{intro}{_cards(report)}{everything}{''.join(sections)}{more}{GLOSSARY}"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(report.title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )


def _cards(report: Report) -> str:
    """Return what matters most of the result, next to the baseline."""
    subject, price = report.contests[0].subject, report.gpu_hour_price
    result = totals_of(report.contests, subject)
    before = totals_of(report.contests, report.baseline) if report.baseline else None
    cells = [
        ("served in time", percent(result.slo_attainment), _points(result, before)),
        ("GPU-hours", f"{result.gpu_hours:,.1f}", _relative(result.gpu_hours, before.gpu_hours if before else None)),
    ]
    if price is not None:
        cells.append(("cost", f"{result.gpu_hours * price:,.2f}", _was(before, lambda each: each.gpu_hours * price)))
    cells += [
        ("failed requests", f"{result.failed_requests:,}", _was(before, lambda each: each.failed_requests)),
        ("flaps", f"{result.scale_flaps:,}", _was(before, lambda each: each.scale_flaps)),
        ("cold hits", f"{result.cold_hits:,}", _was(before, lambda each: each.cold_hits)),
    ]
    cards = "".join(f"<div><b>{value}</b><span>{name}</span><i>{note}</i></div>" for name, value, note in cells)
    against = f", against {escape(report.baseline)}" if report.baseline else ""
    return f'<p class="subject">{escape(subject)}{against}</p><div class="cards">{cards}</div>'


def _points(result: Totals, before: Totals | None) -> str:
    if before is None or math.isnan(before.slo_attainment):
        return ""
    return f"{(result.slo_attainment - before.slo_attainment) * 100:+.2f} points"


def _relative(value: float, before: float | None) -> str:
    return f"{value / before - 1:+.1%}" if before else ""


def _was(before: Totals | None, of: Callable[[Totals], float]) -> str:
    if before is None:
        return ""
    value = of(before)
    return f"was {value:,.2f}" if isinstance(value, float) else f"was {value:,}"


def _workload(report: Report, index: int) -> str:
    contest, ground = report.contests[index], report.grounds[index]
    notes = "".join(f"<li>{escape(note)}</li>" for note in ground.notes)
    kind = "may sleep" if contest.intermittent else "always awake"
    return (
        f"<section><h2>{escape(contest.workload)}</h2><p>{contest.requests:,} requests, {kind}</p>"
        f"{policy_table([contest], price=report.gpu_hour_price)}"
        f"<h3>Served in time against GPU-hours</h3>{legend(contest)}{_frontier(contest)}"
        f"{_courses(report, contest)}{_days(report, contest)}"
        f"{f'<h3>What this stands on</h3><ul>{notes}</ul>' if notes else ''}{error_table(ground.measures)}</section>"
    )


def _frontier(contest: Contest) -> str:
    curves = [_settings(contest, name, style) for name, style in policy_styles(contest).items()]
    hours, shares = (np.concatenate([getattr(each, side) for each in curves]) for side in ("x", "y"))
    return point_chart(
        curves,
        across=axis(hours, zero=True, show=lambda value: f"{value:g} h"),
        up=axis(shares, zero=False, show=percent),
        title="share of requests served in time, over GPU-hours, one point a setting",
    )


def _settings(contest: Contest, policy: str, style: str) -> Curve:
    chosen = [each for each in contest.outcomes[policy] if math.isfinite(each.score.attainment)]
    return Curve(
        name=policy,
        style=style,
        x=np.array([each.score.gpu_hours for each in chosen]),
        y=np.array([each.score.attainment for each in chosen]),
        labels=tuple(_label(policy, each) for each in chosen),
    )


def _label(policy: str, outcome: Outcome) -> str:
    knob = "" if math.isnan(outcome.knob) else f" at {outcome.knob:.3g}"
    return f"{policy}{knob}: {percent(outcome.score.attainment)} in time, {outcome.score.gpu_hours:.2f} GPU-hours"


def _featured(report: Report, contest: Contest) -> list[str]:
    """Return the policies that are drawn over time."""
    return [each for each in (contest.subject, report.baseline, CLAIRVOYANT) if each and each in contest.outcomes]


def _courses(report: Report, contest: Contest) -> str:
    """Return replicas asked for over time, of the result, the baseline and clairvoyant, and requests in flight."""
    trails = {name: contest.best(name).trail for name in _featured(report, contest)}
    known = {name: trail for name, trail in trails.items() if trail is not None and len(trail.at_s)}
    if contest.subject not in known:
        return ""
    styles = policy_styles(contest)
    end_s = max(float(trail.at_s[-1]) for trail in known.values())
    across = hour_axis(end_s / 3600, show=lambda hour: _moment(report, hour))
    parts = []
    for title, field, names in (
        ("Replicas asked for", "spec", list(known)),
        ("Requests in flight", "in_flight", [contest.subject]),
    ):
        curves = [
            Curve(name=name, style=styles[name], x=known[name].at_s / 3600, y=getattr(known[name], field))
            for name in names
        ]
        up = axis(np.concatenate([each.y for each in curves]), zero=True, show=lambda value: f"{value:g}")
        parts.append(f"<h3>{title}</h3>{legend(contest, names)}")
        parts.append(line_chart(curves, across=across, up=up, title=title))
    return "".join(parts)


def _moment(report: Report, hour: float) -> str:
    if report.epoch is None:
        return f"{hour:g} h"
    return datetime.fromtimestamp(report.epoch + hour * 3600, UTC).strftime("%d %b %H:%M")


def _days(report: Report, contest: Contest) -> str:
    shown = _featured(report, contest)
    by_policy = {name: days_of([contest], name) for name in shown}
    count = len(by_policy[contest.subject])
    if count < 2:
        return ""
    styles = policy_styles(contest)
    names = [_day(report, day) for day in range(count)]
    hours = [_daily(name, styles[name], (each.gpu_hours for each in days)) for name, days in by_policy.items()]
    shares = [_daily(name, styles[name], (each.slo_attainment for each in days)) for name, days in by_policy.items()]
    of_hours = axis(np.concatenate([each.y for each in hours]), zero=True, show=lambda value: f"{value:g}")
    of_share = axis(np.concatenate([each.y for each in shares]), zero=False, show=percent)
    return (
        f"<h3>GPU-hours a day</h3>{legend(contest, shown)}"
        + bar_chart(hours, names=names, up=of_hours, title="GPU-hours a day")
        + f"<h3>Served in time a day</h3>{legend(contest, shown)}"
        + bar_chart(shares, names=names, up=of_share, title="share of requests served in time, a day")
    )


def _day(report: Report, day: int) -> str:
    if report.epoch is None:
        return f"day {day + 1}"
    return datetime.fromtimestamp(report.epoch + day * 86_400, UTC).strftime("%d %b")


def _daily(name: str, style: str, values: Iterable[float]) -> Curve:
    y = np.array(list(values), dtype=np.float64)
    return Curve(name=name, style=style, x=np.arange(len(y), dtype=np.float64), y=y)
