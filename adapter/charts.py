"""Charts as inline SVG: lines over time, points, bars. Text in, text out; colours come from classes of the page.

Every chart has the same frame: a viewBox of 720 by 240, round gridlines, labels in the page's own font. Hovering a
point shows its values through `<title>`; nothing needs a script or another file.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np

from adapter.core.signal import FloatArray

WIDTH: Final = 720
HEIGHT: Final = 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 12, 34
_MOST_TICKS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """Values over a common axis, drawn in the colour of its class."""

    name: str
    style: str
    """Class that sets its colour, such as `c0`."""
    x: FloatArray
    y: FloatArray
    labels: tuple[str, ...] = ()
    """What hovering a point shows; of the points of `point_chart` only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A linear axis."""

    low: float
    high: float
    ticks: tuple[float, ...]
    show: Callable[[float], str]

    def place(self, value: float, *, start: float, end: float) -> float:
        """Return where a value lies between two ends in pixels."""
        return start + (value - self.low) / (self.high - self.low) * (end - start)


def axis(values: FloatArray, *, zero: bool, show: Callable[[float], str]) -> Axis:
    """Return an axis with round ticks around some values.

    Args:
        values: at least one that is finite.
        zero: whether it has to begin at 0.
        show: how a tick is written.

    Example:
        >>> axis(np.array([1.0, 7.4]), zero=True, show=str).ticks
        (0.0, 2.0, 4.0, 6.0, 8.0)
    """
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    low = min(low, 0.0) if zero else low
    step = nice_step((high - low or abs(high) or 1.0) / 4)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(round(index * step, 10) for index in range(first, max(last, first + 1) + 1))
    return Axis(low=ticks[0], high=ticks[-1], ticks=ticks, show=show)


def hour_axis(hours: float, *, show: Callable[[float], str]) -> Axis:
    """Return an axis from 0 to so many hours, with ticks at whole parts of a day.

    Example:
        >>> hour_axis(20.0, show=str).ticks
        (0.0, 6.0, 12.0, 18.0)
    """
    steps = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 48.0, 168.0)
    step = next((each for each in steps if hours / each <= _MOST_TICKS), math.ceil(hours / _MOST_TICKS / 168.0) * 168.0)
    return Axis(low=0.0, high=hours, ticks=tuple(np.arange(0.0, hours + 1e-9, step).tolist()), show=show)


def nice_step(rough: float) -> float:
    """Return the smallest of 1, 2, 2.5 or 5 times a power of ten that is not below `rough`.

    Example:
        >>> [nice_step(each) for each in (0.03, 1.0, 2.2, 7.0)]
        [0.05, 1.0, 2.5, 10.0]
    """
    power = 10.0 ** math.floor(math.log10(rough))
    return next(round(each * power, 12) for each in (1.0, 2.0, 2.5, 5.0, 10.0) if each * power >= rough * (1 - 1e-9))


def line_chart(curves: Sequence[Curve], *, across: Axis, up: Axis, title: str) -> str:
    """Return lines; gaps where values are not finite."""
    drawn = "".join(f'<path class="line {each.style}" d="{_path(each, across, up)}"/>' for each in curves)
    return _frame(drawn, across=across, up=up, title=title)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Area:
    """What lies between two curves over a common axis."""

    style: str
    x: FloatArray
    low: FloatArray
    high: FloatArray
    """Nothing is drawn where one of both is not finite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place on the axis across, with what hovering it shows and where a click leads."""

    x: float
    label: str
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """What is drawn above one another, in this order."""

    areas: Sequence[Area] = ()
    curves: Sequence[Curve] = ()
    marks: Sequence[Mark] = ()


def layered_chart(layers: Layers, *, across: Axis, up: Axis, title: str) -> str:
    """Return areas, lines over them, and marks along the foot.

    A curve with the class `steps` holds each value until the next.
    """
    parts = [f'<path class="area {each.style}" d="{_outline(each, across, up)}"/>' for each in layers.areas]
    parts += [f'<path class="line {each.style}" d="{_path(_held(each), across, up)}"/>' for each in layers.curves]
    foot = HEIGHT - _BOTTOM
    for mark in layers.marks:
        x = _across(mark.x, across)
        shape = f'<path class="mark" d="M{x:.1f} {foot - 9}l5 9h-10z"><title>{escape(mark.label)}</title></path>'
        named = f'href="{escape(mark.href, quote=True)}" aria-label="{escape(mark.label, quote=True)}"'
        parts.append(f"<a {named}>{shape}</a>" if mark.href else shape)
    role = "group" if any(mark.href for mark in layers.marks) else "img"  # nothing within an image can be reached
    return _frame("".join(parts), across=across, up=up, title=title, role=role)


def sparkline(values: FloatArray, *, title: str) -> str:
    """Return a small line without axes, from 0 to its largest value; empty where nothing is known."""
    known = values[np.isfinite(values)]
    if not known.size:
        return ""
    top = max(float(known.max()), 1e-9)
    step = 100 / max(len(values) - 1, 1)
    places = ((index * step, 23 - value / top * 22) for index, value in enumerate(values.tolist()))
    path = f'<path class="line c0" d="{_pen(places)}"/>'
    return f'<svg class="spark" viewBox="0 0 100 24" role="img" aria-label="{escape(title, quote=True)}">{path}</svg>'


def _held(curve: Curve) -> Curve:
    """Return a curve whose values hold until the next one, if its class says so."""
    if "steps" not in curve.style.split() or len(curve.x) < 2:
        return curve
    x, y = np.repeat(curve.x, 2)[1:], np.repeat(curve.y, 2)[:-1]
    return Curve(name=curve.name, style=curve.style, x=x, y=y)


def _outline(area: Area, across: Axis, up: Axis) -> str:
    """Return the outline of each stretch in which both bounds are known."""
    known = np.isfinite(area.low) & np.isfinite(area.high)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    shapes = []
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        x = area.x[first:last].tolist()
        there = list(zip(x, area.high[first:last].tolist(), strict=True))
        back = list(zip(x, area.low[first:last].tolist(), strict=True))
        corners = [f"{_across(x, across):.1f} {_up(y, up):.1f}" for x, y in (*there, *reversed(back))]
        shapes.append(f"M{'L'.join(corners)}Z")
    return "".join(shapes)


def point_chart(curves: Sequence[Curve], *, across: Axis, up: Axis, title: str) -> str:
    """Return points, those of one curve joined by a thin line."""
    parts = []
    for each in curves:
        if len(each.x) > 1:
            parts.append(f'<path class="join {each.style}" d="{_path(each, across, up)}"/>')
        for x, y, label in zip(each.x.tolist(), each.y.tolist(), each.labels, strict=True):
            where = f'cx="{_across(x, across):.1f}" cy="{_up(y, up):.1f}"'
            parts.append(f'<circle class="dot {each.style}" {where} r="5"><title>{escape(label)}</title></circle>')
    return _frame("".join(parts), across=across, up=up, title=title)


def bar_chart(curves: Sequence[Curve], *, names: Sequence[str], up: Axis, title: str) -> str:
    """Return groups of bars, one group a name; a curve's y has one value a group."""
    width = (WIDTH - _LEFT - _RIGHT) / max(len(names), 1)
    bar = min(width * 0.8 / max(len(curves), 1), 28.0)
    parts = []
    for index, each in enumerate(curves):
        for group, value in enumerate(each.y.tolist()):
            if not math.isfinite(value):
                continue
            x = _LEFT + width * (group + 0.5) + bar * (index - len(curves) / 2)
            top, foot = _up(value, up), _up(up.low, up)
            shown = escape(f"{each.name}, {names[group]}: {up.show(value)}")
            box = f'x="{x:.1f}" y="{top:.1f}" width="{bar - 2:.1f}" height="{max(foot - top, 0.5):.1f}"'
            parts.append(f'<rect class="bar {each.style}" {box} rx="2"><title>{shown}</title></rect>')
    every = max(math.ceil(len(names) / 14), 1)
    labels = "".join(
        _text(_LEFT + width * (group + 0.5), HEIGHT - 12, name, anchor="middle")
        for group, name in enumerate(names)
        if group % every == 0
    )
    return _frame("".join(parts) + labels, across=None, up=up, title=title)


