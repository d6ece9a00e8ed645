"""What is allowed in a document and will not do what its author expects: told as warnings.

Bounds are the last word of a decision, so an override or an event beyond them has no effect beyond them.
"""

from collections.abc import Iterator

from adapter.core.tuning.schema import Location
from adapter.core.tuning.workload import WorkloadTuning


def remarks(tuning: WorkloadTuning) -> Iterator[tuple[Location, str]]:
    """Give the location within a workload, and what should be known about the value there."""
    low, high = tuning.replicas.min, tuning.replicas.max
    override = tuning.override
    if override is not None and (override.floor or 0) > high:
        yield ("override", "floor"), _above(high)
    if override is not None and override.ceiling is not None and override.ceiling < low:
        yield ("override", "ceiling"), f"is below replicas.min ({low}), which wins"
    for index, event in enumerate(tuning.events):
        if event.floor > high:
            yield ("events", index, "floor"), _above(high)


def _above(high: int) -> str:
    return f"is above replicas.max ({high}), which wins"
