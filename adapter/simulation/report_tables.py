"""The tables of a report, and how its numbers are written."""

import math
from collections.abc import Sequence
from html import escape
from typing import Final

from adapter.simulation.past_period import Measure
from adapter.simulation.report_style import COLOURS
from adapter.simulation.results import Contest, Totals, compared, totals_of

UNKNOWN: Final = "?"
"""Stands for a number that is not known."""


def policy_styles(contest: Contest) -> dict[str, str]:
    """Return the policies with the class of their colour, the result first."""
    names = [contest.subject, *compared([contest])]
    return {name: f"c{index % COLOURS}" for index, name in enumerate(names)}


def legend(contest: Contest, only: Sequence[str] | None = None) -> str:
    """Return the names of policies in their colours: of all, or of some."""
    shown = [(name, style) for name, style in policy_styles(contest).items() if only is None or name in only]
    spans = "".join(f'<span class="{style}">{escape(name)}</span>' for name, style in shown)
    return f'<p class="legend">{spans}</p>'


def policy_table(contests: Sequence[Contest], *, price: float | None) -> str:
    """Return one row a policy, over some workloads.

    Args:
        contests: at least one.
        price: of a GPU-hour; None shows no cost.
    """
    heads = ["policy", "in time", "TTFT", "ITL", "p50", "p95", "p99", "GPU-h", "at our share", "failed", "flaps"]
    heads += ["cold hits", "wake-ups", *([] if price is None else ["cost"])]
    rows = []
    for name, style in policy_styles(contests[0]).items():
        at_ours = math.fsum(each.hours_at_our_attainment(name) for each in contests)
        cells = "".join(f"<td>{cell}</td>" for cell in _cells(totals_of(contests, name), at_ours, price=price))
        rows.append(f'<tr><th scope="row"><span class="{style}">{escape(name)}</span></th>{cells}</tr>')
    return _wide(heads, rows)


def error_table(measures: Sequence[Measure]) -> str:
    """Return the recorded period against its own simulation; nothing without measures."""
    rows = [
        f'<tr><th scope="row">{escape(each.name)}</th><td>{known(each.recorded, "{:.3g}")}</td>'
        f"<td>{known(each.simulated, '{:.3g}')}</td><td>{escape(each.unit)}</td>"
        f"<td>{known(each.error, '{:+.1%}')}</td></tr>"
        for each in measures
    ]
    return _wide(["the recorded period", "recorded", "simulated", "unit", "error"], rows) if rows else ""


def known(value: float, form: str) -> str:
    """Return a number in a format."""
    return form.format(value) if math.isfinite(value) else UNKNOWN


def percent(value: float) -> str:
    """Return a share for people.

    Example:
        >>> percent(0.98765)
        '98.77 %'
    """
    return known(value * 100, "{:.4g} %")


def _cells(totals: Totals, at_ours: float, *, price: float | None) -> list[str]:
    shares = (totals.slo_attainment, totals.ttft_attainment, totals.itl_attainment)
    return [
        *map(percent, shares),
        *(known(each, "{:.2f} s") for each in (totals.ttft_p50_s, totals.ttft_p95_s, totals.ttft_p99_s)),
        f"{totals.gpu_hours:,.2f}",
        known(at_ours, "{:,.2f}"),
        *(f"{each:,}" for each in (totals.failed_requests, totals.scale_flaps, totals.cold_hits, totals.wakeups)),
        *([] if price is None else [f"{totals.gpu_hours * price:,.2f}"]),
    ]


def _wide(heads: Sequence[str], rows: Sequence[str]) -> str:
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


GLOSSARY: Final = (
    "<footer><p><b>In time</b>: first token and mean gap between tokens both within the objective; TTFT and ITL are "
    "the shares within each alone. <b>At our share</b>: the GPU-hours that a policy needs to serve as many in time as "
    "the result does, read off between its settings. <b>Flaps</b>: changes that undo the one before within ten "
    "minutes. <b>Cold hits</b>: requests that met no ready replica. GPU-hours bill every GPU of a replica from its "
    "creation to the end of draining. <b>clairvoyant</b> knows every arrival and pays for its starts; nobody can be "
    "that good. Where a policy has several settings, the best in hindsight counts.</p></footer>"
)
