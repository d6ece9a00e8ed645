"""What a contest comes to: per policy the sum over workloads, and the line of JSON that says so.

Shares are weighted by requests. Where a policy had several settings, the one that suits each workload best counts,
which flatters all but ours. Must not run anything.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from adapter.simulation.contest import OURS, Outcome, best_of
from adapter.simulation.frontier import hours_at
from adapter.simulation.score import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """A policy over several workloads."""

    slo_attainment: float
    """Share of all requests served in time, NaN without any."""
    gpu_hours: float
    failed_requests: int
    scale_flaps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """All outcomes on one workload."""

    workload: str
    intermittent: bool
    requests: int
    outcomes: Mapping[str, tuple[Outcome, ...]]
    """By policy: one outcome a setting, at least one."""

    @property
    def ours(self) -> Outcome:
        """Return our own outcome."""
        return best_of(self.outcomes[OURS])

    def hours_at_our_attainment(self, policy: str) -> float:
        """Return the GPU-hours at which a policy attains what ours does; NaN where none of its settings does."""
        points = ((each.score.attainment, each.score.gpu_hours) for each in self.outcomes[policy])
        return hours_at(points, self.ours.score.attainment)


def total(scores: Iterable[Score]) -> Totals:
    """Return the sum of several scores."""
    known = tuple(scores)
    requests = sum(each.requests for each in known)
    served = math.fsum(each.attainment * each.requests for each in known if each.requests)
    return Totals(
        slo_attainment=served / requests if requests else math.nan,
        gpu_hours=math.fsum(each.gpu_hours for each in known),
        failed_requests=sum(each.failed for each in known),
        scale_flaps=sum(each.flaps for each in known),
    )


def summary(contests: Sequence[Contest]) -> dict[str, object]:
    """Return what `scaleahead simulate --json` prints: `result`, `comparison` and both again per workload."""
    return {
        "result": _figures(total(each.ours.score for each in contests)),
        "comparison": _comparison(contests),
        "workloads": [
            {
                "workload": each.workload,
                "intermittent": each.intermittent,
                "requests": each.requests,
                "result": _figures(total([each.ours.score])),
                "comparison": _comparison([each]),
            }
            for each in contests
        ],
    }


def compared(contests: Sequence[Contest]) -> list[str]:
    """Return the policies beside ours, in the order in which they were played."""
    return [policy for policy in contests[0].outcomes if policy != OURS] if contests else []


def _comparison(contests: Sequence[Contest]) -> list[dict[str, object]]:
    return [
        {
            "policy": policy,
            **_figures(total(best_of(each.outcomes[policy]).score for each in contests)),
            "gpu_hours_at_equal_attainment": _number(
                math.fsum(each.hours_at_our_attainment(policy) for each in contests)
            ),
            "knobs": [_number(best_of(each.outcomes[policy]).knob) for each in contests],
        }
        for policy in compared(contests)
    ]


def _figures(totals: Totals) -> dict[str, object]:
    return {
        "slo_attainment": _number(totals.slo_attainment),
        "gpu_hours": totals.gpu_hours,
        "failed_requests": totals.failed_requests,
        "scale_flaps": totals.scale_flaps,
    }


def _number(value: float) -> float | None:
    """Return a number that JSON can carry: None for NaN."""
    return value if math.isfinite(value) else None
