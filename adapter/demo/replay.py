"""The replay: tick by tick through the traces, each tick decided by the loop and carried out by HPA and KEDA."""

import math
from collections.abc import AsyncIterator
from dataclasses import dataclass

from adapter.core.decision import Decision
from adapter.demo.cluster import SimulatedService
from adapter.demo.consumers import Move
from adapter.demo.stage import EPOCH, Stage
from adapter.simulation.score import Score

TAIL_S = 60.0  # the last requests of a trace are still being served when it ends


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """One service after one tick."""

    service: SimulatedService
    decision: Decision
    move: Move


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """All services after one tick."""

    at_s: float
    end_s: float
    lines: tuple[Line, ...]


def end_of(stage: Stage) -> float:
    """Return the second at which the replay ends: a little after the last request, on a tick."""
    interval_s = stage.loop.statistics().interval_s
    last = max(each.service.requests.duration_s for each in stage.simulated)
    return math.ceil((last + TAIL_S) / interval_s) * interval_s


async def play(stage: Stage) -> AsyncIterator[Frame]:
    """Play the traces to their end and yield a frame after every tick."""
    interval_s, end_s = stage.loop.statistics().interval_s, end_of(stage)
    for tick in range(1, round(end_s / interval_s) + 1):
        at_s = tick * interval_s
        await stage.clock.sleep_until(EPOCH + at_s)
        for each in stage.simulated:
            each.advance(at_s)
        snapshot = await stage.loop.tick(EPOCH + at_s)
        lines = []
        for each, consumer in zip(stage.simulated, stage.consumers, strict=True):
            move = await consumer.sync(each.scale, now=EPOCH + at_s)
            each.scale_to(move.replicas)
            lines.append(Line(service=each, decision=snapshot.decisions[each.service.id], move=move))
        yield Frame(at_s=at_s, end_s=end_s, lines=tuple(lines))


def scores(stage: Stage) -> tuple[Score, ...]:
    """Let what is in flight end and return the score of each service."""
    return tuple(each.settle() for each in stage.simulated)
