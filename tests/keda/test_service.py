"""The rpcs over a real socket, asked by a stock client the way KEDA asks."""

import asyncio
import logging
import math
from collections.abc import Awaitable
from dataclasses import replace

import grpc
import pytest

from adapter.core.tuning import WorkloadTuning, resolve_workload
from adapter.core.workload import WorkloadId
from adapter.keda.service import StreamTiming
from tests.factories import LLAMA, TICK, hold, snapshot
from tests.keda.world import World, metrics, plan, ref, tuning_of


async def _refusal(rpc: Awaitable[object]) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await rpc
    return caught.value.code(), caught.value.details() or ""


async def test_the_three_rpcs_of_a_poll_agree() -> None:
    """Spec, value and activity of one plan: 5 replicas from 3."""
    world = World()
    world.feed.publish(snapshot(plan(5, status=3)))
    async with world.client() as client:
        (spec,) = (await client.GetMetricSpec(ref())).metricSpecs
        (value,) = (await client.GetMetrics(metrics(ref(), spec.metricName))).metricValues
        active = await client.IsActive(ref())
    assert (spec.metricName, spec.targetSize, spec.targetSizeFloat) == ("scaleahead-replicas", 1, 1.0)
    assert (value.metricName, value.metricValue, value.metricValueFloat) == (spec.metricName, 5, 5.0)
    assert active.result is True


async def test_a_shaped_value_keeps_its_thousandths() -> None:
    """A plan of 9 from 10 replicas is sent as 8.999, which an HPA acts on; old KEDA knows only whole numbers."""
    world = World()
    world.feed.publish(snapshot(plan(9, status=10)))
    async with world.client() as client:
        (value,) = (await client.GetMetrics(metrics(ref()))).metricValues
    assert (value.metricValue, value.metricValueFloat) == (9, 8.999)


async def test_zero_is_zero_in_both_fields_and_inactive() -> None:
    """A planned zero, which is the only one."""
    world = World()
    world.feed.publish(snapshot(plan(0)))
    async with world.client() as client:
        (value,) = (await client.GetMetrics(metrics(ref()))).metricValues
        active = await client.IsActive(ref())
    assert (value.metricValue, value.metricValueFloat, active.result) == (0, 0.0, False)


async def test_a_signal_below_one_is_one_for_old_keda() -> None:
    """The forecast queue of 0.25 requests, with a target of a half."""
    world = World()
    world.feed.publish(snapshot(plan(1)))
    asker = ref(metric="scaleahead-queue-depth-forecast", target="0.5")
    async with world.client() as client:
        (spec,) = (await client.GetMetricSpec(asker)).metricSpecs
        (value,) = (await client.GetMetrics(metrics(asker, spec.metricName))).metricValues
    assert (spec.targetSize, spec.targetSizeFloat) == (1, 0.5)
    assert (value.metricValue, value.metricValueFloat) == (1, 0.25)


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"metric": "scaleahead-demand"},
        {"preset": "vllm"},
        {"preset": "vllm", "metric": "scaleahead-kv-cache-usage", "target": "0.8"},
    ],
)
async def test_the_spec_works_before_any_data_exists(metadata: dict[str, str]) -> None:
    """KEDA builds the HPA from it, once: without it there is no HPA."""
    async with World().client() as client:
        (spec,) = (await client.GetMetricSpec(ref(**metadata))).metricSpecs
    assert spec.targetSize >= 1
    assert spec.targetSizeFloat > 0
    assert spec.metricName == spec.metricName.lower()
    assert not set(spec.metricName) & set("/%")


async def test_before_the_first_tick_nothing_is_concluded() -> None:
    """Neither 0 nor false."""
    async with World().client() as client:
        for rpc in (client.GetMetrics(metrics(ref())), client.IsActive(ref())):
            code, text = await _refusal(rpc)
            assert code is grpc.StatusCode.UNAVAILABLE
            assert "the first tick has not finished" in text


