"""Twin of adapter/simulation/charts.py."""

import xml.etree.ElementTree as ET

import numpy as np

from adapter.simulation.charts import HEIGHT, WIDTH, Curve, axis, bar_chart, hour_axis, line_chart, point_chart

GAPPY = Curve(name="a", style="c0", x=np.array([0.0, 1, 2, 3]), y=np.array([1.0, 2, np.nan, 4]), labels=tuple("abcd"))
UP = axis(GAPPY.y, zero=True, show=lambda value: f"{value:g}")


def test_axes_have_round_ticks_around_the_values() -> None:
    """Also around one value, none at all, and below zero."""
    assert (
        axis(np.array([3.0, 3.0]), zero=False, show=str).ticks[0]
        <= 3.0
        < axis(np.array([3.0, 3.0]), zero=False, show=str).high
    )
    assert axis(np.array([np.nan]), zero=True, show=str).ticks == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert axis(np.array([0.962, 0.998]), zero=False, show=str).ticks == (0.96, 0.97, 0.98, 0.99, 1.0)


def test_an_hour_axis_ends_with_its_data() -> None:
    """A week has days for ticks, a year some weeks."""
    assert hour_axis(168.0, show=str).ticks == (0.0, 48.0, 96.0, 144.0)
    assert hour_axis(7.0, show=str).high == 7.0
    assert len(hour_axis(8760.0, show=str).ticks) <= 7


def test_a_gap_breaks_the_line() -> None:
    """It is not drawn through."""
    root = ET.fromstring(line_chart([GAPPY], across=hour_axis(3.0, show=str), up=UP, title="replicas"))
    [path] = [each for each in root if each.get("class") == "line c0"]
    assert (path.get("d") or "").count("M") == 2
    assert root.get("aria-label") == "replicas"


def test_everything_lies_within_the_frame() -> None:
    """Points and bars, their titles escaped."""
    across = hour_axis(3.0, show=str)
    known = Curve(name="<b>", style="c1", x=GAPPY.x, y=np.array([0.0, 1, 2, 4]), labels=("<i>",) * 4)
    points = ET.fromstring(point_chart([known], across=across, up=UP, title="points"))
    bars = ET.fromstring(bar_chart([known, GAPPY], names=["mon", "tue", "wed", "thu"], up=UP, title="bars"))
    dots = [each for each in points if each.tag == "circle"]
    boxes = [each for each in bars if each.tag == "rect"]
    assert [dot.findtext("title") for dot in dots] == ["<i>"] * 4
    assert all(0 <= float(dot.get("cx", "-1")) <= WIDTH and 0 <= float(dot.get("cy", "-1")) <= HEIGHT for dot in dots)
    assert len(boxes) == 7
    assert boxes[1].findtext("title") == "<b>, tue: 1"
