"""Thresholds at which a study fails, for gates in CI: `attainment<0.98`, `gpu_hours>+5%`.

A threshold names a figure, a side and a limit. With a sign and `%` the limit is relative to the baseline. A figure that
is not known fails its threshold: a gate that nobody can pass by measuring nothing.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from adapter.simulation.results import Totals

FIGURES: Final = {
    "attainment": "slo_attainment",
    "slo_attainment": "slo_attainment",
    "ttft_attainment": "ttft_attainment",
    "itl_attainment": "itl_attainment",
    "ttft_p50": "ttft_p50_s",
    "ttft_p95": "ttft_p95_s",
    "ttft_p99": "ttft_p99_s",
    "gpu_hours": "gpu_hours",
    "failed_requests": "failed_requests",
    "scale_flaps": "scale_flaps",
    "cold_hits": "cold_hits",
    "wakeups": "wakeups",
}
"""What may be limited, and the figure that it is."""
_FORM = re.compile(r"\s*([a-z0-9_]+)\s*([<>])\s*([+-]?)(\d+(?:\.\d+)?)\s*(%?)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A study fails where the figure is on this side of the limit."""

    text: str
    figure: str
    above: bool
    """Whether above the limit is failure, else below."""
    limit: float
    relative: bool
    """Whether the limit is a change of the baseline, as a share of it."""

    def broken_by(self, result: Totals, baseline: Totals | None) -> str:
        """Return why a result fails, in words; empty where it does not."""
        value, limit = float(getattr(result, self.figure)), self.limit
        if self.relative:
            before = math.nan if baseline is None else float(getattr(baseline, self.figure))
            limit = before * (1 + self.limit)
        if math.isnan(value) or math.isnan(limit):
            return f"{self.text}: {self.figure} is not known" + ("" if math.isnan(value) else " of the baseline")
        if not (value > limit if self.above else value < limit):
            return ""
        shown = f" ({self.limit:+.1%} of the baseline's)" if self.relative else ""
        side = "above" if self.above else "below"
        return f"{self.text}: {self.figure} is {value:.6g}, {side} {limit:.6g}{shown}"


def parse_threshold(text: str) -> Threshold:
    """Return the threshold that a text says.

    Raises:
        ValueError: it says none; the message says what is allowed.

    Example:
        >>> parse_threshold("gpu_hours>+5%").limit
        0.05
        >>> parse_threshold("attainment<0.98").relative
        False
    """
    found = _FORM.fullmatch(text)
    if not found or found[1] not in FIGURES:
        raise ValueError(
            f"{text!r} must be FIGURE<LIMIT or FIGURE>LIMIT, such as attainment<0.98 or gpu_hours>+5%; figures are "
            f"{', '.join(FIGURES)}"
        )
    name, side, sign, digits, percent = found.groups()
    if bool(sign) != bool(percent):
        raise ValueError(f"{text!r}: a limit relative to the baseline has a sign and %, such as +5%; others neither")
    limit = float(f"{sign}{digits}") / (100 if percent else 1)
    return Threshold(text=text.strip(), figure=FIGURES[name], above=side == ">", limit=limit, relative=bool(percent))


def broken(thresholds: Iterable[Threshold], result: Totals, *, baseline: Totals | None) -> tuple[str, ...]:
    """Return why a result fails, one text a threshold that it breaks.

    Args:
        thresholds: to be kept.
        result: what is judged.
        baseline: what relative limits are relative to; None without one.
    """
    return tuple(text for each in thresholds if (text := each.broken_by(result, baseline)))