async def test_a_hold_is_an_error_with_its_reason() -> None:
    """For value and activity alike."""
    world = World()
    world.feed.publish(snapshot(hold(reason="queue_depth is unavailable")))
    async with world.client() as client:
        for rpc in (client.GetMetrics(metrics(ref())), client.IsActive(ref())):
            assert await _refusal(rpc) == (grpc.StatusCode.UNAVAILABLE, "prod/llama: queue_depth is unavailable")


async def test_a_stuck_loop_is_an_error() -> None:
    """A snapshot of three ticks ago is not acted on, while the spec goes on."""
    world = World()
    world.feed.publish(snapshot(plan(5)))
    world.clock.at = TICK + 46.0
    async with world.client() as client:
        code, text = await _refusal(client.IsActive(ref()))
        assert (await client.GetMetricSpec(ref())).metricSpecs
    assert (code, "the loop is stuck" in text) == (grpc.StatusCode.UNAVAILABLE, True)


async def test_an_unknown_signal_is_an_error() -> None:
    """Its last known value is too old to be sent as if it were true."""
    world = World()
    world.feed.publish(snapshot(plan(5)))
    asker = ref(metric="scaleahead-kv-cache-usage", target="0.8")
    async with world.client() as client:
        code, text = await _refusal(client.GetMetrics(metrics(asker, "scaleahead-kv-cache-usage")))
    assert (code, text) == (grpc.StatusCode.UNAVAILABLE, "prod/llama: signal kv_cache_usage is stale")


async def test_an_unknown_workload_is_not_found_by_any_rpc() -> None:
    """Nor one of the same name in another namespace."""
    world = World()
    world.feed.publish(snapshot(plan(5)))
    async with world.client() as client:
        for asker in (ref(name="lama"), ref(namespace="other"), ref(workload="lama")):
            for rpc in (client.GetMetricSpec(asker), client.GetMetrics(metrics(asker)), client.IsActive(asker)):
                code, text = await _refusal(rpc)
                assert (code, "neither configured nor defined inline" in text) == (grpc.StatusCode.NOT_FOUND, True)


async def test_bad_metadata_is_refused_with_all_problems() -> None:
    """The text lands in the events of the ScaledObject."""
    asker = ref(preset="vllm", minReplica="1", maxReplicas="none")
    async with World().client() as client:
        code, text = await _refusal(client.GetMetricSpec(asker))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "minReplica: unknown key; did you mean minReplicas?" in text
    assert "maxReplicas: " in text


async def test_a_value_is_only_given_under_the_name_of_the_spec() -> None:
    """In any case, as the HPA folds names; another name is an old HPA's."""
    world = World()
    world.feed.publish(snapshot(plan(5)))
    async with world.client() as client:
        (value,) = (await client.GetMetrics(metrics(ref(), "Scaleahead-Replicas"))).metricValues
        code, text = await _refusal(client.GetMetrics(metrics(ref(), "scaleahead-demand")))
    assert value.metricName == "scaleahead-replicas"
    assert (code, "asks for, which is scaleahead-replicas" in text) == (grpc.StatusCode.NOT_FOUND, True)


async def test_an_inline_definition_reaches_the_loop_and_is_served_after_the_next_tick() -> None:
    """A ScaledObject alone is enough."""
    world = World()
    world.feed.publish(snapshot(plan(5)))
    chat, asker = WorkloadId("prod", "chat"), ref(name="chat", presetFromEnv="vllm", minReplicas="0")
    async with world.client() as client:
        code, text = await _refusal(client.IsActive(asker))
        assert (code, "the next one decides" in text) == (grpc.StatusCode.UNAVAILABLE, True)
        (defined,) = world.inline.workloads(now=TICK + 2)
        assert (defined.workload.id, defined.workload.bounds.min) == (chat, 0)
        world.feed.publish(snapshot(plan(5), plan(2, workload=chat)))
        (value,) = (await client.GetMetrics(metrics(asker))).metricValues
    assert value.metricValueFloat == 2.0


