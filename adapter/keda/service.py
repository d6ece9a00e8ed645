"""KEDA's external scaler: translate the rpc, look into the snapshot, translate the answer.

All rpcs are answered from memory and agree with each other, because KEDA asks IsActive after every GetMetrics.
An answer that cannot be given is an error status, never 0 and never false: those would scale to zero.

Streams (triggers of type external-push): the state is sent on opening, on every change, and `true` again and again
while active, because KEDA drops pushes until it has written its own status. While nothing may be concluded a stream is
silent. It ends with OK after `lifetime_s` and on shutdown; KEDA then comes back within seconds, whereas after a broken
stream its waiting time grows for good. The lifetime is therefore shorter than the grace that the server gives to
connections it has closed by age.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import grpc

from adapter.core.decision import Decision
from adapter.core.errors import CannotDecide, SnapshotStale, WorkloadNotFound
from adapter.core.snapshot import lookup
from adapter.core.tuning import TunedWorkload
from adapter.core.workload import WorkloadId
from adapter.feed import SnapshotFeed
from adapter.keda import wire
from adapter.keda._generated import externalscaler_pb2 as pb
from adapter.keda._generated import externalscaler_pb2_grpc as pb_grpc
from adapter.keda.inline import InlineWorkloads
from adapter.keda.metadata import Trigger, parse_trigger
from adapter.keda.status import status_for
from adapter.ports import Clock, TuningSource

_log = logging.getLogger(__name__)
_MOST_REMEMBERED = 1000  # warnings, so that each is logged once
_Context = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTiming:
    """How streams behave over time."""

    repeat_s: float = 15.0
    """Time between two `true` without a change; KEDA wants 10 to 30 s."""
    lifetime_s: float = 240.0
    """Time after which a stream ends with OK, to be opened anew."""


class KedaScaler(pb_grpc.ExternalScalerServicer):
    """The rpcs of the released contract.

    Args:
        feed: where the newest snapshot is.
        tuning: where configured workloads and the defaults of inline ones are.
        inline: where inline definitions are kept for the loop.
        clock: wall-clock time, for ages of snapshots and definitions.
        presets: names of the presets there are.
        timing: of streams.
    """

    def __init__(
        self,
        *,
        feed: SnapshotFeed,
        tuning: TuningSource,
        inline: InlineWorkloads,
        clock: Clock,
        presets: Collection[str],
        timing: StreamTiming = StreamTiming(),
    ) -> None:
        self._feed = feed
        self._tuning = tuning
        self._inline = inline
        self._clock = clock
        self._presets = presets
        self._timing = timing
        self._closing = False
        self._streams: set[asyncio.Event] = set()
        self._warned: set[str] = set()

    async def GetMetricSpec(  # noqa: N802 - the contract's name
        self, request: pb.ScaledObjectRef, context: _Context
    ) -> pb.GetMetricSpecResponse:
        """Answer the metric's name and target; works before any data exists."""
        async with status_for(context):
            trigger = self._trigger(request)
            target = wire.target_of(trigger, self._tuned(trigger).tuning)
            return wire.spec_response(trigger.metric, target)

    async def GetMetrics(  # noqa: N802 - the contract's name
        self, request: pb.GetMetricsRequest, context: _Context
    ) -> pb.GetMetricsResponse:
        """Answer the one value of the metric."""
        async with status_for(context):
            trigger = self._trigger(request.scaledObjectRef)
            if request.metricName.lower() not in ("", trigger.metric):
                raise WorkloadNotFound(
                    f"metric {request.metricName[:100]!r} is not what this trigger asks for, which is {trigger.metric}"
                )
            tuned = self._tuned(trigger)
            return wire.value_response(trigger.metric, wire.value_of(self._decision(trigger), trigger, tuned.tuning))

    async def IsActive(  # noqa: N802 - the contract's name
        self, request: pb.ScaledObjectRef, context: _Context
    ) -> pb.IsActiveResponse:
        """Answer whether there should be any replica."""
        async with status_for(context):
            trigger = self._trigger(request)
            self._tuned(trigger)
            return wire.active_response(wire.is_active(self._decision(trigger), trigger))

    async def StreamIsActive(  # noqa: N802 - the contract's name
        self, request: pb.ScaledObjectRef, context: _Context
    ) -> AsyncIterator[pb.IsActiveResponse]:
        """Send whether there should be any replica: now, on change, and while there should be."""
        async with status_for(context):
            trigger = self._trigger(request)
            time = asyncio.get_running_loop().time
            ends = due = time() + self._timing.lifetime_s
            sent: bool | None = None
            with self._feed.listen() as news:
                self._streams.add(news)
                try:
                    while not self._closing and time() < ends:
                        news.clear()
                        active = self._activity(trigger)
                        if active is not None and (active != sent or (active and time() >= due)):
                            sent, due = active, time() + self._timing.repeat_s
                            yield wire.active_response(active)
                        until = min(due, ends) if active else ends
                        with suppress(TimeoutError):
                            async with asyncio.timeout(until - time()):
                                await news.wait()
                finally:
                    self._streams.discard(news)

    @property
    def streams(self) -> int:
        """Return how many streams are open."""
        return len(self._streams)

    def finish_streams(self) -> None:
        """End all streams with OK, and new ones at once."""
        self._closing = True
        for news in self._streams:
            news.set()

    def _trigger(self, ref: pb.ScaledObjectRef) -> Trigger:
        trigger = parse_trigger(
            WorkloadId(ref.namespace, ref.name),
            ref.scalerMetadata,
            defaults=self._tuning.current().defaults,
            presets=self._presets,
        )
        for warning in trigger.warnings:
            self._warn_once(f"ScaledObject {ref.namespace}/{ref.name}: scalerMetadata: {warning}")
        return trigger

    def _tuned(self, trigger: Trigger) -> TunedWorkload:
        """Return the workload in force; an inline definition is refreshed by that."""
        now = self._clock.now()
        if trigger.definition is None:
            return self._inline.find(trigger.workload, now=now)
        return self._inline.define(trigger.definition, now=now)

    def _decision(self, trigger: Trigger) -> Decision:
        try:
            return lookup(self._feed.current(), trigger.workload, now=self._clock.now())
        except WorkloadNotFound:
            text = f"{trigger.workload}: no decision yet: it is known only since the last tick; the next one decides"
            raise CannotDecide(text) from None

    def _activity(self, trigger: Trigger) -> bool | None:
        """Return whether there should be any replica, None while nothing may be concluded."""
        self._tuned(trigger)
        try:
            return wire.is_active(self._decision(trigger), trigger)
        except (CannotDecide, SnapshotStale):
            return None

    def _warn_once(self, text: str) -> None:
        if text in self._warned:
            return
        if len(self._warned) >= _MOST_REMEMBERED:
            self._warned.clear()
        self._warned.add(text)
        _log.warning(text)
