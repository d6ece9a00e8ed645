"""Draw forecasts against truth as one SVG page, without a drawing library.

Per series: at every origin the median and the 0.95 quantile of the peak over the longest lead time up to an hour (the
shortest where all are longer), next to the peak that came. Days are marked below, the highest value at the side; where
nothing is known, lines are broken.
"""

import numpy as np

from forecasting.arrays import FloatArray, IntArray
from forecasting.evaluation.backtest import Backtest, Tested
from forecasting.targets import peak_ahead

_WIDTH, _HEIGHT, _HEAD = 1000, 180, 40
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 15, 22, 22
_MOST_SERIES = 12
_MOST_MARKS = 16  # days or hours along the axis
_HOUR_S, _DAY_S = 3600.0, 86_400.0
_LINES = {"came": "#222222", "median said": "#3d7fe8", "0.95 quantile said": "#e08a1e"}
_FAINT = "#d8d8d8"


def draw(result: Backtest) -> str:
    """Return an SVG page of the first twelve series."""
    within = int(np.count_nonzero(result.horizons * result.step_s <= _HOUR_S))
    column = max(within - 1, 0)
    horizon = int(result.horizons[column])
    shown = result.series[:_MOST_SERIES]
    height = _HEAD + _HEIGHT * len(shown)
    panels = [
        f'<g transform="translate(0 {_HEAD + _HEIGHT * i})">{_panel(tested, horizon, column, step_s=result.step_s)}</g>'
        for i, tested in enumerate(shown)
    ]
    left_out = f", the first {len(shown)} of {len(result.series)} series" if len(shown) < len(result.series) else ""
    head = f"Highest load of the next {horizon * result.step_s / 60:g} min{left_out}"
    style = "font-family:sans-serif;font-size:11px;background:white"
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} style="{style}">{_head(head)}{"".join(panels)}</svg>\n'


def _head(text: str) -> str:
    """Return the title and what each colour is."""
    keys = [
        f'<line x1="{_LEFT + 160 * i}" x2="{_LEFT + 20 + 160 * i}" y1="31" y2="31" stroke="{colour}" stroke-width="2"/>'
        f'<text x="{_LEFT + 26 + 160 * i}" y="35">{name}</text>'
        for i, (name, colour) in enumerate(_LINES.items())
    ]
    return f'<text x="{_LEFT}" y="16" style="font-size:13px">{text}</text>{"".join(keys)}'


def _panel(tested: Tested, horizon: int, column: int, *, step_s: float) -> str:
    ends = tested.rolled.ends
    truth = peak_ahead(tested.values[None, :], horizon)[0, ends - 1]
    median, high = tested.rolled.peak[:, 0, column], tested.rolled.peak[:, 2, column]
    top = float(np.nanmax(np.concatenate([truth, high, [1e-9]])))
    said = {"0.95 quantile said": high, "median said": median, "came": truth}  # the truth on top
    lines = [_line(_across(ends, ends), values / top, _LINES[name]) for name, values in said.items()]
    name = f'<text x="{_LEFT}" y="14" style="font-weight:bold">{_escaped(tested.name)}</text>'
    return f"{name}{_axes(ends, top, step_s=step_s)}{''.join(lines)}"


def _across(ends: IntArray, at: IntArray) -> FloatArray:
    """Return where steps stand across the panel."""
    share = (at - ends[0]) / max(1, int(ends[-1] - ends[0]))
    across: FloatArray = _LEFT + share * (_WIDTH - _LEFT - _RIGHT)
    return across


def _axes(ends: IntArray, top: float, *, step_s: float) -> str:
    """Return zero and the highest value at the side, and whole days (or hours of a short trace) below."""
    floor, unit_s, unit = _HEIGHT - _BOTTOM, _DAY_S, "day"
    if (ends[-1] - ends[0]) * step_s < 2 * _DAY_S:
        unit_s, unit = _HOUR_S, "hour"
    first, last = (int(np.ceil(ends[0] * step_s / unit_s)), int(ends[-1] * step_s / unit_s))
    every = max(1, -(-(last - first + 1) // _MOST_MARKS))
    marks = np.arange(first, last + 1, every)
    places = _across(ends, np.round(marks * unit_s / step_s).astype(np.int64))
    parts = [
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}" stroke="{_FAINT}"/>'
        f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{value:.4g}</text>'
        for y, value in ((_TOP, top), (floor, 0.0))
    ]
    parts += [
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{floor}" stroke="{_FAINT}"/>'
        f'<text x="{x:.1f}" y="{floor + 14}" text-anchor="middle">{unit} {mark}</text>'
        for x, mark in zip(places, marks, strict=True)
    ]
    return "".join(parts)


def _line(x: FloatArray, share: FloatArray, colour: str) -> str:
    """Return one line, broken where a value is not known."""
    y = _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)
    known = np.isfinite(share)
    pieces = np.split(np.arange(x.size), np.flatnonzero(np.diff(known)) + 1)
    drawn = [" L".join(f"{x[i]:.1f},{y[i]:.1f}" for i in piece) for piece in pieces if piece.size and known[piece[0]]]
    # a point between two gaps is a line of no length, which a round cap shows
    path = " ".join(f"M{piece}" if " " in piece else f"M{piece} h0" for piece in drawn)
    return f'<path fill="none" stroke="{colour}" stroke-width="1.2" stroke-linecap="round" d="{path}"/>'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