async def test_every_rpc_keeps_an_inline_definition_alive() -> None:
    """Polled for an hour, each time with another rpc."""
    world = World()
    asker = ref(name="chat", preset="vllm")
    async with world.client() as client:
        for rpc in (client.GetMetricSpec, client.IsActive) * 4:
            world.clock.at += 500.0
            await asyncio.gather(rpc(asker), return_exceptions=True)
    assert len(world.inline.workloads(now=world.clock.at)) == 1
    assert world.inline.workloads(now=world.clock.at + 601.0) == []


async def test_too_many_inline_definitions_are_refused() -> None:
    """Those there are go on."""
    world = World(inline_limit=1)
    async with world.client() as client:
        await client.GetMetricSpec(ref(name="a", preset="vllm"))
        code, text = await _refusal(client.GetMetricSpec(ref(name="b", preset="vllm")))
        await client.GetMetricSpec(ref(name="a", preset="vllm"))
    assert (code, "which is the limit" in text) == (grpc.StatusCode.RESOURCE_EXHAUSTED, True)


async def test_a_foreign_key_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """Not on each of thousands of polls."""
    with caplog.at_level(logging.WARNING, logger="adapter.keda.service"):
        async with World().client() as client:
            for _ in range(3):
                await client.GetMetricSpec(ref(colour="red"))
    assert [each.getMessage() for each in caplog.records] == [
        "ScaledObject prod/llama: scalerMetadata: unknown key 'colour' is ignored"
    ]


async def test_two_replicas_give_the_same_value_for_the_same_tick() -> None:
    """KEDA spreads single rpcs over all of them."""
    worlds = World(), World()
    for world in worlds:
        world.feed.publish(snapshot(plan(7, status=10)))
    async with worlds[0].client() as one, worlds[1].client() as other:
        answers = [(await each.GetMetrics(metrics(ref()))).SerializeToString() for each in (one, other, one, other)]
    assert len(set(answers)) == 1


async def test_a_stream_tells_the_state_at_once_and_every_change() -> None:
    """Within one publish; the clock of repetition plays no part."""
    world = World()
    world.feed.publish(snapshot(plan(0)))
    async with world.client() as client:
        stream = client.StreamIsActive(ref())
        assert (await stream.read()).result is False
        for replicas in (3, 0, 1):
            world.feed.publish(snapshot(plan(replicas)))
            assert (await stream.read()).result is (replicas > 0)
        stream.cancel()


async def test_a_stream_repeats_true_and_only_true() -> None:
    """KEDA drops pushes until it has written its own status; a repeated false would do nothing."""
    world = World(timing=StreamTiming(repeat_s=0.05))
    world.feed.publish(snapshot(plan(2)))
    async with world.client() as client:
        stream = client.StreamIsActive(ref())
        assert [(await stream.read()).result for _ in range(4)] == [True] * 4
        world.feed.publish(snapshot(plan(0)))
        while (await stream.read()).result:
            pass
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stream.read(), timeout=0.3)


async def test_a_stream_is_silent_while_nothing_may_be_concluded() -> None:
    """Before the first tick, on a hold, and for a workload without a decision: no message, and no end."""
    world = World(timing=StreamTiming(repeat_s=0.02))
    async with world.client() as client:
        stream = client.StreamIsActive(ref())
        first = asyncio.ensure_future(stream.read())
        for news in (snapshot(), snapshot(hold(reason="prometheus is down"))):
            await asyncio.sleep(0.1)
            world.feed.publish(news)
        await asyncio.sleep(0.1)
        assert not first.done()
        world.feed.publish(snapshot(plan(1)))
        assert (await first).result is True


async def test_a_hold_is_never_pushed_as_false() -> None:
    """After a `true` the next message is that of the next plan; older KEDA acts on false."""
    world = World()
    world.feed.publish(snapshot(plan(1)))
    async with world.client() as client:
        stream = client.StreamIsActive(ref())
        assert (await stream.read()).result is True
        world.feed.publish(snapshot(hold(reason="prometheus is down")))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stream.read(), timeout=0.3)


