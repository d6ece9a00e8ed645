"""The same traces under plain reactive scaling, the best of five targets, and the sums that are compared.

Reactive scaling gets the same fleet, bounds, cold starts and start, HPA's own defaults, and the target that suits each
trace best in hindsight.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adapter.demo.cluster import new_fleet
from adapter.demo.scenario import Service
from adapter.simulation.closed_loop import Policy, Run, close_loop
from adapter.simulation.policies import ReactiveHpa, ReactiveKeda, best_run, reactive_targets
from adapter.simulation.score import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """Outcome over all services."""

    slo_attainment: float
    """Share of all requests served in time."""
    gpu_hours: float
    failed_requests: int
    scale_flaps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reactive:
    """The best reactive run of one service."""

    target: float
    """Requests in flight per replica."""
    score: Score


def total(scores: Sequence[Score]) -> Total:
    """Return the sum of several scores; shares are weighted by requests."""
    requests = sum(each.requests for each in scores)
    served = math.fsum(each.attainment * each.requests for each in scores if each.requests)
    return Total(
        slo_attainment=served / requests if requests else math.nan,
        gpu_hours=math.fsum(each.gpu_hours for each in scores),
        failed_requests=sum(each.failed for each in scores),
        scale_flaps=sum(each.flaps for each in scores),
    )


def best_reactive(service: Service, *, end_s: float, progress: Callable[[], None]) -> Reactive:
    """Return the best of five reactive runs of a service.

    Args:
        service: with its whole trace.
        end_s: end of billing, as in our own run.
        progress: called after each run.
    """

    def simulate(target: float) -> Run:
        run = close_loop(new_fleet(service), _policy(service, target), end_s=end_s)
        progress()
        return run

    target, run = best_run(reactive_targets(service.profile, service.requests.shape()), simulate)
    return Reactive(target=target, score=run.score)


def _policy(service: Service, target: float) -> Policy:
    if service.may_sleep:
        return ReactiveKeda(target=target, max_replicas=service.max_replicas)
    return ReactiveHpa(target=target, max_replicas=service.max_replicas)
