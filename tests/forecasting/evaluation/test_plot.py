"""The picture of a back-test."""

from xml.etree import ElementTree as ET

import numpy as np

from forecasting.evaluation.backtest import Options, backtest
from forecasting.evaluation.plot import draw
from forecasting.model_file import shipped_model
from forecasting.series_file import SeriesSet
from tests.forecasting.loads import counts

_SVG = "{http://www.w3.org/2000/svg}"


def page_of(values: np.ndarray, *, step_s: float = 60.0) -> ET.Element:
    """Return the parsed picture of a back-test of series with awkward names."""
    names = tuple(f"a<{i}" for i in range(len(values)))
    series = SeriesSet(names=names, values=values, step_s=step_s)
    return ET.fromstring(draw(backtest(series, Options(model=shipped_model(), origins=30), lambda _: None)))


def test_every_series_has_a_panel_with_truth_and_two_quantiles() -> None:
    """A well-formed page; names are escaped; colours are explained once."""
    page = page_of(counts(n=2, t=500))
    panels = page.findall(f"{_SVG}g")
    assert [len(panel.findall(f"{_SVG}path")) for panel in panels] == [3, 3]
    assert "a<0" in "".join(panels[0].itertext())
    assert {"came", "median said", "0.95 quantile said"} <= {text.text for text in page.findall(f"{_SVG}text")}


def test_the_axes_name_the_highest_value_zero_and_the_hours() -> None:
    """Five hundred minutes are eight hours, scored from a quarter on."""
    values = np.full((1, 500), 40.0)
    texts = ["".join(text.itertext()) for text in page_of(values).find(f"{_SVG}g").findall(f"{_SVG}text")]
    assert {"0", "40", "hour 3", "hour 8"} <= set(texts)
    assert not any(text.startswith("day") for text in texts)


def test_lines_break_where_nothing_is_known() -> None:
    """A gap of two hours is not bridged, and no number is `nan`."""
    values = counts(n=1, t=900)
    values[0, 500:620] = np.nan
    panel = page_of(values).find(f"{_SVG}g")
    *_, truth = (path.get("d") for path in panel.findall(f"{_SVG}path"))
    assert truth.count("M") == 2
    assert "nan" not in truth


def test_a_long_list_of_series_is_cut_and_says_so() -> None:
    """Twelve panels; the title tells how many there are."""
    page = page_of(np.full((14, 100), 3.0))
    assert len(page.findall(f"{_SVG}g")) == 12
    assert "the first 12 of 14 series" in page.find(f"{_SVG}text").text


def test_where_all_lead_times_are_longer_than_an_hour_the_shortest_is_drawn() -> None:
    """Two weeks of two-hour steps are forecast a day ahead only."""
    texts = [text.text or "" for text in page_of(counts(n=1, t=168), step_s=7200.0).findall(f"{_SVG}text")]
    assert texts[0] == "Highest load of the next 1440 min"