async def test_a_stream_of_nobody_is_refused() -> None:
    """Bad metadata and unknown workloads, with the same words as elsewhere."""
    async with World().client() as client:
        assert (await _refusal(client.StreamIsActive(ref(name="x")).read()))[0] is grpc.StatusCode.NOT_FOUND
        assert (await _refusal(client.StreamIsActive(ref(mode="act")).read()))[0] is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_stream_ends_with_an_error_when_its_workload_is_removed() -> None:
    """From the tuning document, while the stream is open."""
    world = World()
    world.feed.publish(snapshot(plan(1)))
    async with world.client() as client:
        stream = client.StreamIsActive(ref())
        assert (await stream.read()).result is True
        world.tuning.tuning = tuning_of()
        world.feed.publish(snapshot())
        assert (await _refusal(stream.read()))[0] is grpc.StatusCode.NOT_FOUND


async def test_a_cancelled_stream_leaves_nothing_behind() -> None:
    """KEDA cancels with every new generation of a ScaledObject."""
    world = World()
    world.feed.publish(snapshot(plan(1)))
    async with world.client() as client:
        stream = client.StreamIsActive(ref())
        await stream.read()
        assert (world.feed.listeners, world.scaler.streams) == (1, 1)
        stream.cancel()
        async with asyncio.timeout(5):
            while world.feed.listeners or world.scaler.streams:  # noqa: ASYNC110 - nobody tells when it has noticed
                await asyncio.sleep(0.01)


async def test_shutdown_ends_streams_with_ok() -> None:
    """Else KEDA's waiting time before it comes back would grow for good."""
    world = World()
    world.feed.publish(snapshot(plan(1)))
    async with world.client() as client:
        streams = [client.StreamIsActive(ref()) for _ in range(3)]
        for stream in streams:
            await stream.read()
        world.scaler.finish_streams()
        for stream in streams:
            assert await stream.read() is grpc.aio.EOF
            assert await stream.code() is grpc.StatusCode.OK


async def test_a_stream_ends_with_ok_after_its_lifetime() -> None:
    """Before its connection is closed by age, which would look like an error."""
    world = World(timing=StreamTiming(lifetime_s=0.2))
    world.feed.publish(snapshot(plan(0)))
    async with world.client() as client:
        stream = client.StreamIsActive(ref())
        assert [each.result async for each in stream] == [False]
        assert await stream.code() is grpc.StatusCode.OK


async def test_five_hundred_streams_do_not_block_unary_rpcs() -> None:
    """All of them hear of a change, and an answer meanwhile takes well below KEDA's 3 s."""
    world = World()
    world.feed.publish(snapshot(plan(0)))
    async with world.client() as client:
        streams = [client.StreamIsActive(ref()) for _ in range(500)]
        assert {(await each.read()).result for each in streams} == {False}
        async with asyncio.timeout(3):
            assert (await client.IsActive(ref())).result is False
        world.feed.publish(snapshot(plan(4)))
        (value,) = (await client.GetMetrics(metrics(ref()), timeout=3)).metricValues
        assert {(await each.read()).result for each in streams} == {True}
    assert value.metricValue == math.ceil(value.metricValueFloat) == 4


async def test_a_configured_workload_wins_over_an_inline_definition() -> None:
    """Its demand target follows from its own tuning."""
    world = World()
    tuning = WorkloadTuning.model_validate({"targets": {"concurrency": 40}})
    world.tuning.tuning = replace(tuning_of(), workloads=(resolve_workload(LLAMA, tuning),))
    asker = ref(preset="vllm", concurrency="8", metric="scaleahead-demand")
    async with world.client() as client:
        (spec,) = (await client.GetMetricSpec(asker)).metricSpecs
    assert spec.targetSizeFloat == 40.0
    assert world.inline.workloads(now=TICK + 2) == []
