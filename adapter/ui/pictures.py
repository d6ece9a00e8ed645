"""The two charts of a workload: load against what serves it, and replicas.

Both share one axis of time: the past as it was, a line at the decision, and what is forecast from there. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from adapter.charts import Area, Axis, Curve, Layers, Mark, axis, hour_axis, layered_chart
from adapter.core.course import BAND, Course, Quantity
from adapter.core.decision import Decision
from adapter.core.signal import FloatArray
from adapter.ui.sentences import why

_HOUR_S: Final = 3600.0
_QUARTER_S: Final = 900.0
_DAY_S: Final = 86_400.0
_LEAST_BACK_S: Final = 600.0
_LEAST_AHEAD_S: Final = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A chart and what its colours mean."""

    svg: str
    legend: tuple[tuple[str, str], ...]
    """Class and name of each line or area."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Stage:
    """What both charts share: the past, the decision, and the axis of time."""

    course: Course
    decision: Decision
    start: float
    ahead_s: float
    across: Axis

    @property
    def hours(self) -> FloatArray:
        """Times of the course on the axis."""
        return (self.course.times - self.start) / _HOUR_S

    @property
    def now(self) -> float:
        """The decision on the axis."""
        return (self.decision.at - self.start) / _HOUR_S


def _stage(course: Course, decision: Decision, *, span_s: float) -> _Stage:
    first = float(course.times[0]) if course.times.size else decision.at
    start = min(max(decision.at - span_s, first), decision.at - _LEAST_BACK_S)
    start -= start % (_QUARTER_S if span_s < _DAY_S else _HOUR_S)  # so that the ticks of the axis are round times
    ahead_s = max(2.0 * decision.lead_time_s, _LEAST_AHEAD_S)
    shown = course.between(start, decision.at)

    def clock(hours: float) -> str:
        return datetime.fromtimestamp(start + hours * _HOUR_S, UTC).strftime("%H:%M")

    across = hour_axis((decision.at + ahead_s - start) / _HOUR_S, show=clock)
    return _Stage(course=shown, decision=decision, start=start, ahead_s=ahead_s, across=across)


def load_picture(course: Course, decision: Decision, *, span_s: float) -> Picture:
    """Return demand, what was expected, the capacity of ready and planned replicas, and the forecast from now on.

    Args:
        course: the numbers of the last day.
        decision: the one that is explained; the chart ends with its forecast.
        span_s: how much of the past is shown, seconds.
    """
    stage = _stage(course, decision, span_s=span_s)
    values, hours = stage.course.values, stage.hours
    capacity = values[Quantity.CAPACITY]
    lines = [
        ("c0", "demand", values[Quantity.DEMAND]),
        ("c3 thin", "expected within the lead time", values[Quantity.EXPECTED]),
        ("c2 steps", "capacity of ready replicas", capacity * values[Quantity.READY]),
        ("c1 steps dashed", "capacity of planned replicas", capacity * values[Quantity.PLANNED]),
    ]
    curves = [Curve(name=name, style=style, x=hours, y=y) for style, name, y in lines]
    band = _band(stage)
    tops = [y for _, _, y in lines] + ([band.high] if band else [])
    up = axis(np.concatenate([*tops, [0.0, 1e-3]]), zero=True, show=lambda tick: f"{tick:g}")
    areas = [_lead_window(stage, up), *([band] if band else [])]
    svg = layered_chart(
        Layers(areas=areas, curves=[*curves, _now_line(stage, up)]),
        across=stage.across,
        up=up,
        title=f"Load of {decision.workload} in {decision.capacity.unit}, what serves it, and the forecast",
    )
    shaded = (("area c3", f"forecast peak, P{BAND[0] * 100:g} to P{BAND[1] * 100:g}"), ("window", "lead time"))
    return Picture(svg=svg, legend=(*((style, name) for style, name, _ in lines), *shaded))


def replica_picture(course: Course, changes: Sequence[Decision], decision: Decision, *, span_s: float) -> Picture:
    """Return planned, requested and ready replicas, with a mark at every decision that changed something.

    Args:
        course: the numbers of the last day.
        changes: decisions that changed something, oldest first.
        decision: the one that is explained.
        span_s: how much of the past is shown, seconds.
    """
    stage = _stage(course, decision, span_s=span_s)
    lines = [
        ("c1 steps dashed", "planned", stage.course.values[Quantity.PLANNED]),
        ("c4 steps", "requested", stage.course.values[Quantity.REQUESTED]),
        ("c2 steps", "ready", stage.course.values[Quantity.READY]),
    ]
    curves = [Curve(name=name, style=style, x=stage.hours, y=y) for style, name, y in lines]
    up = axis(np.concatenate([*(y for _, _, y in lines), [0.0, 1.0]]), zero=True, show=lambda tick: f"{tick:g}")
    marks = [
        Mark(x=(each.at - stage.start) / _HOUR_S, label=_told(each), href=f"?at={each.at:.0f}")
        for each in changes
        if stage.start <= each.at <= decision.at
    ]
    svg = layered_chart(
        Layers(areas=[_lead_window(stage, up)], curves=[*curves, _now_line(stage, up)], marks=marks),
        across=stage.across,
        up=up,
        title=f"Replicas of {decision.workload}: planned, requested and ready",
    )
    return Picture(svg=svg, legend=(*((style, name) for style, name, _ in lines), ("window", "lead time")))


def _band(stage: _Stage) -> Area | None:
    """Return the forecast from the decision on: quantiles of the peak until each time ahead."""
    forecast = stage.decision.forecast
    if forecast is None or any(each not in forecast.quantiles for each in BAND):
        return None
    ahead = (np.array(forecast.horizons_s) + forecast.origin - stage.start) / _HOUR_S
    shown = ahead <= stage.across.high
    low, high = (np.array(forecast.peak[forecast.quantiles.index(each)]) for each in BAND)
    return Area(style="c3", x=ahead[shown], low=low[shown], high=high[shown])


def _lead_window(stage: _Stage, up: Axis) -> Area:
    end = min(stage.now + stage.decision.lead_time_s / _HOUR_S, stage.across.high)
    x = np.array([stage.now, end])
    return Area(style="window", x=x, low=np.full(2, up.low), high=np.full(2, up.high))


def _now_line(stage: _Stage, up: Axis) -> Curve:
    return Curve(name="now", style="now", x=np.full(2, stage.now), y=np.array([up.low, up.high]))


def _told(decision: Decision) -> str:
    at = datetime.fromtimestamp(decision.at, UTC).strftime("%H:%M:%S")
    return f"{at} {why(decision)}"
