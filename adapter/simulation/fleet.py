"""A simulated fleet: pods that start, serve, drain and go, behind a gateway.

Stands in for the cluster in the demo and in what-if studies: a caller advances the time, reads what
the fleet shows, and sets a number of replicas. It must not know who scales or why. Time is seconds from
the start of the trace; the only randomness is in the cold starts that the caller draws.

The gateway hands a request to the ready pod with the fewest outstanding requests. With no ready pod it holds
them, in order; once pods are ready it releases them, each second, as far as the pods' batches have room, and what
arrives meanwhile queues behind. So a burst that wakes the fleet is shared by the pods that start for it, instead of
burying the first. When nothing is held, nothing is ever held back from a ready pod.

Pods are removed as a ReplicaSet does: those that still start before those that serve, newest first.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from adapter.simulation import kernels
from adapter.simulation.arrays import EXPECTED, FAILED, HELD, Engines, Floats, Ints, Limits, Records
from adapter.simulation.engines import grow, limits_of, new_engines
from adapter.simulation.pods import FIRST_TOKEN_TIMEOUT_S, Gateway, Life, Phase, Pod
from adapter.simulation.profiles import EngineProfile
from adapter.simulation.score import Objective, ScaleEvent, Score, score
from adapter.simulation.traces import Requests

__all__ = ["FIRST_TOKEN_TIMEOUT_S", "Fleet", "Gateway", "Life", "Phase", "Pod"]

_RELEASE_EVERY_S: Final = 1.0


class Fleet:
    """Pods, gateway and requests, advanced by the caller.

    Args:
        profile: speed and size of each replica.
        requests: all requests to come; they are copied.
        cold_start: called once a pod, in order of creation; returns seconds from creation to ready, >= 0.
        replicas: pods that are ready at time 0.
        drain_limit_s: a pod that still has requests this long after its removal fails them.
        cached_share: share of each prompt found in the prefix cache, in [0, 1).

    Attributes:
        now_s: time up to which everything has happened.
        spec_replicas: replicas last asked for.
        pods: all pods that exist, oldest first.
        lives: all pods that are gone, in order of removal.
        engines: the state of requests and engines, for reading.
    """

    def __init__(
        self,
        *,
        profile: EngineProfile,
        requests: Requests,
        cold_start: Callable[[], float],
        replicas: int = 1,
        drain_limit_s: float = 120.0,
        cached_share: float = 0.0,
    ) -> None:
        self.profile: Final = profile
        self.now_s = 0.0
        self.spec_replicas = 0
        self.pods: tuple[Pod, ...] = ()
        self.lives: list[Life] = []
        self.engines: Engines = new_engines(profile, requests, cached_share=cached_share)
        self._limits: Limits = limits_of(profile, FIRST_TOKEN_TIMEOUT_S)
        self._arrival_s: Floats = requests.arrival_s
        self._cold_start = cold_start
        self._drain_limit_s = drain_limit_s
        self._serial = 0
        self._arrived = 0  # requests with a smaller index have reached the gateway
        self._released = 0  # requests with a smaller index have left the gateway
        self._expired = 0
        self._scale_out(replicas, starts_in=lambda: 0.0)
        self._become_ready(0.0)

    @property
    def gateway(self) -> Gateway:
        """Return the counts of the gateway."""
        return Gateway(
            held=self._arrived - self._released,
            dispatched=self._released - self._expired,
            expired=self._expired,
        )

    @property
    def ready_replicas(self) -> int:
        """Return the pods that take requests."""
        return sum(pod.phase is Phase.READY for pod in self.pods)

    @property
    def requests(self) -> Records:
        """Return one row a request, see `arrays.REQUEST`."""
        return self.engines.requests

    @property
    def in_flight(self) -> int:
        """Return the requests that have arrived and not ended."""
        return self.gateway.held + sum(kernels.outstanding(self.engines, pod.row) for pod in self.pods)

    @property
    def arrived(self) -> int:
        """Return the requests that have arrived, for `score`."""
        return int(np.count_nonzero(self.requests["state"] != EXPECTED))

    def engine_rows(self, pods: Sequence[Pod]) -> Records:
        """Return a copy of the engines of `pods`, one row each, see `arrays.POD`."""
        rows: Records = self.engines.pods[[pod.row for pod in pods]]
        return rows

    def score(self, arrived: int, events: Sequence[ScaleEvent], *, gpu_hours: float, objective: Objective) -> Score:
        """Return what a run was worth to its first `arrived` requests, see `score.score`."""
        return score(self.requests[:arrived], events, gpu_hours=gpu_hours, objective=objective)

    def gpu_hours(self) -> float:
        """Return GPU-hours billed so far: from creation to the end of draining, or to now."""
        gone = (life.removed_s - life.created_s for life in self.lives)
        alive = (self.now_s - pod.created_s for pod in self.pods)
        return math.fsum([*gone, *alive]) * self.profile.gpus / 3600

    def scale_to(self, replicas: int) -> None:
        """Ask for `replicas` from now on; pods that drain already are not taken back.

        Raises:
            ValueError: `replicas` is negative.
        """
        if replicas < 0:
            raise ValueError(f"replicas must be >= 0, got {replicas}")
        kept = [pod for pod in self.pods if pod.phase is not Phase.DRAINING]
        self._scale_out(replicas - len(kept), starts_in=self._cold_start)
        by_age = sorted(kept, key=lambda pod: (pod.phase is Phase.READY, -pod.serial))
        for pod in by_age[: max(len(kept) - replicas, 0)]:
            self._remove(pod)
        self.spec_replicas = replicas
        self._settle(self.now_s)

    def advance(self, until_s: float) -> None:
        """Let everything happen before `until_s`; a request that arrives exactly then is still to come.

        Raises:
            ValueError: `until_s` is in the past.
        """
        if until_s < self.now_s:
            raise ValueError(f"until_s must be >= {self.now_s} (now), got {until_s}")
        while self.now_s < until_s:
            stop_s = min(until_s, self._next_event())
            self._serve(stop_s)
            self.now_s = stop_s
            self._settle(stop_s)

    def _next_event(self) -> float:
        """Return when the next pod becomes ready or runs out of time to drain, or held requests are looked at."""
        times = [pod.ready_s for pod in self.pods if pod.phase is Phase.STARTING]
        times.extend(pod.deadline_s for pod in self.pods)
        if self.ready_replicas and self.gateway.held:
            times.append(math.floor(self.now_s / _RELEASE_EVERY_S + 1) * _RELEASE_EVERY_S)
        return min(times, default=np.inf)

    def _serve(self, until_s: float) -> None:
        """Route arrivals and run engines while the set of ready pods does not change."""
        rows = self._ready_rows()
        arrived = int(np.searchsorted(self._arrival_s, until_s, side="left"))
        if len(rows) and not self.gateway.held:
            kernels.dispatch_arrivals(self.engines, self._limits, rows, (self._arrived, arrived))
            self._released = arrived
        else:
            self.requests["state"][self._arrived : arrived] = HELD
        self._arrived = arrived
        for pod in self.pods:
            kernels.run_pod(self.engines, self._limits, pod.row, until_s)

    def _settle(self, now_s: float) -> None:
        """Do what is due at `now_s`: open pods, look at held requests, end draining pods.

        With pods ready, held requests are looked at on whole seconds and openings only: other times are the
        caller's choice and must not change what happens.
        """
        opened = self._become_ready(now_s)
        if opened or not self.ready_replicas or now_s % _RELEASE_EVERY_S == 0:
            self._expire_held(now_s)
            self._release_held(now_s)
        for pod in self.pods:
            if pod.phase is Phase.DRAINING:
                self._end_drain(pod, now_s)

    def _expire_held(self, now_s: float) -> None:
        """Fail the requests that the gateway has held for the whole time-out."""
        held = self.requests[self._released : self._arrived]
        given_up = held["arrival_s"] + FIRST_TOKEN_TIMEOUT_S
        expired = int(np.searchsorted(given_up, now_s, side="right"))
        held["state"][:expired] = FAILED
        held["finish_s"][:expired] = given_up[:expired]
        self._released += expired
        self._expired += expired

    def _become_ready(self, now_s: float) -> bool:
        """Open the pods whose start has ended, and tell whether there were any."""
        due = [pod for pod in self.pods if pod.phase is Phase.STARTING and pod.ready_s <= now_s]
        for pod in due:
            self._replace(pod, replace(pod, phase=Phase.READY))
            self.engines.pods["clock_s"][pod.row] = pod.ready_s
        return bool(due)

    def _release_held(self, now_s: float) -> None:
        """Hand on what the gateway holds, as far as ready pods have room."""
        rows = self._ready_rows()
        if len(rows) and self.gateway.held:
            span = (self._released, self._arrived)
            self._released = kernels.release(self.engines, self._limits, rows, span, now_s)

    def _scale_out(self, count: int, *, starts_in: Callable[[], float]) -> None:
        for _ in range(count):
            self._serial += 1
            row = min(set(range(len(self.pods) + 1)) - {pod.row for pod in self.pods})
            self.engines = grow(self.engines, row, self.now_s)
            ready_s = self.now_s + starts_in()
            pod = Pod(serial=self._serial, row=row, phase=Phase.STARTING, created_s=self.now_s, ready_s=ready_s)
            self.pods = (*self.pods, pod)
        self.spec_replicas += max(count, 0)

    def _remove(self, pod: Pod) -> None:
        """Drop a starting pod; let a ready one finish what it has."""
        if pod.phase is Phase.STARTING:
            self._bury(pod, self.now_s)
        else:
            deadline_s = self.now_s + self._drain_limit_s
            self._replace(pod, replace(pod, phase=Phase.DRAINING, deadline_s=deadline_s, drain_s=self.now_s))

    def _end_drain(self, pod: Pod, now_s: float) -> None:
        idle_since = max(pod.drain_s, float(self.engines.pods["clock_s"][pod.row]))
        if kernels.outstanding(self.engines, pod.row) == 0 and idle_since <= now_s:
            self._bury(pod, idle_since)
        elif pod.deadline_s <= now_s:
            kernels.fail_pod(self.engines, pod.row, now_s)
            self._bury(pod, pod.deadline_s)

    def _bury(self, pod: Pod, removed_s: float) -> None:
        ready_s = pod.ready_s if pod.phase is not Phase.STARTING else float("nan")
        life = Life(serial=pod.serial, created_s=pod.created_s, ready_s=ready_s, removed_s=removed_s)
        self.lives.append(life)
        self.pods = tuple(other for other in self.pods if other.serial != pod.serial)

    def _replace(self, old: Pod, new: Pod) -> None:
        self.pods = tuple(new if pod.serial == old.serial else pod for pod in self.pods)

    def _ready_rows(self) -> Ints:
        return np.array([pod.row for pod in self.pods if pod.phase is Phase.READY], dtype=np.int64)
