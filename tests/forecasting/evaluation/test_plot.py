"""The picture of a back-test."""

from xml.etree import ElementTree as ET

from forecasting.evaluation.backtest import Options, backtest
from forecasting.evaluation.plot import draw
from forecasting.model_file import shipped_model
from forecasting.series_file import SeriesSet
from tests.forecasting.loads import counts


def test_every_series_has_a_panel_with_truth_and_two_quantiles() -> None:
    """A well-formed page; names are escaped."""
    series = SeriesSet(names=("a<b", "c"), values=counts(n=2, t=500), step_s=60.0)
    page = draw(backtest(series, Options(model=shipped_model(), origins=30), lambda _: None))
    panels = ET.fromstring(page).findall("{http://www.w3.org/2000/svg}g")
    assert len(panels) == 2
    assert "a<b" in "".join(panels[0].itertext())
    assert len(panels[0].findall("{http://www.w3.org/2000/svg}polyline")) == 3