def _across(value: float, across: Axis) -> float:
    return across.place(value, start=_LEFT, end=WIDTH - _RIGHT)


def _up(value: float, up: Axis) -> float:
    return up.place(value, start=HEIGHT - _BOTTOM, end=_TOP)


def _path(curve: Curve, across: Axis, up: Axis) -> str:
    return _pen((_across(x, across), _up(y, up)) for x, y in zip(curve.x.tolist(), curve.y.tolist(), strict=True))


def _pen(places: Iterable[tuple[float, float]]) -> str:
    """Return the path through places; a gap where one is not finite, a dot where one stands alone."""
    strokes: list[list[str]] = [[]]
    for x, y in places:
        if math.isfinite(y):
            strokes[-1].append(f"{x:.1f} {y:.1f}")
        elif strokes[-1]:
            strokes.append([])
    return "".join(f"M{'L'.join(each)}" + ("h0" if len(each) == 1 else "") for each in strokes if each)


def _frame(drawn: str, *, across: Axis | None, up: Axis, title: str, role: str = "img") -> str:
    """Return a whole chart: gridlines and labels behind what is drawn."""
    lines = []
    for tick in up.ticks:
        y = _up(tick, up)
        lines.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        lines.append(_text(_LEFT - 8, y + 4, up.show(tick), anchor="end"))
    for tick in across.ticks if across else ():
        assert across is not None  # the loop is empty without
        x = _across(tick, across)
        lines.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{HEIGHT - _BOTTOM}"/>')
        anchor = "end" if x > WIDTH - 3 * _RIGHT else "middle"  # the last label must not leave the chart
        lines.append(_text(x, HEIGHT - 12, across.show(tick), anchor=anchor))
    label = escape(title, quote=True)
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="{role}" aria-label="{label}">{"".join(lines)}{drawn}</svg>'


def _text(x: float, y: float, text: str, *, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
