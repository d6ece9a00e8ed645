"""Our own metrics: the snapshot and the loop's statistics, read when a scrape asks.

One collector and nothing counted on the side, so a scrape shows exactly one tick, and a value that is not known has no
sample rather than a zero. Labels are bounded: workloads, signals, steps and fixed words; never a reason or a message.
Names are public. Source of naming: https://prometheus.io/docs/practices/naming/.
"""

import math
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from adapter.core.snapshot import Snapshot
from adapter.ports import Clock, LoopReader, SnapshotReader
from adapter.telemetry.families import FAMILIES, Family


def build_registry(reader: SnapshotReader, loop: LoopReader, clock: Clock, *, version: str) -> CollectorRegistry:
    """Return a registry of its own that holds nothing but our metrics.

    Args:
        reader: where the newest snapshot is.
        loop: reports on the loop itself.
        clock: tells how old the snapshot is.
        version: of scaleahead, such as `0.1.0`.
    """
    registry = CollectorRegistry()
    registry.register(SnapshotCollector(reader, loop, clock, version=version))
    return registry


class SnapshotCollector(Collector):
    """Turns the newest snapshot and the loop's statistics into metric families."""

    def __init__(self, reader: SnapshotReader, loop: LoopReader, clock: Clock, *, version: str) -> None:
        self._reader = reader
        self._loop = loop
        self._clock = clock
        self._version = version

    def describe(self) -> Iterable[Metric]:
        """Return nothing: registration must not collect, as there may be no snapshot yet."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield every family; those about workloads only once there is a snapshot."""
        yield InfoMetricFamily("scaleahead_build", "What is running.", value={"version": self._version})
        yield from self._loop_families()
        snapshot = self._reader.current()
        if snapshot is not None:
            yield from self._snapshot_families(snapshot)
            for family in FAMILIES:
                yield _filled(family, snapshot)

    def _loop_families(self) -> Iterator[Metric]:
        loop = self._loop.statistics()
        yield CounterMetricFamily("scaleahead_ticks", "Ticks that published a snapshot.", value=loop.ticks)
        yield CounterMetricFamily(
            "scaleahead_tick_failures", "Ticks that ended in an unexpected error.", value=loop.tick_failures
        )
        yield CounterMetricFamily("scaleahead_wakes", "Workloads woken between two ticks.", value=loop.wakes)
        yield _gauge("scaleahead_tick_interval_seconds", "Time between the starts of two ticks.", loop.interval_s)
        yield _gauge(
            "scaleahead_last_tick_start_timestamp_seconds", "When the last tick started.", loop.last_tick_start
        )
        yield _gauge(
            "scaleahead_tuning_valid",
            "1 when the newest tuning document is in force, 0 when it was rejected and the last good one is.",
            loop.tuning_valid,
        )
        yield _gauge(
            "scaleahead_tuning_since_timestamp_seconds",
            "Since when the tuning document has been valid, or wrong in the way it is.",
            loop.tuning_since,
        )
        yield CounterMetricFamily(
            "scaleahead_tuning_rejections", "Tuning documents that were rejected.", value=loop.tuning_rejections
        )

    def _snapshot_families(self, snapshot: Snapshot) -> Iterator[Metric]:
        age_s = self._clock.now() - snapshot.at
        yield _gauge("scaleahead_snapshot_age_seconds", "Age of the decisions that are served.", age_s)
        yield _gauge("scaleahead_snapshot_max_age_seconds", "Age above which they are not.", snapshot.max_age_s)
        yield _gauge("scaleahead_workloads", "Workloads decided on.", len(snapshot.decisions))
        yield _gauge("scaleahead_signal_problems", "Queries of the last tick with a problem.", len(snapshot.problems))
        yield InfoMetricFamily("scaleahead_tuning", "Tuning in force.", value={"digest": snapshot.tuning_digest})
        steps = GaugeMetricFamily(
            "scaleahead_tick_step_seconds", "Wall time of each step of the last tick.", labels=["step"]
        )
        for step, seconds in snapshot.step_seconds.items():
            steps.add_metric([step], seconds)
        yield steps


def _gauge(name: str, text: str, value: float | None) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text)
    if value is not None:
        family.add_metric([], value)
    return family


def _filled(family: Family, snapshot: Snapshot) -> GaugeMetricFamily:
    filled = GaugeMetricFamily(family.name, family.text, labels=["namespace", "workload", *family.labels])
    for workload in sorted(snapshot.decisions):
        for labels, value in family.samples(snapshot.decisions[workload]):
            if value is not None and not math.isnan(value):
                filled.add_metric([workload.namespace, workload.name, *labels], float(value))
    return filled
