"""A small world around the scaler: tuning, decisions, a clock, a real server and a stock client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc

from adapter.core.decision import Decision
from adapter.core.shaping import shape
from adapter.core.signal import Reading, Signal, State
from adapter.core.tuning import PrometheusTuning, TickTuning, Tuning, WorkloadTuning, resolve_workload
from adapter.core.workload import WorkloadId
from adapter.feed import SnapshotFeed
from adapter.keda._generated import externalscaler_pb2 as pb
from adapter.keda._generated import externalscaler_pb2_grpc as pb_grpc
from adapter.keda.inline import InlineWorkloads
from adapter.keda.server import KedaServer, Limits
from adapter.keda.service import KedaScaler, StreamTiming
from tests.factories import LLAMA, TICK, FixedClock, decision

_LIMITS = Limits()


@dataclass
class GivenTuning:
    """A tuning to be replaced by the test."""

    tuning: Tuning

    def current(self) -> Tuning:
        """Return the tuning."""
        return self.tuning


def tuning_of(*names: WorkloadId) -> Tuning:
    """Return a tuning in which these workloads are configured with the defaults."""
    defaults = WorkloadTuning()
    return Tuning(
        prometheus=PrometheusTuning(url="http://127.0.0.1:9090"),  # type: ignore[arg-type]  # pydantic parses the text
        tick=TickTuning(),
        defaults=defaults,
        workloads=tuple(resolve_workload(name, defaults) for name in names),
        digest="0",
    )


def plan(replicas: int, *, workload: WorkloadId = LLAMA, status: int = 3, **changes: Any) -> Decision:
    """Return a decision that plans this many replicas, seen from `status` replicas."""
    values: dict[str, Any] = {
        "planned": replicas,
        "served": replicas,
        "active": replicas > 0,
        "emitted": shape(replicas, status_replicas=status),
        "signals": {
            Signal.QUEUE_DEPTH: Reading(state=State.FRESH, value=12.5),
            Signal.GENERATION_TOKENS_RATE: Reading(state=State.FRESH, value=0.0),
            Signal.KV_CACHE_USAGE: Reading(state=State.STALE, value=0.4),
        },
        "signal_forecasts": {Signal.QUEUE_DEPTH: 0.25},
    }
    return decision(workload, **{**values, **changes})


@dataclass
class World:
    """Everything a scaler needs, for a test to set, and the scaler on it."""

    timing: StreamTiming = field(default_factory=StreamTiming)
    inline_limit: int = 1000
    feed: SnapshotFeed = field(default_factory=SnapshotFeed)
    tuning: GivenTuning = field(default_factory=lambda: GivenTuning(tuning_of(LLAMA)))
    clock: FixedClock = field(default_factory=lambda: FixedClock(TICK + 1.0))

    def __post_init__(self) -> None:
        self.inline = InlineWorkloads(self.tuning, limit=self.inline_limit)
        self.scaler = KedaScaler(
            feed=self.feed,
            tuning=self.tuning,
            inline=self.inline,
            clock=self.clock,
            presets=["vllm", "sglang"],
            timing=self.timing,
        )

    @asynccontextmanager
    async def client(self, limits: Limits = _LIMITS) -> AsyncIterator[pb_grpc.ExternalScalerStub]:
        """Serve on a real socket and yield a stock client of it."""
        server = KedaServer(self.scaler, port=0, limits=limits)
        port = await server.start()
        try:
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield pb_grpc.ExternalScalerStub(channel)
        finally:
            await server.stop(0.5)


def ref(name: str = "llama", namespace: str = "prod", **metadata: str) -> pb.ScaledObjectRef:
    """Return a reference as KEDA sends it, with KEDA's own keys beside ours."""
    keys = {"scalerAddress": "scaleahead:9090", "enableTLS": "false", "unsafeSsl": "false", **metadata}
    return pb.ScaledObjectRef(name=name, namespace=namespace, scalerMetadata=keys)


def metrics(asker: pb.ScaledObjectRef, name: str = "scaleahead-replicas") -> pb.GetMetricsRequest:
    """Return a request for a metric's value."""
    return pb.GetMetricsRequest(scaledObjectRef=asker, metricName=name)
