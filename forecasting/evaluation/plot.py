"""Draw forecasts against truth as one SVG page, without a drawing library.

Per series: the load, and at every origin the median and the 0.95 quantile of the peak over the longest lead time up to
an hour, next to the peak that came.
"""

from collections.abc import Sequence

import numpy as np

from forecasting.arrays import FloatArray
from forecasting.evaluation.backtest import Backtest, Tested
from forecasting.targets import peak_ahead

_WIDTH, _HEIGHT, _MARGIN = 1000, 180, 24
_MOST_SERIES = 12


def draw(result: Backtest) -> str:
    """Return an SVG page of the first twelve series."""
    column = int(np.flatnonzero(result.horizons * result.step_s <= 3600.0)[-1])
    panels = [_panel(result, tested, column) for tested in result.series[:_MOST_SERIES]]
    height = _HEIGHT * len(panels)
    placed = "".join(f'<g transform="translate(0 {_HEIGHT * i})">{panel}</g>' for i, panel in enumerate(panels))
    style = "font-family:sans-serif;font-size:11px;background:white"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" style="{style}">{placed}</svg>\n'


def _panel(result: Backtest, tested: Tested, column: int) -> str:
    ends, horizon = tested.rolled.ends, int(result.horizons[column])
    truth = peak_ahead(tested.values[None, :], horizon)[0, ends - 1]
    median, high = tested.rolled.peak[:, 0, column], tested.rolled.peak[:, 2, column]
    top = float(np.nanmax(np.concatenate([truth, high, [1e-9]])))
    x = _MARGIN + (ends - ends[0]) / max(1, int(ends[-1] - ends[0])) * (_WIDTH - 2 * _MARGIN)
    title = f"{tested.name}: peak of the next {horizon * result.step_s / 60:g} min, highest {top:.4g}"
    lines = [
        _line(x, high / top, "#e8a33d"),
        _line(x, median / top, "#3d7fe8"),
        _line(x, truth / top, "#222222"),
    ]
    legend = "black: came, blue: median said, orange: 0.95 quantile said"
    return f'<text x="{_MARGIN}" y="14">{_escaped(title)} ({legend})</text>{"".join(lines)}'


def _line(x: FloatArray, share: FloatArray, colour: str) -> str:
    y = _HEIGHT - 8 - share * (_HEIGHT - 32)
    points: Sequence[str] = [f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True) if np.isfinite(b)]
    return f'<polyline fill="none" stroke="{colour}" stroke-width="1" points="{" ".join(points)}"/>'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
