"""The program as the demo runs it: the real loop and the real servers on loopback, around simulated services."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version

from adapter.core.tuning import Tuning
from adapter.decision_log import DecisionLog
from adapter.demo.clock import PacedClock
from adapter.demo.cluster import SimulatedService
from adapter.demo.consumers import Consumer, HpaConsumer, KedaConsumer
from adapter.demo.scenario import Service, tuning_for
from adapter.demo.source import EmbeddedSource
from adapter.external_metrics.app import build_aggregated_app
from adapter.feed import Publisher, SnapshotFeed
from adapter.keda.inline import InlineWorkloads
from adapter.keda.server import KedaServer
from adapter.keda.service import KedaScaler
from adapter.loop import Loop
from adapter.probes import build_probes
from adapter.server import HttpServer, Listener
from adapter.telemetry.app import build_ops_app
from adapter.telemetry.metrics import build_registry
from adapter.ui.app import build_json_app
from adapter.ui.pages import Sources, page_routes
from adapter.ui.past import past_routes

EPOCH = 1_767_600_000.0  # a fixed Monday: forecasts are renewed by the clock, and a demo should repeat itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the program answers while the demo runs."""

    external_metrics: str
    json_api: str
    metrics: str
    keda: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stage:
    """Everything a replay needs."""

    clock: PacedClock
    loop: Loop
    feed: SnapshotFeed
    simulated: tuple[SimulatedService, ...]
    consumers: tuple[Consumer, ...]
    addresses: Addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class _FixedTuning:
    """A tuning that does not change; implements the port `TuningSource`."""

    tuning: Tuning

    def current(self) -> Tuning:
        """Return the tuning."""
        return self.tuning


@asynccontextmanager
async def open_stage(services: tuple[Service, ...], *, speed: float) -> AsyncIterator[Stage]:
    """Start the program around the services; stop it on exit.

    Args:
        services: what is simulated.
        speed: simulated seconds per second, > 0.
    """
    clock = PacedClock(epoch=EPOCH, speed=speed)
    tuning = _FixedTuning(tuning=tuning_for(services))
    simulated = tuple(SimulatedService(service, epoch=EPOCH) for service in services)
    inline, feed = InlineWorkloads(tuning), SnapshotFeed()
    source = EmbeddedSource({each.service.id: each.memory for each in simulated})
    decisions = DecisionLog()
    sink = Publisher(sinks=(decisions, feed))
    loop = Loop(source=source, tuning=tuning, inline=inline, clock=clock, sink=sink)
    scaler = KedaScaler(feed=feed, tuning=tuning, inline=inline, clock=clock, presets=("vllm",))
    keda = KedaServer(scaler, port=0)
    servers = _http_servers(
        Sources(reader=feed, archive=decisions, loop=loop, clock=clock, release=version("scaleahead"))
    )
    addresses = Addresses(
        external_metrics=servers[0].url,
        json_api=servers[1].url,
        metrics=servers[2].url,
        keda=f"127.0.0.1:{await keda.start()}",
    )
    consumers = tuple(_consumer(service, addresses) for service in services)
    tasks = [asyncio.create_task(server.run()) for server in servers]
    tasks += [asyncio.create_task(each.watch()) for each in consumers if isinstance(each, KedaConsumer)]
    try:
        yield Stage(clock=clock, loop=loop, feed=feed, simulated=simulated, consumers=consumers, addresses=addresses)
    finally:
        await _stop(tasks, consumers, keda)


def _http_servers(sources: Sources) -> tuple[HttpServer, HttpServer, HttpServer]:
    reader, clock = sources.reader, sources.clock
    probes = build_probes(reader, sources.loop, clock)
    registry = build_registry(reader, sources.loop, clock, version=sources.release)
    aggregated = build_aggregated_app(reader, clock, version=sources.release, probes=probes)
    routers = past_routes(reader, sources.archive, clock), page_routes(sources)
    return (
        HttpServer(aggregated, Listener(name="external metrics", port=0)),
        HttpServer(build_json_app(reader, clock, routers=routers), Listener(name="pages and JSON API", port=0)),
        HttpServer(build_ops_app(registry, probes=probes), Listener(name="own metrics", port=0)),
    )


def _consumer(service: Service, addresses: Addresses) -> Consumer:
    if service.may_sleep:
        return KedaConsumer(service, address=addresses.keda, created_at=EPOCH)
    return HpaConsumer(service, url=addresses.external_metrics)


async def _stop(tasks: list[asyncio.Task[None]], consumers: tuple[Consumer, ...], keda: KedaServer) -> None:
    await keda.stop(grace_s=1.0)
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
    for consumer in consumers:
        if isinstance(consumer, KedaConsumer):
            await consumer.close()
