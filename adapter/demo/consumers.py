"""HPA and KEDA as they ask our API: the exact models, fed with what really comes over HTTP and gRPC.

Whatever goes wrong on the way is an error to them, as in a cluster, and never a value.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Protocol

import grpc
import requests

from adapter.core.hpa_behavior import Behavior, ScalingRules
from adapter.core.units import Seconds, parse_milli
from adapter.demo.scenario import Service
from adapter.keda._generated import externalscaler_pb2 as pb
from adapter.keda._generated import externalscaler_pb2_grpc as pb_grpc
from adapter.simulation import hpa, keda
from adapter.simulation.hpa_metrics import MetricError, MetricSpec, MetricValue, Reading, Scale
from adapter.simulation.hpa_objects import HpaSpec, HpaState
from adapter.simulation.keda_objects import Answer, Failure, KedaState, Number, ScaledObject, ScalerReply, Trigger

METRIC = "scaleahead-replicas"
_READ_LIMIT_S = 5.0
_NOW = ScalingRules(stabilization_window_s=Seconds(0.0))  # scaleahead holds by itself, knowing the restart's price
BEHAVIOR = Behavior(scale_up=_NOW, scale_down=_NOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What a consumer made of an answer."""

    before: int
    replicas: int
    """`spec.replicas` before and afterwards."""
    value: float | None
    """The number it was given; None for an error."""
    note: str = ""
    """What else there is to say: the error it was given, or KEDA's reason for waking and sleeping."""

    @property
    def change(self) -> str:
        """Return the move in a few characters."""
        return f"holds {self.replicas}" if self.before == self.replicas else f"{self.before} → {self.replicas}"


class Consumer(Protocol):
    """Whoever scales a service by what our API answers."""

    async def sync(self, scale: Scale, *, now: float) -> Move:
        """Ask, and return the size to go to."""
        ...


class HpaConsumer:
    """An HPA with AverageValue 1 on `scaleahead-replicas`, reading external.metrics.k8s.io.

    Args:
        service: what it scales.
        url: base URL of the aggregated API.
    """

    def __init__(self, service: Service, *, url: str) -> None:
        self._session = requests.Session()
        path = f"{url}/apis/external.metrics.k8s.io/v1beta1/namespaces/{service.id.namespace}/{METRIC}"
        self._url = f"{path}?labelSelector=workload%3D{service.name}"
        spec = MetricSpec(name=METRIC, target_milli=parse_milli("1"))
        self._spec = HpaSpec(metrics=(spec,), max_replicas=service.max_replicas, behavior=BEHAVIOR)
        self._state = HpaState()

    async def sync(self, scale: Scale, *, now: float) -> Move:
        """Run one sync of the controller."""
        reading = await asyncio.to_thread(self._read)
        result, self._state = hpa.sync(self._spec, scale, [reading], state=self._state, now=Seconds(now))
        if isinstance(reading, MetricError):
            return Move(before=scale.replicas, replicas=result.desired, value=None, note=reading.message)
        return Move(before=scale.replicas, replicas=result.desired, value=reading.milli / 1000)

    def _read(self) -> Reading:
        try:
            answer = self._session.get(self._url, timeout=_READ_LIMIT_S)
            body = answer.json()
            if answer.status_code != requests.codes.ok:
                return MetricError(message=str(body["message"]))
            return MetricValue(milli=parse_milli(body["items"][0]["value"]))
        except (requests.RequestException, KeyError, IndexError, ValueError) as error:
            return MetricError(message=f"unreadable answer: {error}")


class KedaConsumer:
    """KEDA with an external-push trigger: its poll loop, its stream, and the HPA it builds.

    Args:
        service: what it scales.
        address: host and port of the gRPC scaler.
        created_at: of the ScaledObject, seconds since epoch.
    """

    def __init__(self, service: Service, *, address: str, created_at: float) -> None:
        self._channel = grpc.aio.insecure_channel(address)
        self._stub = pb_grpc.ExternalScalerStub(self._channel)
        self._ref = pb.ScaledObjectRef(name=service.name, namespace=service.id.namespace)
        trigger = Trigger(metric_name=METRIC, target=Number(as_float=1.0))
        self._object = ScaledObject(
            triggers=(trigger,),
            created_at=Seconds(created_at),
            max_replicas=service.max_replicas,
            cooldown_s=Seconds(30.0),
            behavior=BEHAVIOR,
        )
        self._hpa = keda.build_hpa(self._object)
        self._state, self._hpa_state = KedaState(), HpaState()
        self._next_poll = created_at
        self._pushed: asyncio.Queue[bool] = asyncio.Queue()

    async def watch(self) -> None:
        """Keep a stream open and queue what it says, until cancelled."""
        while True:
            with contextlib.suppress(grpc.aio.AioRpcError):
                async for message in self._stub.StreamIsActive(self._ref):
                    self._pushed.put_nowait(message.result)
            await asyncio.sleep(0.2)

    async def close(self) -> None:
        """Close the connection."""
        await self._channel.close(None)

    async def sync(self, scale: Scale, *, now: float) -> Move:
        """Take pushes, poll when due, and let the HPA size what is awake."""
        reply = await self._ask()  # first, so that a push of the same snapshot has arrived by the time it is taken
        size, note = self._take_pushes(scale, now=now)
        if size == scale.replicas and now >= self._next_poll:
            self._next_poll = now + self._object.polling_s
            polled, self._state = keda.poll(self._object, scale, [reply], state=self._state, now=Seconds(now))
            size, note = polled.replicas, polled.reason if polled.replicas != scale.replicas else ""
        if size == scale.replicas and size > 0:
            readings, self._state = keda.read_metrics(self._object, scale, [reply], state=self._state)
            result, self._hpa_state = hpa.sync(self._hpa, scale, readings, state=self._hpa_state, now=Seconds(now))
            size = result.desired
        if isinstance(reply, Failure):
            return Move(before=scale.replicas, replicas=size, value=None, note=reply.message)
        return Move(before=scale.replicas, replicas=size, value=reply.values[0].read, note=note)

    def _take_pushes(self, scale: Scale, *, now: float) -> tuple[int, str]:
        size, note = scale.replicas, ""
        while not self._pushed.empty():
            active = self._pushed.get_nowait()
            pushed, self._state = keda.push(self._object, scale, active=active, state=self._state, now=Seconds(now))
            if pushed.replicas != size:
                size, note = pushed.replicas, "woken by a push"
        return size, note

    async def _ask(self) -> ScalerReply:
        try:
            request = pb.GetMetricsRequest(scaledObjectRef=self._ref, metricName=METRIC)
            answer = await self._stub.GetMetrics(request, timeout=_READ_LIMIT_S)
            active = await self._stub.IsActive(self._ref, timeout=_READ_LIMIT_S)
        except grpc.aio.AioRpcError as error:
            return Failure(message=str(error.details()))
        values = tuple(Number(as_float=each.metricValueFloat, as_int=each.metricValue) for each in answer.metricValues)
        return Answer(values=values, active=active.result)
