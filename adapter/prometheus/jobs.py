"""The queries of one preset in a fixed order, each with its fold; pure.

First the four questions to the anchor, then the signals; a ratio takes two queries.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from adapter.core.signal import FloatArray, Signal
from adapter.core.workload import Workload
from adapter.prometheus.decode import Table
from adapter.prometheus.fold import Folded, Owned, fold_extreme, fold_same, fold_sum
from adapter.prometheus.plan import PlannedPreset, PlannedSignal
from adapter.prometheus.preset import SignalQuery
from adapter.prometheus.quantile import fold_quantile, fold_share
from adapter.prometheus.reader import Fold, Job

ANCHOR_JOBS = 4


def preset_jobs(preset: PlannedPreset, workloads: Sequence[Workload]) -> list[Job]:
    """Return the jobs of a preset for a fleet: age, reporting, expected, copies, then signals."""
    rows = len(workloads)
    sums = partial(fold_sum, rows=rows)
    anchor = preset.anchor
    jobs = [
        Job(query=anchor.age, owners=preset.owners, fold=_extreme(np.minimum, rows)),
        Job(query=anchor.reporting, owners=preset.owners, fold=sums),
        Job(query=anchor.expected, owners=preset.owners, fold=sums),
        Job(query=anchor.copies, owners=preset.owners, fold=_extreme(np.maximum, rows)),
    ]
    for signal in preset.signals:
        jobs.extend(_signal_jobs(signal, preset, workloads))
    return jobs


def demand_jobs(preset: PlannedPreset, workloads: Sequence[Workload]) -> list[Job]:
    """Return the jobs of a preset that show demand at zero replicas, without the questions to its anchor.

    They are enough to wake: an old value may do that too, and nothing else is concluded from them.
    """
    shown = (each for each in preset.signals if each.signal is Signal.DEMAND_AT_ZERO and each.how.exists_at_zero)
    return [job for signal in shown for job in _signal_jobs(signal, preset, workloads)]


def job_count(signal: PlannedSignal) -> int:
    """Return how many queries a signal takes."""
    return 1 if signal.per is None else 2


def _signal_jobs(signal: PlannedSignal, preset: PlannedPreset, workloads: Sequence[Workload]) -> list[Job]:
    fold = _fold(signal.how, workloads)
    queries = [signal.query] if signal.per is None else [signal.query, signal.per]
    return [Job(query=query, owners=preset.owners, fold=fold) for query in queries]


def _fold(how: SignalQuery, workloads: Sequence[Workload]) -> Fold:
    rows = len(workloads)
    if how.within is not None:
        objectives = [each.objective for each in workloads]
        limits = [each.ttft_s if how.within == "ttft" else each.itl_s for each in objectives]
        return partial(fold_share, limits=np.array(limits) / how.scale)
    if how.quantile is not None:
        return _changed(partial(fold_quantile, rows=rows, quantile=how.quantile), lambda value: value * how.scale)
    if how.fold == "same":
        return partial(fold_same, rows=rows)
    if how.clamp:
        return _changed(partial(fold_sum, rows=rows, negatives=True), lambda value: np.maximum(value, 0.0))
    return partial(fold_sum, rows=rows)


def _changed(fold: Fold, change: Callable[[FloatArray], FloatArray]) -> Fold:
    def changed(table: Table, owned: Owned) -> Folded:
        folded = fold(table, owned)
        return Folded(value=change(folded.value), bad=folded.bad)

    return changed


def _extreme(kind: np.ufunc, rows: int) -> Callable[[Table, Owned], Folded]:
    def extreme(table: Table, owned: Owned) -> Folded:
        value = fold_extreme(kind, table, owned, rows=rows)
        return Folded(value=value, bad=np.zeros(value.shape, dtype=np.bool_))

    return extreme
