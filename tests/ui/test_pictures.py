"""Twin of adapter/ui/pictures.py."""

import re
import xml.etree.ElementTree as ET

import pytest

from adapter.core.course import Course, Courses, record
from adapter.core.decision import Decision, WorkloadForecast
from adapter.ui.pictures import Picture, load_picture, replica_picture
from tests.factories import LLAMA, TICK, decision, hold, snapshot

HOUR = 3600.0
FORECAST = WorkloadForecast(
    origin=TICK, horizons_s=(60.0, 180.0, 600.0), quantiles=(0.5, 0.95), peak=((1.0, 2.0, 3.0), (4.0, 5.0, 6.0)),
    arrival_probability=(1.0, 1.0, 1.0), skill=0.1, coverage=0.95, trusted=True,
)  # fmt: skip


def _course(minutes: int) -> Course:
    courses = Courses()
    for index in range(minutes):
        at = TICK - (minutes - 1 - index) * 60
        courses = record(courses, snapshot(decision(at=at), at=at))
    return courses.of(LLAMA)


def _ticks(picture: Picture) -> list[str]:
    return re.findall(r">(\d\d:\d\d)<", picture.svg)


@pytest.mark.parametrize("minutes", [0, 1, 200])
@pytest.mark.parametrize("shown", [decision(forecast=FORECAST), decision(), hold(demand=None)])
def test_there_is_a_picture_of_whatever_is_known(minutes: int, shown: Decision) -> None:
    """Right after the start, without a forecast, and on hold."""
    course = _course(minutes)
    for picture in (
        load_picture(course, shown, span_s=HOUR),
        replica_picture(course, [shown], shown, span_s=HOUR),
    ):
        ET.fromstring(picture.svg)
        assert "nan" not in picture.svg


def test_the_band_needs_a_forecast() -> None:
    """No forecast, no promise."""
    course = _course(30)
    assert 'class="area c3"' in load_picture(course, decision(forecast=FORECAST), span_s=HOUR).svg
    assert 'class="area c3"' not in load_picture(course, decision(), span_s=HOUR).svg


@pytest.mark.parametrize("span_s", [HOUR, 3 * HOUR, 24 * HOUR])
def test_the_axis_has_round_times(span_s: float) -> None:
    """TICK is ten o'clock."""
    ticks = _ticks(load_picture(_course(200), decision(), span_s=span_s))
    assert ticks
    assert all(tick.endswith((":00", ":15", ":30", ":45")) for tick in ticks)


def test_every_change_in_sight_has_a_mark_that_leads_to_it() -> None:
    """Older ones, and those after the decision that is explained, have none."""
    changes = [decision(at=TICK + offset) for offset in (-2 * HOUR, -600, 60)]
    picture = replica_picture(_course(200), changes, decision(), span_s=HOUR)
    assert re.findall(r'href="\?at=(\d+)"', picture.svg) == [f"{TICK - 600:.0f}"]


def test_every_line_is_named() -> None:
    """By its class, which sets its colour."""
    picture = load_picture(_course(30), decision(forecast=FORECAST), span_s=HOUR)
    drawn = set(re.findall(r'class="(?:line )?((?:area )?c\d[^"]*)"', picture.svg))
    assert drawn <= {style for style, _ in picture.legend}
