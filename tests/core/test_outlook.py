"""What is expected of each workload."""

import numpy as np

from adapter.core.decision import WorkloadForecast
from adapter.core.following import Following
from adapter.core.history import History
from adapter.core.lead_time import HORIZON_LADDER_S
from adapter.core.outlook import EXPOSED, forecast_rows, is_due
from adapter.core.signal import Signal
from adapter.core.workload import WorkloadId
from tests.core.test_fold import STEP_S, A, ramp, watched
from tests.factories import TICK


def expected_of(history: History) -> dict[WorkloadId, WorkloadForecast]:
    """Return what is expected of workload A in three minutes."""
    rows = np.array([0])
    view = Following().renewed(history, rows)[1].forecast()
    return forecast_rows(history, (A,), rows, leads_s=[180.0], view=view)


def test_every_workload_is_renewed_once_a_minute() -> None:
    """At a tick that its name picks, so that the work spreads."""
    ids = [WorkloadId("prod", f"w{each}") for each in range(200)]
    due = [[is_due(each, at=TICK + STEP_S * tick, step_s=STEP_S) for tick in range(4)] for each in ids]
    assert all(sum(row) == 1 for row in due)
    assert all(20 < sum(column) < 80 for column in zip(*due, strict=True))


def test_too_little_history_has_no_forecast() -> None:
    """Seven minutes are not enough; an hour is."""
    for ticks, count in ((4 * 6 + 1, 0), (4 * 60, 1)):
        history = watched((A,), [ramp(ticks)])[0].history
        assert len(expected_of(history)) == count


def test_a_forecast_speaks_the_ladder_and_rises_with_it() -> None:
    """Every horizon and quantile is there; peaks fall along neither."""
    history = watched((A,), [ramp(240)])[0].history
    forecast = expected_of(history)[A.workload.id]
    peaks = np.array(forecast.peak)
    assert forecast.horizons_s == HORIZON_LADDER_S
    assert (np.diff(peaks, axis=0) >= 0).all()
    assert (np.diff(peaks, axis=1) >= 0).all()


def test_raw_signals_have_a_forecast_of_their_own() -> None:
    """Only those that are exposed and were seen; none without history."""
    history = watched((A,), [ramp(240)])[0].history
    peaks = expected_of(history)[A.workload.id].signal_peaks
    assert set(peaks) == {Signal.QUEUE_DEPTH}
    assert set(peaks) <= set(EXPOSED)
    assert peaks[Signal.QUEUE_DEPTH] == 0.0
