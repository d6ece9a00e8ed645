"""What a contest comes to: per policy the sum over workloads, and the line of JSON that says so.

Shares are weighted by requests. Where a policy had several settings, the one that suits each workload best counts,
which flatters all but ours. Must not run anything.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from adapter.simulation.contest import ATTAINMENT, OURS, Outcome, best_of
from adapter.simulation.frontier import hours_at
from adapter.simulation.score import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """A policy over several workloads. Shares are of all requests, NaN without any."""

    requests: int
    slo_attainment: float
    """Share served in time, both limits at once."""
    ttft_attainment: float
    itl_attainment: float
    """Share within each limit alone."""
    ttft_p50_s: float
    ttft_p95_s: float
    ttft_p99_s: float
    """Of one workload; NaN over several, whose percentiles do not add up."""
    gpu_hours: float
    failed_requests: int
    scale_flaps: int
    cold_hits: int
    wakeups: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contest:
    """All outcomes on one workload."""

    workload: str
    intermittent: bool
    requests: int
    outcomes: Mapping[str, tuple[Outcome, ...]]
    """By policy: one outcome a setting, at least one."""
    subject: str = OURS
    """The policy that is the result; the others are what it is compared with."""
    attainment: float = ATTAINMENT
    """Share of requests to be served in time, by which the best setting of a policy is chosen."""

    @property
    def ours(self) -> Outcome:
        """Return the outcome of the subject."""
        return self.best(self.subject)

    def best(self, policy: str) -> Outcome:
        """Return the outcome of a policy with the setting that suits this workload best."""
        return best_of(self.outcomes[policy], attainment=self.attainment)

    def hours_at_our_attainment(self, policy: str) -> float:
        """Return the GPU-hours at which a policy attains what ours does; NaN where none of its settings does."""
        points = ((each.score.attainment, each.score.gpu_hours) for each in self.outcomes[policy])
        return hours_at(points, self.ours.score.attainment)


def total(scores: Iterable[Score]) -> Totals:
    """Return the sum of several scores."""
    known = tuple(scores)
    percentile = _only(known)
    return Totals(
        requests=sum(each.requests for each in known),
        slo_attainment=_share(known, lambda each: each.attainment),
        ttft_attainment=_share(known, lambda each: each.ttft_attainment),
        itl_attainment=_share(known, lambda each: each.itl_attainment),
        ttft_p50_s=percentile(lambda each: each.ttft_p50_s),
        ttft_p95_s=percentile(lambda each: each.ttft_p95_s),
        ttft_p99_s=percentile(lambda each: each.ttft_p99_s),
        gpu_hours=math.fsum(each.gpu_hours for each in known),
        failed_requests=sum(each.failed for each in known),
        scale_flaps=sum(each.flaps for each in known),
        cold_hits=sum(each.cold_hits for each in known),
        wakeups=sum(each.wakeups for each in known),
    )


def totals_of(contests: Sequence[Contest], policy: str) -> Totals:
    """Return a policy's sum over workloads, with the setting that suits each best."""
    return total(each.best(policy).score for each in contests)


def days_of(contests: Sequence[Contest], policy: str) -> tuple[Totals, ...]:
    """Return a policy's sum over workloads for each 24 hours; empty where days were not kept."""
    by_day = itertools.zip_longest(*(each.best(policy).days for each in contests))
    return tuple(total(score for score in day if score is not None) for day in by_day)


def summary(contests: Sequence[Contest], *, gpu_hour_price: float | None = None) -> dict[str, object]:
    """Return what `--json` prints: `result`, `comparison` and both again per workload.

    Args:
        contests: of all workloads, with the same policies and subject.
        gpu_hour_price: makes the entries carry a `cost`; None for no such key.
    """
    figures = _Figures(price=gpu_hour_price)
    return {
        **_results(contests, figures),
        "workloads": [
            {
                "workload": each.workload,
                "intermittent": each.intermittent,
                "requests": each.requests,
                **_results([each], figures),
            }
            for each in contests
        ],
    }


def compared(contests: Sequence[Contest]) -> list[str]:
    """Return the policies beside the subject, in the order in which they were played."""
    return [policy for policy in contests[0].outcomes if policy != contests[0].subject] if contests else []


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figures:
    """How totals are written down."""

    price: float | None

    def of(self, totals: Totals) -> dict[str, object]:
        cost = {} if self.price is None else {"cost": totals.gpu_hours * self.price}
        return {
            "slo_attainment": number(totals.slo_attainment),
            "ttft_attainment": number(totals.ttft_attainment),
            "itl_attainment": number(totals.itl_attainment),
            "ttft_p50_s": number(totals.ttft_p50_s),
            "ttft_p95_s": number(totals.ttft_p95_s),
            "ttft_p99_s": number(totals.ttft_p99_s),
            "gpu_hours": totals.gpu_hours,
            **cost,
            "failed_requests": totals.failed_requests,
            "scale_flaps": totals.scale_flaps,
            "cold_hits": totals.cold_hits,
            "wakeups": totals.wakeups,
        }


def _results(contests: Sequence[Contest], figures: _Figures) -> dict[str, object]:
    subject = contests[0].subject if contests else OURS
    return {
        "result": {"policy": subject, **_with_days(contests, subject, figures)},
        "comparison": [
            {
                "policy": policy,
                **_with_days(contests, policy, figures),
                "gpu_hours_at_equal_attainment": number(
                    math.fsum(each.hours_at_our_attainment(policy) for each in contests)
                ),
                "knobs": [number(each.best(policy).knob) for each in contests],
            }
            for policy in compared(contests)
        ],
    }


def _with_days(contests: Sequence[Contest], policy: str, figures: _Figures) -> dict[str, object]:
    days = [figures.of(each) for each in days_of(contests, policy)]
    return {**figures.of(totals_of(contests, policy)), "days": days}


def _share(scores: Sequence[Score], of: Callable[[Score], float]) -> float:
    requests = sum(each.requests for each in scores)
    served = math.fsum(of(each) * each.requests for each in scores if each.requests)
    return served / requests if requests else math.nan


def _only(scores: Sequence[Score]) -> Callable[[Callable[[Score], float]], float]:
    """Return what reads a figure of the only score with requests; NaN where there are several or none."""
    busy = [each for each in scores if each.requests]
    return lambda of: of(busy[0]) if len(busy) == 1 else math.nan


def number(value: float) -> float | None:
    """Return a number that JSON can carry: None for NaN."""
    return value if math.isfinite(value) else None
