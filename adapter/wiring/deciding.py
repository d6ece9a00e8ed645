"""What decides: the loop with all that it reads, and what it writes to.

Nothing here listens; what does, is answered from `feed` and `archive`.
"""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from adapter.decision_log import DecisionLog
from adapter.discovery.fleet import FoundWorkloads, JoinedWorkloads
from adapter.feed import Publisher, SnapshotFeed
from adapter.keda.inline import InlineWorkloads
from adapter.loop import Loop
from adapter.ports import Clock, HpaSource, TuningSource
from adapter.prometheus.gateway import GatewaySource
from adapter.prometheus.signals import PrometheusSignalSource
from adapter.telemetry.logs import ChangeLog
from adapter.tuner import Tuner
from adapter.waking import Waker
from adapter.wiring.signal_source import CurrentSource
from adapter.workshop import ProcessWorkshop


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """The parts that decide, made with `assemble_deciding`."""

    loop: Loop
    tuner: Tuner
    waker: Waker
    found: FoundWorkloads
    inline: InlineWorkloads
    source: CurrentSource
    gateways: GatewaySource
    feed: SnapshotFeed
    archive: DecisionLog

    def runs(self) -> list[Coroutine[Any, Any, None]]:
        """Return what is to be run side by side until cancelled."""
        return [self.loop.run(), self.waker.run(), self.tuner.run(), self.found.run()]

    def close(self) -> None:
        """Close all connections."""
        self.source.close()
        self.gateways.close()


def assemble_deciding(tuning: TuningSource, clock: Clock, *, hpas: HpaSource | None) -> Deciding:
    """Return the parts that decide, with nothing running.

    Args:
        tuning: what is decided on, and how.
        clock: tells the time.
        hpas: knows the HPAs of the cluster; None when there is none.
    """
    feed, archive, inline = SnapshotFeed(), DecisionLog(), InlineWorkloads(tuning)
    sink = Publisher(sinks=(archive, feed, ChangeLog()))
    source, gateways = CurrentSource(tuning, PrometheusSignalSource), GatewaySource()
    waker = Waker(sources=(source, gateways), tuning=tuning, clock=clock, sink=sink)
    found, tuner = FoundWorkloads(tuning, clock), Tuner(ProcessWorkshop())
    loop = Loop(
        source=source,
        tuning=tuning,
        inline=JoinedWorkloads(inline, found),
        clock=clock,
        sink=sink,
        hpas=hpas,
        waker=waker,
        tuner=tuner,
    )
    return Deciding(
        loop=loop,
        tuner=tuner,
        waker=waker,
        found=found,
        inline=inline,
        source=source,
        gateways=gateways,
        feed=feed,
        archive=archive,
    )
