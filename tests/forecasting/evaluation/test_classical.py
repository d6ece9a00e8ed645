"""Classical models next to the product's forecast."""

import numpy as np
import pytest

from forecasting.evaluation.backtest import Options
from forecasting.evaluation.classical import MOST_SERIES, PRODUCT, try_experts
from forecasting.model_file import shipped_model
from forecasting.series_file import SeriesSet
from tests.forecasting.loads import counts

pytestmark = pytest.mark.timeout(60)  # importing statsmodels takes many seconds on a busy machine


def test_experts_and_the_product_are_scored_on_the_same_origins() -> None:
    """The busiest series only, with what each forecast cost; an expert without enough history has no case."""
    ticks = iter(range(1000))
    values = np.concatenate([np.zeros((MOST_SERIES, 200)), counts(n=1, t=200)])
    series = SeriesSet(names=tuple("abcdefghi"), values=values, step_s=600.0)
    options = Options(model=shipped_model(), clock=lambda: float(next(ticks)))
    shares: list[float] = []
    tried = try_experts(series, ["ets", "harmonic"], options, done=shares.append)
    assert list(tried) == ["ets", "harmonic", PRODUCT]
    assert all("i" in {one.name for one in result.series} for result in tried.values())
    assert {len(result.series) for result in tried.values()} == {MOST_SERIES}
    assert tried["harmonic"].cases == ()
    ets, product = ([case for case in tried[name].cases if case.series == "i"] for name in ("ets", PRODUCT))
    assert ets
    assert {case.lead_s for case in ets} <= {case.lead_s for case in product}
    assert all(0.3 < case.peak.wql / case.naive_peak.wql < 3 for case in ets)
    assert tried["ets"].cpu_ms_per_forecast > 0
    assert shares[-1] == 1.0


def test_an_expert_nobody_made_is_refused_by_name() -> None:
    """The message lists those that there are."""
    series = SeriesSet(names=("a",), values=counts(n=1, t=200), step_s=600.0)
    with pytest.raises(ValueError, match="no expert arima; there are ets, uc, harmonic"):
        try_experts(series, ["ets", "arima"], Options(model=shipped_model()), done=lambda _: None)
