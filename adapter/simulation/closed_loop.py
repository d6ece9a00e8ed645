"""A policy sizes a simulated fleet, and the fleet's answer is what it sees next.

Keeps the delays of the real thing: metrics are scraped some seconds before the policy reads them, the policy acts only
every sync, and new pods start cold. The policy sees scraped metrics and the scale object, never the requests to come.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from adapter.simulation.arrays import NO_REQUEST, Records
from adapter.simulation.hpa_metrics import Scale
from adapter.simulation.pods import Gateway, Phase, Pod
from adapter.simulation.profiles import EngineProfile
from adapter.simulation.score import DEFAULT_OBJECTIVE, Objective, ScaleEvent, Score
from adapter.simulation.trail import Trail, thin

SETTLE_S: Final = 600.0
"""After the end a run goes on for at most this long, unbilled, until no request is in flight."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observation:
    """What a scrape of all targets adds up to, and the engines' own rows for those who need their counters."""

    at_s: float
    running: int
    """Requests in the batches of the engines."""
    waiting: int
    """Requests in the queues of the engines."""
    held: int
    """Requests that wait at the gateway for a first replica."""
    engines: int
    """Engines that answered; with none, `running` and `waiting` are sums of nothing."""
    kv_usage: float
    """Sum over the engines of the share of the KV cache in use."""
    scale: Scale
    """The scale object at the scrape."""
    serials: tuple[int, ...]
    """Which pods the engines are."""
    rows: Records
    """Their counters and gauges, see `arrays.POD`, one row an engine; a copy."""

    @property
    def in_flight(self) -> int:
        """Return all requests that have arrived and not ended, held ones included."""
        return self.running + self.waiting + self.held


class Engine(Protocol):
    """A simulated fleet, of single requests (`Fleet`) or of amounts (`FluidFleet`); see there."""

    now_s: float
    spec_replicas: int

    @property
    def profile(self) -> EngineProfile:
        """Speed and size of each replica."""

    @property
    def pods(self) -> tuple[Pod, ...]:
        """The pods that exist, oldest first."""

    @property
    def gateway(self) -> Gateway:
        """The counts of the gateway."""

    @property
    def ready_replicas(self) -> int:
        """The pods that take requests."""

    @property
    def in_flight(self) -> int:
        """The requests that have arrived and not ended."""

    @property
    def arrived(self) -> int:
        """What has arrived, as `score` counts it."""

    def engine_rows(self, pods: Sequence[Pod]) -> Records:
        """Return what the engines of `pods` export."""
        ...

    def gpu_hours(self) -> float:
        """Return what is billed so far."""
        ...

    def scale_to(self, replicas: int) -> None:
        """Ask for a size."""
        ...

    def advance(self, until_s: float) -> None:
        """Let time pass."""
        ...

    def score(self, arrived: int, events: Sequence[ScaleEvent], *, gpu_hours: float, objective: Objective) -> Score:
        """Return what a run was worth to the first `arrived`."""
        ...


class Policy(Protocol):
    """Something that sizes a fleet."""

    def replicas(self, seen: Observation, scale: Scale, *, now_s: float) -> int:
        """Return the replicas to ask for, given the last scrape and the scale object as it is now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """State of the fleet at one sync, after the policy acted."""

    at_s: float
    spec: int
    ready: int
    in_flight: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """A finished run."""

    score: Score
    events: tuple[ScaleEvent, ...]
    moments: tuple[Moment, ...]
    days: tuple[Score, ...] = ()
    """The score of each 24 hours, see `daily`; empty where nobody asked for it."""

    def trail(self) -> Trail:
        """Return its course, thinned out."""
        return thin([(each.at_s, each.spec, each.ready, each.in_flight) for each in self.moments])


def observe(fleet: Engine) -> Observation:
    """Return what a scrape of `fleet` shows now."""
    pods = [pod for pod in fleet.pods if pod.phase is not Phase.STARTING]
    rows = fleet.engine_rows(pods)
    waiting = int(rows["waiting"].sum())
    return Observation(
        at_s=fleet.now_s,
        running=int(rows["decoding"].sum() + (rows["prefilling"] != NO_REQUEST).sum()),
        waiting=waiting,
        held=fleet.gateway.held,
        engines=len(pods),
        kv_usage=float(rows["kv_tokens"].sum()) / fleet.profile.kv_capacity_tokens,
        scale=scale_of(fleet),
        serials=tuple(pod.serial for pod in pods),
        rows=rows,
    )


def scale_of(fleet: Engine) -> Scale:
    """Return the fleet's scale object: requested, existing and ready replicas; draining pods are none of them."""
    existing = sum(pod.phase is not Phase.DRAINING for pod in fleet.pods)
    return Scale(replicas=fleet.spec_replicas, status_replicas=existing, ready_replicas=fleet.ready_replicas)


def close_loop(
    fleet: Engine,
    policy: Policy,
    *,
    end_s: float,
    sync_s: float = 15.0,
    scrape_age_s: float = 7.5,
    objective: Objective = DEFAULT_OBJECTIVE,
) -> Run:
    """Let `policy` size `fleet` from now to `end_s`, and score it.

    Args:
        fleet: at its start; it is advanced.
        policy: asked every `sync_s`.
        end_s: end of billing, rounded up to a whole sync; requests still in flight then may end unbilled.
        sync_s: seconds between two decisions, > 0.
        scrape_age_s: age of the metrics at a decision, in [0, sync_s]; scraping every 15 s gives half of it on average.
        objective: when a request counts as served in time.

    Raises:
        ValueError: `scrape_age_s` is not in [0, sync_s].
    """
    if not 0 <= scrape_age_s <= sync_s:
        raise ValueError(f"scrape_age_s must be in [0, {sync_s}] (sync_s), got {scrape_age_s}")
    events: list[ScaleEvent] = []
    moments: list[Moment] = []
    syncs = max(math.ceil((end_s - fleet.now_s) / sync_s), 0)
    for _ in range(syncs):
        events.extend(_sync(fleet, policy, sync_s=sync_s, scrape_age_s=scrape_age_s))
        moments.append(
            Moment(at_s=fleet.now_s, spec=fleet.spec_replicas, ready=fleet.ready_replicas, in_flight=fleet.in_flight)
        )
    gpu_hours, arrived = fleet.gpu_hours(), fleet.arrived
    billed_until_s = fleet.now_s
    while fleet.in_flight and fleet.now_s < billed_until_s + SETTLE_S:
        _sync(fleet, policy, sync_s=sync_s, scrape_age_s=scrape_age_s)
    return Run(
        score=fleet.score(arrived, events, gpu_hours=gpu_hours, objective=objective),
        events=tuple(events),
        moments=tuple(moments),
    )


def _sync(fleet: Engine, policy: Policy, *, sync_s: float, scrape_age_s: float) -> tuple[ScaleEvent, ...]:
    """Advance by one sync and let the policy act at its end."""
    at_s = fleet.now_s + sync_s
    fleet.advance(at_s - scrape_age_s)
    seen = observe(fleet)
    fleet.advance(at_s)
    before = fleet.spec_replicas
    after = policy.replicas(seen, scale_of(fleet), now_s=at_s)
    if after == before:
        return ()
    fleet.scale_to(after)
    return (ScaleEvent(at_s=at_s, before=before, after=after),)
