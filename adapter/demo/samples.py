"""A small memory of scrapes, and the few functions of PromQL that the demo's source needs.

Stands in for a Prometheus that scrapes a simulated fleet. Rates are increase over elapsed time between the first and
the last sample of a window, per series, without Prometheus's extrapolation to the window's edges.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from adapter.simulation.exposition import Exposition, Sample

SeriesKey = tuple[str, str]
"""Metric name with the labels that tell its series apart, and the target it came from."""


_START_TIMES = ("kube_pod_status_ready_time", "kube_pod_created")
_SEEN_LATE_S = 60.0  # as in the preset: a start is looked for a minute after it ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrape:
    """Everything that was scraped at one time."""

    at: float
    values: dict[str, dict[str, float]]
    """Per metric name: value per series."""


class ScrapeMemory:
    """Scrapes of the last minutes, oldest first.

    Args:
        span_s: how long scrapes are remembered.
        stale_s: age at which the newest scrape no longer answers.
    """

    def __init__(self, *, span_s: float = 900.0, stale_s: float = 60.0) -> None:
        self._span_s = span_s
        self._stale_s = stale_s
        self._scrapes: list[Scrape] = []

    def record(self, expositions: Iterable[Exposition], *, at: float) -> None:
        """Remember what all targets showed at `at`, and forget what is too old."""
        values: dict[str, dict[str, float]] = {}
        for exposition in expositions:
            target = dict(exposition.target)["instance"]
            for family in exposition.families:
                for sample in family.samples:
                    if sample.name.endswith("_bucket"):  # most of the samples, and nobody asks for them here
                        continue
                    values.setdefault(sample.name, {})[_series(target, sample)] = sample.value
        first = bisect_right(self._scrapes, at - self._span_s, key=lambda scrape: scrape.at)
        self._scrapes = [*self._scrapes[first:], Scrape(at=at, values=values)]

    def age_s(self, at: float) -> float | None:
        """Return the age of the newest scrape at `at`; None when there is none that still answers."""
        newest = self._newest(at)
        return None if newest is None else at - newest.at

    def total(self, name: str, *, at: float) -> float | None:
        """Return the sum of a metric over its series; None when nobody shows it."""
        newest = self._newest(at)
        series = newest.values.get(name) if newest else None
        return sum(series[key] for key in sorted(series)) if series else None

    def mean(self, name: str, *, at: float) -> float | None:
        """Return the mean of a metric over its series; None when nobody shows it."""
        newest = self._newest(at)
        series = newest.values.get(name) if newest else None
        return sum(series[key] for key in sorted(series)) / len(series) if series else None

    def rate(self, name: str, *, at: float, window_s: float) -> float | None:
        """Return the summed per-second increase over the window; None without two samples of any series."""
        slopes = self._slopes(name, at=at, window_s=window_s)
        return sum(slopes) if slopes else None

    def slope(self, name: str, *, at: float, window_s: float) -> float | None:
        """Return the summed per-second change of a gauge over the window; None without two samples of any series."""
        return self.rate(name, at=at, window_s=window_s)

    def starts(self, *, at: float, window_s: float) -> list[float]:
        """Return how long the pods took, in seconds, that became ready in the window that ends a minute before `at`.

        Pods of the simulation neither restart nor lose their readiness, so the newest times of each are its only ones.
        """
        ready, created = (self._latest(name, at=at, window_s=window_s) for name in _START_TIMES)
        end = at - _SEEN_LATE_S
        ended = sorted(key for key, ready_at in ready.items() if end - window_s < ready_at <= end and key in created)
        return [ready[key] - created[key] for key in ended]

    def _latest(self, name: str, *, at: float, window_s: float) -> dict[str, float]:
        """Return the newest sample of every series that was seen in the window."""
        latest: dict[str, float] = {}
        for scrape in self._scrapes:
            if at - window_s < scrape.at <= at:
                latest.update(scrape.values.get(name, {}))
        return latest

    def _slopes(self, name: str, *, at: float, window_s: float) -> list[float]:
        window = [scrape for scrape in self._scrapes if at - window_s <= scrape.at <= at]
        newest = self._newest(at)
        if newest is None:
            return []
        slopes = []
        for key in sorted(newest.values.get(name, {})):
            seen = [(scrape.at, scrape.values[name][key]) for scrape in window if key in scrape.values.get(name, {})]
            if len(seen) >= 2:
                slopes.append((seen[-1][1] - seen[0][1]) / (seen[-1][0] - seen[0][0]))
        return slopes

    def _newest(self, at: float) -> Scrape | None:
        index = bisect_right(self._scrapes, at, key=lambda scrape: scrape.at)
        if not index or at - self._scrapes[index - 1].at > self._stale_s:
            return None
        return self._scrapes[index - 1]


def _series(target: str, sample: Sample) -> str:
    labels = ",".join(f"{name}={value}" for name, value in sample.labels)
    return f"{target}|{labels}"
