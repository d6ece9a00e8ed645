"""The kernels against results of an independent implementation, and that against scipy where it can."""

import json
from typing import Any

import numpy as np
import pytest
from scipy.stats.mstats import mquantiles

from forecasting.evaluation.metrics import LEVELS, score
from forecasting.experts import PEAK_EXPERTS, ask_experts
from forecasting.mixing import Ahead, learn, weighted_median
from forecasting.naive import conformal_quantiles
from forecasting.ranks import GRID, grid_quantiles
from forecasting.targets import peak_ahead
from forecasting.window import Window, prepare
from tests.forecasting.loads import history
from tests.golden import make

GOLDEN: dict[str, Any] = json.loads(make.FILE.read_text(encoding="utf-8"))


def array(values: object) -> np.ndarray:
    """Return an array in which null is NaN."""
    return np.array(values, dtype=np.float64)


def window_of(name: str) -> Window:
    """Return the prepared window of a long row."""
    values = array(GOLDEN[name]["row"])[None, :]
    return prepare(history(values).windows(np.array([0]), np.array([values.shape[1]])))


def test_the_file_is_what_the_script_writes() -> None:
    """Changed constants of the mix need a new file: `python -m tests.golden.make`."""
    assert make.FILE.read_text(encoding="utf-8") == make.text()


def test_quantile_loss_equals_the_plain_sum() -> None:
    """Unknown targets left out."""
    truth, said = array(GOLDEN["wql"]["truths"]), array(GOLDEN["wql"]["said"])
    np.testing.assert_allclose(score(truth, said, ~np.isnan(truth)).wql, GOLDEN["wql"]["is"], rtol=1e-12)


def test_conformal_quantiles_equal_ranks_in_exact_fractions() -> None:
    """No rounding of (m + 1) q moves a rank."""
    case = GOLDEN["conformal"]
    np.testing.assert_array_equal(conformal_quantiles(array(case["errors"])[None, :], LEVELS)[0], case["is"])


@pytest.mark.parametrize("horizon", ["1", "2", "3", "7", "16"])
def test_peaks_equal_the_maximum_of_each_window(horizon: str) -> None:
    """Doubling windows miss nothing and bridge no gap."""
    case = GOLDEN["peaks"]
    np.testing.assert_array_equal(peak_ahead(array(case["row"])[None, :], int(horizon))[0], array(case["is"][horizon]))


def test_weighted_medians_equal_the_plain_walk() -> None:
    """Ties among values included."""
    case = GOLDEN["weighted_median"]
    said = array(case["values"]).astype(np.float32).reshape(8, 5, 1)
    found = weighted_median(said, array(case["weights"]).reshape(8, 5, 1))
    np.testing.assert_array_equal(found.ravel(), case["is"])


def test_grid_quantiles_equal_the_plain_ones_and_those_of_scipy() -> None:
    """Position (m + 1) q is what scipy calls alphap = betap = 0."""
    case = GOLDEN["grid_quantiles"]
    sample = array(case["sample"])
    np.testing.assert_allclose(grid_quantiles(sample.astype(np.float32)[None, :])[0], case["is"], rtol=1e-5)
    np.testing.assert_allclose(case["is"], mquantiles(sample[~np.isnan(sample)], GRID, alphap=0, betap=0), rtol=1e-12)


@pytest.mark.parametrize("span", ["2", "4", "16", "256"])
def test_rolling_means_equal_those_of_each_span(span: str) -> None:
    """Gaps left out, and held over where a span has nothing else."""
    window = window_of("rolling_means")
    means = window.means[int(span)][0, -120:] * window.scale[0]
    np.testing.assert_allclose(means, array(GOLDEN["rolling_means"]["is"][span]), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("horizon", ["1", "10", "60"])
def test_the_damped_trend_and_its_errors_equal_the_plain_ones(horizon: str) -> None:
    """Smoothing, damping, origins, targets and ranks together."""
    window = window_of("trend_peak")
    said = ask_experts(window, int(horizon)).peak[0, PEAK_EXPERTS.index("trend")] * window.scale[0]
    np.testing.assert_allclose(said, np.maximum(GOLDEN["trend_peak"]["is"][horizon], 0.0), rtol=1e-4, atol=1e-4)


def test_mixing_weights_equal_the_formula() -> None:
    """At the median, one step ahead, every origin over."""
    case = GOLDEN["mixing_weights"]
    said = array(case["said"]).T[None, :, :, None, None].repeat(GRID.size, axis=3).astype(np.float32)
    truth = array(case["truths"])[None, :, None]
    ahead = Ahead(delays=np.array([1.0]), far=np.array([False]))
    weights = learn(said, truth, ahead=ahead).weights[0, :, GRID.tolist().index(0.5), 0]
    np.testing.assert_allclose(weights, case["is"], rtol=1e-5)
