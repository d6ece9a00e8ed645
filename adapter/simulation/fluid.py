"""The fluid engine: a fleet of which only amounts are known, a thousand times cheaper than one of single requests.

Offers what `Fleet` does, so that `close_loop` drives both: pods that start, serve, drain and go, behind a gateway that
holds what finds no ready replica. Made for trying many settings on days of load; ``simulate`` counts requests instead.
It has no percentiles of the time to first token, only shares within the objective that it is made for.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from adapter.simulation import fluid_kernels as kernels
from adapter.simulation.arrays import NO_REQUEST, POD, Floats, Records
from adapter.simulation.buckets import ITL_BOUNDS_S, TTFT_BOUNDS_S
from adapter.simulation.engines import limits_of
from adapter.simulation.fluid_state import (
    FLUID_POD,
    READY,
    STARTING,
    STEP_S,
    Fate,
    Front,
    Load,
    grown,
    new_fate,
    new_front,
)
from adapter.simulation.pods import FIRST_TOKEN_TIMEOUT_S, Gateway, Phase, Pod
from adapter.simulation.profiles import EngineProfile
from adapter.simulation.score import DEFAULT_OBJECTIVE, Objective, ScaleEvent, Score, count_flaps, count_wakeups

_PHASES: Final = (Phase.STARTING, Phase.READY, Phase.DRAINING)
_ROWS: Final = 16
_COUNTERS: Final = ("prompt_tokens", "generation_tokens", "succeeded", "aborted")
_FINISHED: Final = ("finished_prompt_tokens", "finished_output_tokens")


class FluidFleet:
    """Pods and gateway with amounts of work, advanced by the caller in whole seconds.

    Args:
        profile: speed and size of each replica.
        load: what arrives, see `fluid_state.load_of`; nothing arrives after it.
        cold_start: called once a pod, in order of creation; returns seconds from creation to ready, >= 0.
        replicas: pods that are ready at time 0.
        drain_limit_s: a pod is gone this long after its removal at the latest.
        objective: what arrivals are judged by; `load` must be made for its `itl_from_tokens`.

    Attributes:
        now_s: time up to which the caller has advanced; what happens in a second that has begun is still to come.
        spec_replicas: replicas last asked for.
    """

    def __init__(
        self,
        *,
        profile: EngineProfile,
        load: Load,
        cold_start: Callable[[], float],
        replicas: int = 1,
        drain_limit_s: float = 120.0,
        objective: Objective = DEFAULT_OBJECTIVE,
    ) -> None:
        self.profile: Final = profile
        self.now_s = 0.0
        self.spec_replicas = 0
        self._load = load
        self._until: Floats = np.concatenate([[0.0], np.cumsum(load.requests)])
        self._fate: Fate = new_fate(len(load.requests))
        self._front: Front = new_front()
        self._pods: Records = np.zeros(_ROWS, dtype=FLUID_POD)
        self._count = 0
        self._serial = 0
        self._cold_start = cold_start
        self.objective = objective
        judged_by = np.array([objective.ttft_s, objective.itl_s, 0.0, drain_limit_s])
        self._terms = (limits_of(profile, FIRST_TOKEN_TIMEOUT_S), load, self._fate, judged_by)
        self._scale_out(replicas, starts_in=lambda: 0.0)
        self._alive["phase"] = READY

    @property
    def pods(self) -> tuple[Pod, ...]:
        """Return the pods that exist, oldest first."""
        columns = (self._alive[name].tolist() for name in ("serial", "phase", "created_s", "ready_s"))
        return tuple(
            Pod(serial=serial, row=row, phase=_PHASES[phase], created_s=created_s, ready_s=ready_s)
            for row, (serial, phase, created_s, ready_s) in enumerate(zip(*columns, strict=True))
        )

    @property
    def gateway(self) -> Gateway:
        """Return the counts of the gateway, in whole requests."""
        last = len(self._load.requests)
        arrived = float(self._until[min(self._front.step[0], last)])
        released = float(self._until[min(self._front.released[0], last)] + self._front.taken[0])
        expired = float(self._front.expired[0])
        return Gateway(held=round(arrived - released), dispatched=round(released - expired), expired=round(expired))

    @property
    def ready_replicas(self) -> int:
        """Return the pods that take requests."""
        return int(np.count_nonzero(self._alive["phase"] == READY))

    @property
    def in_flight(self) -> int:
        """Return the requests that have arrived and not ended."""
        return self.gateway.held + round(float((self._alive["waiting"] + self._alive["decoding"]).sum()))

    @property
    def arrived(self) -> int:
        """Return the steps whose arrivals have come, for `score`."""
        return int(self._front.step[0])

    def engine_rows(self, pods: Sequence[Pod]) -> Records:
        """Return what the engines of `pods` export, in whole requests, see `arrays.POD`."""
        rows = np.zeros(len(pods), dtype=POD)
        amounts = self._alive[[pod.row for pod in pods]]
        for name in (*_COUNTERS, *_FINISHED):
            rows[name] = amounts[name]
        for name, bounds, limit_s in (
            ("ttft", TTFT_BOUNDS_S, self.objective.ttft_s),
            ("itl", ITL_BOUNDS_S, self.objective.itl_s),
        ):
            in_time = np.floor(amounts[f"in_{name}"])
            rows[name][:, np.searchsorted(bounds, limit_s, side="right") - 1] = in_time
            rows[name][:, -1] = np.floor(amounts["judged"]) - in_time
        rows["prefilling"] = NO_REQUEST
        rows["waiting"] = _whole(amounts["waiting"])
        rows["decoding"] = _whole(amounts["decoding"])
        rows["kv_tokens"] = amounts["decoding_prompt"] + amounts["decoding_output"] * self._load.output_spread / 2
        return rows

    def gpu_hours(self) -> float:
        """Return GPU-hours billed so far: from creation to the end of draining, or to now."""
        alive_s = math.fsum(self.now_s - self._alive["created_s"])
        return (float(self._front.billed_s[0]) + alive_s) * self.profile.gpus / 3600

    def scale_to(self, replicas: int) -> None:
        """Ask for `replicas` from now on; pods that drain already are not taken back.

        Raises:
            ValueError: `replicas` is negative.
        """
        if replicas < 0:
            raise ValueError(f"replicas must be >= 0, got {replicas}")
        kept = int(np.count_nonzero(self._alive["phase"] <= READY))
        self._scale_out(replicas - kept, starts_in=self._cold_start)
        self._count = kernels.remove_newest(self._pods, self._count, self._front, max(kept - replicas, 0))
        self.spec_replicas = replicas

    def advance(self, until_s: float) -> None:
        """Let every whole second before `until_s` happen.

        Raises:
            ValueError: `until_s` is in the past.
        """
        if until_s < self.now_s:
            raise ValueError(f"until_s must be >= {self.now_s} (now), got {until_s}")
        until = math.floor(until_s / STEP_S)
        self._count = kernels.advance(self._pods, self._count, self._front, self._terms, until)
        self.now_s = until_s

    def score(self, arrived: int, events: Sequence[ScaleEvent], *, gpu_hours: float, objective: Objective) -> Score:
        """Return what a run was worth; percentiles are NaN.

        Args:
            arrived: the steps that count, from the first.
            events: changes of size, in order.
            gpu_hours: billed.
            objective: the one that this fleet was made for.

        Raises:
            ValueError: it is another objective.
        """
        if objective != self.objective:
            raise ValueError(f"this fleet judges by {self.objective}, not by {objective}")
        requests = float(self._load.requests[:arrived].sum())
        sums = [float(each[:arrived].sum()) for each in self._fate]
        in_time, in_ttft, in_itl = (each / requests if requests else math.nan for each in sums[:3])
        return Score(
            requests=round(requests),
            failed=round(sums[3]),
            attainment=in_time,
            ttft_attainment=in_ttft,
            itl_attainment=in_itl,
            ttft_p50_s=math.nan,
            ttft_p95_s=math.nan,
            ttft_p99_s=math.nan,
            gpu_hours=gpu_hours,
            cold_hits=round(sums[4]),
            wakeups=count_wakeups(events),
            flaps=count_flaps(events),
        )

    @property
    def _alive(self) -> Records:
        return self._pods[: self._count]

    def _scale_out(self, count: int, *, starts_in: Callable[[], float]) -> None:
        self._pods = grown(self._pods, self._count + count)
        for _ in range(count):
            self._serial += 1
            row = np.zeros((), dtype=FLUID_POD)
            row["serial"], row["phase"], row["created_s"] = self._serial, STARTING, self.now_s
            row["ready_s"] = self.now_s + starts_in()
            self._pods[self._count] = row
            self._count += 1
        self.spec_replicas += max(count, 0)


def _whole(amounts: Records) -> Records:
    """Round so that the sum is as near as can be: running totals are rounded, and their differences are taken."""
    return np.diff(np.rint(np.cumsum(amounts)), prepend=0.0)
