"""History for Prometheus: series as functions of time, written as OpenMetrics text for a backfill."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One series: name, labels, and its value `since` seconds after the start; it ends after `until` seconds.

    None is no sample.
    """

    name: str
    labels: Mapping[str, str]
    value: Callable[[float], float | None]
    until: float = float("inf")


def as_openmetrics(tracks: Iterable[Track], *, start: float, step_s: float, count: int) -> str:
    """Return the text of all tracks, sampled at `count` times from `start` on."""
    lines = []
    for track in sorted(tracks, key=lambda track: (track.name, sorted(track.labels.items()))):
        labels = ",".join(f'{label}="{value}"' for label, value in sorted(track.labels.items()))
        times = [index * step_s for index in range(count) if index * step_s <= track.until]
        samples = ((since, track.value(since)) for since in times)
        lines.extend(
            f"{track.name}{{{labels}}} {_text(value)} {start + since:.3f}"
            for since, value in samples
            if value is not None
        )
    return "\n".join([*lines, "# EOF\n"])


def _text(value: float) -> str:
    return "NaN" if math.isnan(value) else repr(float(value))
