"""The lattice of recorded origins."""

import numpy as np

from forecasting.members import Origins, member_forecasts
from forecasting.model_file import shipped_model
from forecasting.record import LENGTH, STRIDE, assemble, recorded_ends
from tests.forecasting.loads import counts, history

HORIZONS = np.array([1, 5])


def test_recorded_origins_move_only_on_the_lattice() -> None:
    """Between two multiples of the stride nothing changes, and the number is bounded."""
    assert recorded_ends(44 * STRIDE + 5).tolist() == recorded_ends(44 * STRIDE).tolist()
    assert recorded_ends(45 * STRIDE)[-1] == 44 * STRIDE
    assert recorded_ends(5000).size == LENGTH


def test_truths_are_the_loads_that_came_and_gaps_are_not_scored() -> None:
    """The peak of the next five steps; nothing where a step of it is missing."""
    values = counts(n=1, t=110 * STRIDE)
    values[0, 105 * STRIDE + 3] = np.nan
    ends = recorded_ends(110 * STRIDE)
    origins = Origins(rows=np.zeros(ends.size, dtype=np.int64), ends=ends)
    seen = history(values)
    record = assemble(seen.known, HORIZONS, member_forecasts(seen, origins, horizons=HORIZONS, model=shipped_model()))
    assert record.peak_truth[0, -1, 1] == values[0, 109 * STRIDE : 109 * STRIDE + 5].max()
    assert np.isnan(record.peak_truth[0, -5, 1])
    assert ends[-5] == 105 * STRIDE
