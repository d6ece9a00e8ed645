"""Twin of adapter/charts.py."""

import re
import xml.etree.ElementTree as ET

import numpy as np

from adapter.charts import (
    HEIGHT,
    WIDTH,
    Area,
    Curve,
    Layers,
    Mark,
    axis,
    bar_chart,
    hour_axis,
    layered_chart,
    line_chart,
    point_chart,
    sparkline,
)

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


def test_areas_are_closed_for_each_stretch_that_is_known() -> None:
    """A gap in one of both bounds is a gap in the area."""
    x = np.arange(5.0)
    area = Area(style="c1", x=x, low=np.zeros(5), high=np.array([1.0, 1.0, np.nan, 1.0, 1.0]))
    drawn = layered_chart(
        Layers(areas=[area]), across=hour_axis(4.0, show=str), up=axis(x, zero=True, show=str), title="t"
    )

    outline = re.search(r'class="area c1" d="([^"]*)"', drawn)

    assert outline is not None
    assert outline[1].count("M") == outline[1].count("Z") == 2


def test_a_curve_of_steps_holds_its_value_until_the_next() -> None:
    """Replicas do not grow on a slope."""
    curve = Curve(name="ready", style="c0 steps", x=np.array([0.0, 2.0]), y=np.array([1.0, 3.0]))
    up = axis(curve.y, zero=True, show=str)
    drawn = layered_chart(Layers(curves=[curve]), across=hour_axis(4.0, show=str), up=up, title="t")

    path = re.search(r'class="line c0 steps" d="([^"]*)"', drawn)

    assert path is not None
    heights = [point.split()[1] for point in re.split("[ML]", path[1])[1:]]
    assert heights[0] == heights[1] != heights[2]


def test_marks_say_what_they_are_and_lead_there() -> None:
    """Escaped, as their words come from configurations."""
    mark = Mark(x=1.0, label="6 <replicas>", href='?at=1&x="')
    drawn = layered_chart(
        Layers(marks=[mark]), across=hour_axis(4.0, show=str), up=axis(np.ones(1), zero=True, show=str), title="t"
    )

    assert "<title>6 &lt;replicas&gt;</title>" in drawn
    assert 'href="?at=1&amp;x=&quot;" aria-label="6 &lt;replicas&gt;"' in drawn
    assert 'role="group"' in drawn


def test_a_sparkline_goes_from_edge_to_edge_with_gaps() -> None:
    """And is nothing at all where nothing is known."""
    drawn = sparkline(np.array([0.0, np.nan, 2.0]), title="Demand")

    assert 'd="M0.0 23.0h0M100.0 1.0h0"' in drawn  # each stands alone, so it is a dot
    assert sparkline(np.array([np.nan]), title="Demand") == ""
    assert sparkline(np.array([]), title="Demand") == ""
