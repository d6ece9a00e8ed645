"""What is expected of each workload: its demand as decisions see it, and its raw signals as metrics show them.

Why: forecasts are renewed once a minute and spread over the ticks, whoever asks for them. Must not know: what is
decided on them.
"""

import zlib
from collections.abc import Sequence

import numpy as np

from adapter.core.decision import WorkloadForecast
from adapter.core.following import QUANTILE_LADDER, RowArray
from adapter.core.history import MINUTE_TIER, History
from adapter.core.lead_time import HORIZON_LADDER_S, rung
from adapter.core.price import chosen_quantile
from adapter.core.signal import UNITS, FloatArray, Signal
from adapter.core.tuning import TunedWorkload
from adapter.core.workload import WorkloadId
from forecasting import MIN_STEPS, Forecast, Question
from forecasting.naive import naive_forecast

REFRESH_S = 60.0
EXPOSED: tuple[Signal, ...] = (
    Signal.QUEUE_DEPTH,
    Signal.GENERATION_TOKENS_RATE,
    Signal.GPU_UTILIZATION,
    Signal.KV_CACHE_USAGE,
)
"""Raw signals that have a forecast twin among the metrics."""


def is_due(workload: WorkloadId, *, at: float, step_s: float) -> bool:
    """Tell whether a workload's forecast is renewed at this tick."""
    slots = max(1, round(REFRESH_S / step_s))
    return round(at / step_s) % slots == zlib.crc32(str(workload).encode()) % slots


def forecast_rows(
    history: History, tuned: Sequence[TunedWorkload], rows: RowArray, *, leads_s: Sequence[float], view: Forecast
) -> dict[WorkloadId, WorkloadForecast]:
    """Return the forecasts of some rows of a history; rows with too little history have none.

    Args:
        history: what is known so far, in the row order of `tuned`.
        tuned: the workloads.
        rows: which of them.
        leads_s: how far ahead each of the workloads looks.
        view: the forecast of the demand of these rows.
    """
    minute = history.minute
    peaks = _signal_peaks(history, tuned, rows, leads_s=leads_s)
    return {
        history.ids[row]: WorkloadForecast(
            origin=minute.end,
            horizons_s=HORIZON_LADDER_S,
            quantiles=QUANTILE_LADDER,
            peak=tuple(tuple(line) for line in view.peak[index].tolist()),
            arrival_probability=tuple(view.arrival_probability[index].tolist()),
            skill=float(np.nanmean(view.skill[index])) if np.isfinite(view.skill[index]).any() else float("nan"),
            coverage=float(view.coverage[index, QUANTILE_LADDER.index(0.95)]),
            trusted=bool(view.trusted[index]),
            signal_peaks=peaks[index],
        )
        for index, row in enumerate(rows.tolist())
        if np.isfinite(view.peak[index]).all()
    }


def _signal_peaks(
    history: History, tuned: Sequence[TunedWorkload], rows: RowArray, *, leads_s: Sequence[float]
) -> list[dict[Signal, float]]:
    """Return, per row, the chosen quantile of each exposed raw signal's peak within the lead time.

    The naive forecast is all that raw signals get: nothing is decided on them.
    """
    peaks: list[dict[Signal, float]] = [{} for _ in rows]
    rungs = np.array([rung(leads_s[row], HORIZON_LADDER_S) for row in rows.tolist()])
    quantiles = [rung(chosen_quantile(tuned[row].tuning) - 1e-9, QUANTILE_LADDER) for row in rows.tolist()]
    for signal in EXPOSED:
        tier = history.signals.get(signal)
        if tier is None:
            continue
        minutes = tier.values[rows][:, tier.times() % MINUTE_TIER.step_s == 0].astype(np.float64)
        for lead in np.unique(rungs).tolist():
            members = np.flatnonzero(rungs == lead)
            peak = _naive_peak(minutes[members], lead)
            for index, each in zip(members.tolist(), peak, strict=True):
                value = float(each[quantiles[index]])
                peaks[index][signal] = min(value, 1.0) if UNITS[signal] == "ratio" else value
    return peaks


def _naive_peak(minutes: FloatArray, lead: int) -> FloatArray:
    """Return the naive peak until one rung of the ladder, shape (n, k); NaN with too little history."""
    steps = np.array([round(each / MINUTE_TIER.step_s) for each in HORIZON_LADDER_S[: lead + 1]])
    question = Question(step_s=MINUTE_TIER.step_s, horizons=steps, quantiles=np.array(QUANTILE_LADDER))
    peak = naive_forecast(minutes, minutes, question).peak[:, :, -1]
    enough = np.sum(~np.isnan(minutes), axis=1) >= MIN_STEPS
    return np.where(enough[:, None], peak, np.nan)
