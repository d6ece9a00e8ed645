"""A simulated fleet, recorded as a Prometheus that scrapes it would store it, as text for a backfill."""

from collections import defaultdict
from collections.abc import Callable

from adapter.simulation.exports import Exporter
from adapter.simulation.fleet import Fleet
from adapter.simulation.identity import Identity


def _nothing(_fleet: Fleet) -> None:
    """Leave the fleet as it is."""


def record_fleet(
    served: Fleet,
    identity: Identity,
    *,
    step_s: float,
    scrapes: int,
    act: Callable[[Fleet], None] = _nothing,
    keep: Callable[[str], bool] = lambda _: True,
) -> str:
    """Run a fleet and return its record as OpenMetrics text.

    Args:
        served: at its start; it is advanced.
        identity: names, and the time of second 0.
        step_s: seconds between scrapes.
        scrapes: how many.
        act: called after each scrape; may scale the fleet.
        keep: tells by its name whether a series is kept.
    """
    exporter = Exporter(served, identity)
    samples: dict[tuple[str, str], list[str]] = defaultdict(list)
    for scrape in range(scrapes):
        served.advance(scrape * step_s)
        at = f"{identity.started_at + scrape * step_s:.3f}"
        for target in exporter.scrape():
            samples["up", _braces(dict(target.target))].append(f"{float(target.is_up)} {at}")
            for sample in (sample for family in target.families for sample in family.samples if keep(sample.name)):
                labels = _braces(dict(target.target) | dict(sample.labels))
                samples[sample.name, labels].append(f"{sample.value!r} {at}")
        act(served)
    lines = [f"{name}{labels} {line}" for (name, labels), all_of_it in sorted(samples.items()) for line in all_of_it]
    return "\n".join([*lines, "# EOF\n"])


def _braces(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in sorted(labels.items())) + "}"
