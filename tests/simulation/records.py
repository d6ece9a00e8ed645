"""Records of simulated fleets, minute by minute, as a Prometheus that scrapes them would give."""

from collections.abc import Callable

import numpy as np

from adapter.core.signal import Signal
from adapter.core.workload import WorkloadId
from adapter.simulation.closed_loop import Moment, observe
from adapter.simulation.fleet import Fleet
from adapter.simulation.observing import measure
from adapter.simulation.recorded import RECORDED, Record
from adapter.simulation.scrapes import ScrapeMemory

CHAT = WorkloadId("llm", "chat")


def blank(minutes: int) -> dict[Signal, np.ndarray]:
    """Return a record of nothing."""
    return {signal: np.full(minutes, np.nan) for signal in RECORDED}


def play_and_record(fleet: Fleet, *, minutes: int, size: Callable[[int], int]) -> tuple[Record, tuple[Moment, ...]]:
    """Let a fleet run at the sizes of each minute, scraped every 15 s, and return what is recorded of it.

    Args:
        fleet: at its start; it is advanced.
        minutes: how long.
        size: replicas asked for from a minute on.
    """
    memory, values, moments = ScrapeMemory(), blank(minutes), []
    for minute in range(minutes):
        for _ in range(4):
            fleet.advance(fleet.now_s + 15.0)
            memory.record(observe(fleet))
            moments.append(
                Moment(
                    at_s=fleet.now_s, spec=fleet.spec_replicas, ready=fleet.ready_replicas, in_flight=fleet.in_flight
                )
            )
        for signal, value in measure(memory, at_s=fleet.now_s, window_s=60.0).items():
            if signal in values:
                values[signal][minute] = value
        fleet.scale_to(size(minute))
    return Record(workload=CHAT, start=0.0, values=values), tuple(moments)
