"""What of some readings may be remembered and learnt from: fresh values, and nothing in place of the others.

Must not know: what is remembered, what is learnt.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from adapter.core.sight import freshness_limits, judge
from adapter.core.signal import FleetReadings, FloatArray, Signal, State
from adapter.core.tuning import TunedWorkload


def certain(
    readings: FleetReadings, tuned: Sequence[TunedWorkload], signals: Iterable[Signal]
) -> dict[Signal, FloatArray]:
    """Return some signals where they are fresh, shape (n, t) each, NaN where they are anything else or not there.

    Args:
        readings: rows in the order of `tuned`.
        tuned: the workloads, which say when a value is too old.
        signals: which ones.
    """
    limits = freshness_limits([each.tuning for each in tuned])
    known = {}
    for signal in signals:
        if signal not in readings.readings:
            known[signal] = np.full((len(tuned), readings.grid.count), np.nan)
            continue
        judged = judge(readings.readings[signal], limits)
        known[signal] = np.where(judged.state == State.FRESH, judged.value, np.nan)
    return known
