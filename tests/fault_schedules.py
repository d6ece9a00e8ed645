"""What can go wrong between a fleet and a decision, on a schedule, and our policy that has to live with it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from hypothesis import strategies as st

from adapter.core.decision import Decision
from adapter.core.signal import Reading, Signal, State
from adapter.core.stepper import prime, step
from adapter.core.tuning import TunedWorkload
from adapter.simulation.arrays import NO_REQUEST, Records
from adapter.simulation.closed_loop import Observation
from adapter.simulation.hpa_metrics import Scale
from adapter.simulation.observing import read_signals
from adapter.simulation.own import EPOCH, consumer_of
from adapter.simulation.scrapes import ScrapeMemory

SETTLED_S, SHORTEST_S, LONGEST_S = 300.0, 30.0, 1800.0
"""Nothing goes wrong before the first; each fault lasts between the other two."""

_SETTLING_S, _WINDOW_S, _LOOKBACK_S = 5.0, 60.0, 300.0
_CLUSTER = frozenset(signal for signal in Signal if signal.startswith("replicas_"))
_GATEWAY = frozenset({Signal.DEMAND_AT_ZERO})
_ENGINES = frozenset(Signal) - _CLUSTER - _GATEWAY


class Kind(StrEnum):
    """What goes wrong."""

    SILENT_PROMETHEUS = "Prometheus does not answer"
    NO_SCRAPES = "Prometheus scrapes nothing, and answers with what it has for five minutes"
    LOST_ENGINES = "the engines' series are gone"
    LOST_GATEWAY = "the gateway's series are gone"
    LOST_CLUSTER = "kube-state-metrics is gone"
    RESTART = "a container restarts: its counters begin anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that goes wrong for a while."""

    kind: Kind
    start_s: float
    lasts_s: float

    def during(self, at_s: float) -> bool:
        """Tell whether it is so at a time."""
        return self.start_s <= at_s < self.start_s + self.lasts_s


def schedules() -> st.SearchStrategy[tuple[Fault, ...]]:
    """Return up to three faults that begin within five minutes of each other, so that they also meet."""
    fault = st.builds(
        Fault,
        kind=st.sampled_from(Kind),
        start_s=st.floats(SETTLED_S, 2 * SETTLED_S),
        lasts_s=st.floats(SHORTEST_S, LONGEST_S),
    )
    return st.lists(fault, min_size=1, max_size=3).map(tuple)


class FaultyWorld:
    """Our policy on a fleet, with faults in between; keeps every decision.

    Args:
        tuned: the workload.
        faults: what goes wrong when.
    """

    def __init__(self, tuned: TunedWorkload, faults: Sequence[Fault] = ()) -> None:
        self._state = prime(tuned)
        self._faults = tuple(faults)
        self._memory = ScrapeMemory()
        self._consumer = consumer_of(tuned)
        self._reset: dict[int, Records] = {}
        self.decisions: list[Decision] = []

    def replicas(self, seen: Observation, scale: Scale, *, now_s: float) -> int:
        """Return the size that HPA or KEDA go to."""
        active = {each.kind for each in self._faults if each.during(seen.at_s)}
        seen, torn = self._restarted(seen)
        if not active & {Kind.NO_SCRAPES, Kind.SILENT_PROMETHEUS}:
            self._memory.record(seen)
        readings = read_signals(self._memory, at_s=now_s - _SETTLING_S, window_s=_WINDOW_S)
        spoilt = None if Kind.SILENT_PROMETHEUS in active else _spoilt(readings, active, torn=torn)
        decision, self._state = step(self._state, spoilt, EPOCH + now_s)
        self.decisions.append(decision)
        return self._consumer.sync(decision, scale, now_s=now_s)

    def _restarted(self, seen: Observation) -> tuple[Observation, float]:
        """Return a scrape without the containers that restart, and the share of engines that it covers."""
        rows, out = seen.rows.copy(), np.zeros(seen.engines, dtype=np.bool_)
        for victim, fault in enumerate(each for each in self._faults if each.kind is Kind.RESTART):
            if victim >= seen.engines or seen.at_s < fault.start_s:
                continue
            serial = seen.serials[victim]
            self._reset.setdefault(serial, seen.rows[victim : victim + 1].copy())
            out[victim] = seen.at_s < fault.start_s + SHORTEST_S
            _begin_anew(rows, victim, self._reset[serial])
        return _without(replace(seen, rows=rows), out), 1.0 - float(out.mean()) if seen.engines else 1.0


_COUNTERS = (
    "prompt_tokens",
    "cached_tokens",
    "generation_tokens",
    "succeeded",
    "aborted",
    "refused",
    "finished_prompt_tokens",
    "finished_output_tokens",
    "ttft",
    "itl",
)


def _begin_anew(rows: Records, row: int, at_reset: Records) -> None:
    for name in _COUNTERS:
        rows[name][row] = rows[name][row] - at_reset[name][0]


def _without(seen: Observation, out: np.ndarray) -> Observation:
    """Return a scrape without some engines, which are not ready either."""
    rows = seen.rows[~out]
    return replace(
        seen,
        rows=rows,
        serials=tuple(serial for serial, gone in zip(seen.serials, out, strict=True) if not gone),
        engines=len(rows),
        running=int(rows["decoding"].sum() + (rows["prefilling"] != NO_REQUEST).sum()),
        waiting=int(rows["waiting"].sum()),
        scale=replace(seen.scale, ready_replicas=seen.scale.ready_replicas - int(out.sum())),
    )


def _spoilt(readings: dict[Signal, Reading], active: Iterable[Kind], *, torn: float) -> dict[Signal, Reading]:
    """Return what Prometheus answers while some things are wrong."""
    gone: set[Signal] = set()
    for kind in active:
        gone |= {Kind.LOST_ENGINES: _ENGINES, Kind.LOST_GATEWAY: _GATEWAY, Kind.LOST_CLUSTER: _CLUSTER}.get(kind, set())
    left = {signal: each for signal, each in readings.items() if signal not in gone and _remembered(each)}
    if torn == 1.0:
        return left
    partial = {signal: replace(each, state=State.PARTIAL, coverage=torn) for signal, each in left.items()}
    return {**left, **{signal: partial[signal] for signal in left.keys() & _ENGINES}}


def _remembered(reading: Reading) -> bool:
    return math.isnan(reading.age_s) or reading.age_s <= _LOOKBACK_S
